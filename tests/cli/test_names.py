"""Names of the user's own, in any script, travel as values; options are composed by Hydra's habits."""

import shutil
from pathlib import Path

import pytest
import yaml

from sim.cli import main as cli
from sim.cli import tried

ROOT = Path(__file__).parents[2]
SHOW = ("rehearse", "sweep", "tune", "breakpoint", "sensitivity", "review")
PLAYED = (*SHOW, "replay")
RANGE = ("sweep", "tune", "sensitivity")


def run(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


def shown(capsys, *words):
    """The values that would be used."""
    code, out, err = run(capsys, *words, "--cfg", "job")
    assert code == 0, err
    return yaml.safe_load(out)


@pytest.fixture
def own_files(tiny, tmp_path, monkeypatch):
    """Settings are shown for their names alone, also those of runs that would be refused.

    A strategy, a scenario and a folder of options of the user's own, in the working folder."""
    monkeypatch.setattr(tried, "SHOWN", ())
    shutil.copy(ROOT / "strategies" / "fixed_count.py", tmp_path / "我的.py")
    (tmp_path / "小场.yaml").write_text((tmp_path / tiny).read_text("utf-8"), encoding="utf-8")
    for name, text in {
        "gate/夜班.yaml": "# night\ncooldown_s: 77\n",
        "score/ours.yaml": "# ours\nname: never_oversell\nca: 3\n",
        "operations/ours.yaml": "# ours\nname: human\nauto_s: 2\n",
        "feed/ours.yaml": "# ours\nperiod_s: 7\n",
        "scenario/ours.yaml": "base: mask_story\nname: ours\n",
        "experiment/base.yaml": "# @package _global_\nseed: 5\nreplicates: 30\n",
        "experiment/theirs.yaml": "# @package _global_\ndefaults:\n  - base\n  - override /gate: 夜班\n  - /score: ours\n"
        "  - override /strategy: [低:fixed_count, smart]\n  - _self_\nreplicates: 20\n"
        "strategy: {低: {units: 33}}\nscenario: {ledger: {hold_s: 20}}\ngate: {n: 2, m: 3}\n",
    }.items():
        path = tmp_path / "team" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("verb", PLAYED)
def test_files_labels_and_skus_in_any_script(capsys, own_files, verb):
    what = ("scenario=小场.yaml", "scenario.skus.面膜.price=10") if verb in SHOW else ("stream=example", "stock={面膜: 200}")
    alone = shown(capsys, verb, what[0], "strategy=./我的.py", "strategy.units=7")
    assert alone["strategy"]["我的"]["units"] == 7
    tree = shown(capsys, verb, *what, "strategy=[a:./我的.py,低线:fixed_count,高线:fixed_count]", "strategy.低线.units=3",
                 "strategy.高线.units=100", "strategy.高线.by_tier.traffic.units=9", "strategy.a.units=5")  # fmt: skip
    assert {label: node["units"] for label, node in tree["strategy"].items()} == {"a": 5, "低线": 3, "高线": 100}
    assert tree["strategy"]["高线"]["by_tier"] == {"traffic": {"units": 9}}
    if verb not in SHOW:
        assert tree["stock"] == {"面膜": 200}
    else:
        (scenario,) = tree["scenarios"].values() if verb in RANGE else (tree["scenario"],)
        assert scenario["skus"]["面膜"]["price"] == 10
    if verb in RANGE:
        ranges = ("strategy.低线.units=1,2", "scenario.skus.面膜.stock=range(10,30,step=10)")
        assert shown(capsys, verb, *what, "strategy=[低线:fixed_count,b:smart]", *ranges)["varied"] == {
            "strategy.低线.units": [1, 2],
            "scenario.skus.面膜.stock": [10, 20],
        }


def test_names_of_live_and_recorded_files(capsys, own_files):
    tree = shown(capsys, "shadow", "strategy=./我的.py", "stock={面膜: 200}", "input=结果/feed 1.jsonl", "out=C:\\直播\\a.jsonl")
    assert (tree["stock"], tree["input"], tree["out"]) == ({"面膜": 200}, "结果/feed 1.jsonl", "C:\\直播\\a.jsonl")
    assert shown(capsys, "ingest", "files=[订单 1.csv,b.csv]", "mapping={订单 1.csv: orders}")["files"] == ["订单 1.csv", "b.csv"]
    assert shown(capsys, "calibrate", "stream=周五/", "sku=[面膜,007]", "name=周五")["sku"] == ["面膜", "007"]


def test_a_sku_of_ones_own_takes_every_setting(capsys, own_files):
    tree = shown(capsys, "rehearse", "scenario=小场.yaml", "scenario.skus.面膜.purchase_limit=2",
                 "+scenario.skus.1.5L={stock: 3}", "scenario.skus.1.5L.price=9", "~scenario.cues.c02")  # fmt: skip
    assert tree["scenario"]["skus"]["面膜"]["purchase_limit"] == 2
    assert (tree["scenario"]["skus"]["1.5L"]["price"], tree["scenario"]["skus"]["1.5L"]["margin"]) == (9, 0.35)
    assert list(tree["scenario"]["cues"]) == ["c01"]


FOLDER = [("--config-dir", "team"), ("--config-dir=team",), ("-cd", "team"), ("hydra.searchpath=[file://team]",),
          ("hydra.searchpath=[team]",)]  # fmt: skip


@pytest.mark.parametrize("folder", FOLDER, ids=lambda words: words[0])
def test_a_team_keeps_options_in_a_folder_of_its_own(capsys, own_files, folder):
    tree = shown(capsys, "rehearse", *folder, "gate=夜班", "score=ours", "operations=ours", "scenario=ours", "gate.n=2")
    assert (tree["gate"]["cooldown_s"], tree["gate"]["n"], tree["gate"]["keep_s"]) == (77, 2, 3)
    assert (tree["score"]["name"], tree["score"]["ca"], tree["score"]["co_ratio"]) == ("never_oversell", 3, 30)
    assert (tree["operations"]["name"], tree["operations"]["auto_s"]) == ("human", 2)
    assert tree["scenario"]["name"] == "ours"


def test_a_teams_options_may_vary_and_are_listed(capsys, own_files):
    varied = shown(capsys, "sweep", "--config-dir", "team", "gate=夜班,default", "strategy=fixed_count")["varied"]
    assert varied == {"gate": ["夜班", "default"]}
    assert shown(capsys, "replay", "--config-dir", "team", "feed=ours", "stream=example")["feed"]["period_s"] == 7
    assert "夜班" in run(capsys, "list", "--config-dir", "team", "gate")[1]
    assert "cooldown_s: 77" in run(capsys, "list", "夜班", "--config-dir=team")[1]


@pytest.mark.parametrize(("file", "words"), [("calm_room", ["gate=calm_room"]), ("default", [])])
def test_an_option_called_as_a_shipped_one_is_not_passed_over(capsys, own_files, file, words):
    Path("team/gate", f"{file}.yaml").write_text("cooldown_s: 45\n", encoding="utf-8")
    code, _, err = run(capsys, "rehearse", "--config-dir", "team", *words, "--cfg")
    assert (code, err.count("\n")) == (2, 1)
    assert f"gate={file} is an option of StockCue's own and one of " in err
    assert "team/gate'; give yours another name" in err


@pytest.mark.parametrize("word", ["experiment=theirs", "+experiment=theirs", "++experiment=team/experiment/theirs.yaml"])
def test_an_experiment_of_hydras_kind(capsys, own_files, word):
    tree = shown(capsys, "rehearse", "--config-dir", "team", word, "gate.m=4")
    assert (tree["replicates"], tree["seed"]) == (20, 5)
    assert (tree["gate"]["cooldown_s"], tree["gate"]["n"], tree["gate"]["m"]) == (77, 2, 4)
    assert (list(tree["strategy"]), tree["strategy"]["低"]["units"]) == (["低", "smart"], 33)
    assert (tree["score"]["ca"], tree["scenario"]["ledger"]["hold_s"]) == (3, 20)


BAD = [
    ("defaults: [override /hydra/sweeper: optuna]\nseed: 1", "chooses nothing; they choose as in override /gate: calm_room"),
    ("defaults: [override /gate: calm_rom]\nseed: 1", "gate has no option 'calm_rom'; did you mean 'calm_room'?"),
    ("defaults: [x]\nseed: 1", "rests on itself"),
    ("defaults: gate\nseed: 1", "must be a list"),
    ("# @package gate\nn: 1", "write # @package _global_ in its first line"),
    ("seed: 1\nreplicats: 5", "did you mean 'replicates'?"),
    ("hydra: {sweeper: {params: {seed: 1}}}", "without Hydra's own settings"),
    ("seed: ${nope}", "without ${...}"),
    ("a: &a [1]\nseed: *a", "uses an alias"),
    ("[" * 40 + "]" * 40, "nests more than 30"),
]


@pytest.mark.parametrize(("text", "says"), BAD, ids=[says for _, says in BAD])
def test_an_experiment_that_cannot_be_read_is_one_sentence(capsys, own_files, text, says):
    Path("x.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "rehearse", "experiment=x.yaml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_what_cannot_be_run_is_not_shown(capsys, own_files):
    for words, says in (
        (("replicates=0",), "outside its bounds"),
        (("scenario.ledger.hold_s=-1",), "outside its bounds"),
        (("gate.n=99",), "between 1 and 20"),
        (("strategy=smart", "strategy.chance=7"), "between"),
        (("score.ca=-1",), "outside its bounds"),
        (("operations.watch=5",), "list of actions"),
    ):
        code, out, err = run(capsys, "rehearse", *words, "--cfg")
        assert (code, out) == (2, ""), words
        assert says in err


def test_code_that_an_experiment_names_is_announced_and_never_run_by_cfg(capsys, own_files, plain_engine):
    mark = Path("ran")
    Path("theirs.py").write_text(Path("我的.py").read_text("utf-8") + f"\nopen({str(mark.resolve())!r}, 'w').close()\n", "utf-8")
    Path("x.yaml").write_text("overrides: ['strategy=[t:theirs.py,smart]', strategy.t.units=4]\n", encoding="utf-8")
    tree = shown(capsys, "rehearse", "experiment=x.yaml")
    assert tree["strategy"]["t"] == {"name": "theirs.py", "units": 4}
    assert not mark.exists()
    code, _, err = run(capsys, "rehearse", "experiment=x.yaml", "scenario=小场.yaml", "replicates=1", "figure=none", "out=o")
    assert code == 0, err
    assert err.startswith("runs the code of theirs.py\n")
    assert mark.exists()
