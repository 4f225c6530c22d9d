"""The command line as a user meets it: help at once, one sentence for every mistake, exit codes."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from sim import __version__
from sim.cli import main as cli
from sim.cli.helptext import HELP
from sim.setup.tree import RECORDS
from tests.events import LIMIT_S, until

ROOT = Path(__file__).parents[2]


VARYING = ("  stockcue rehearse ", "  stockcue sweep ")


def run(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_help_needs_no_library():
    code = "import sys; from sim.__main__ import main; main(['rehearse', '--help']); heavy = {'numpy', 'pandas', 'hydra', " \
           "'simpy', 'matplotlib', 'omegaconf'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scenario=" in done.stdout


def test_help_and_version(capsys):
    assert run(capsys) == (0, HELP[""] + "\n", "")
    assert run(capsys, "--help") == run(capsys, "-h") == run(capsys, "help")
    assert run(capsys, "replay", "--help")[1] == run(capsys, "help", "replay")[1] == HELP["replay"] + "\n"
    assert run(capsys, "--version")[1].split() == ["stockcue", __version__]
    assert set(HELP) == {"", *cli.VERBS}


@pytest.mark.parametrize(("verb", "record"), RECORDS.items())
def test_help_names_every_setting_and_its_default(verb, record):
    for f in fields(record):
        assert f"{f.name}=" in HELP[verb]
        if isinstance(f.default, bool):
            assert f"{f.name}={str(f.default).lower()}" in HELP[verb]
        elif isinstance(f.default, int | float):
            assert f"{f.name}={f.default:g}" in HELP[verb] or f"{f.name}={f.default}" in HELP[verb]


def test_help_examples_are_read_without_complaint(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_show.yaml").write_text("base: first_show\n")
    drawn = "uncertainty:\n  parameters:\n  - {at: [shoppers, buy_rate], scale: log, mean: -5.1}\n  root: [[0.1]]\n"
    (tmp_path / "fitted.yaml").write_text(f"base: first_show\n{drawn}")
    (tmp_path / "mine.py").write_text((ROOT / "strategies" / "fixed_count.py").read_text(encoding="utf-8"))
    lines = [shlex.split(line)[1:] for text in HELP.values() for line in text.splitlines() if line.startswith(VARYING)]
    examples = [words for words in lines if all("=" in word for word in words[1:])]
    assert len(examples) > 9
    for words in examples:
        assert run(capsys, *words, "--cfg")[0] == 0, words


BAD = [
    ("rehears", "did you mean 'rehearse'?"),
    ("rehearse replicate=20", "rehearse has no setting 'replicate'; did you mean 'replicates'?"),
    ("rehearse replicates=0", "outside its bounds"),
    ("rehearse replicates=2.5", "whole number"),
    ("rehearse replicates=many", "must be a number"),
    ("rehearse replicates=1,2", "several values"),
    ("rehearse replicates=[1", "cannot be read"),
    ("rehearse replicates", "has no value; write replicates=VALUE"),
    ("rehearse --replicates=3", "no option"),
    ("rehearse seed=-1", "outside its bounds"),
    ("rehearse seed=${nope}", "nope"),
    ("rehearse scenario=first_shw", "did you mean 'first_show'?"),
    ("rehearse scenario=nope.yaml", "cannot be read"),
    ("rehearse scenario.skus.mask.stock=3", "did you mean 'mask-5pk'?"),
    ("rehearse scenario.ledger.hold=3", "did you mean 'hold_s'?"),
    ("rehearse scenario.ledger=3", "scenario.ledger"),
    ("rehearse scenario.ledger.hold_s=-3", "outside its bounds"),
    ("rehearse scenario.ledger.mode=deduct_on_odrer", "did you mean 'deduct_on_order'?"),
    ("rehearse strategy=smrt", "did you mean 'smart'?"),
    ("rehearse strategy=./nope.py", "no strategy file"),
    ("rehearse strategy=smart strategy.chanse=1", "did you mean 'chance'?"),
    ("rehearse strategy=smart strategy.chance=7", "between 0.0001 and 0.9999"),
    ("rehearse strategy=smart strategy.chance=[7]", "must be a number"),
    ("rehearse strategy=[smart,tiered] strategy.chance=0.1", "say whose setting"),
    ("rehearse strategy=smart strategy.by_tier.trafic.chance=0.1", "did you mean 'traffic'"),
    ("rehearse strategy=smart strategy.by_tier.traffic.chanse=0.1", "did you mean 'chance'"),
    ("rehearse strategy=[smart,smart]", "label"),
    ("rehearse gate=defalt", "did you mean 'default'?"),
    ("rehearse gate.cooldown=30", "did you mean 'cooldown_s'?"),
    ("rehearse gate.cooldown_s=-1", "cooldown_s"),
    ("rehearse ~gate", "cannot be taken away"),
    ("rehearse operations=humen", "did you mean 'human'?"),
    ("rehearse operations.auto_s=fast", "must be a number"),
    ("rehearse operations.watch=5", "list of actions"),
    ("rehearse score=ballanced", "did you mean 'balanced'?"),
    ("rehearse score.coo=1", "did you mean 'co'?"),
    ("rehearse score.cu=18", "score.cu is a weight of the old account; a refused unit loses its contribution"),
    ("sweep strategy=fixed_count score.cf=18 strategy.units=1,2", "score.cf is a weight of the old account; a needless"),
    ("rehearse figure=smrt", "did you mean 'smart'?"),
    ("rehearse figure_sku=mask", "did you mean 'mask-5pk'?"),
    ("rehearse figure_replicate=50", "figure_replicate"),
    ("rehearse experiment=three_generation", "did you mean 'three_generations'?"),
    ("rehearse hydra.run.dir=x", "Hydra's own settings"),
    ("rehearse out=/proc/nope/x", "cannot be written"),
    ("rehearse experiment=promotion_sweep", "stockcue sweep experiment=promotion_sweep"),
    ("sweep experiment=who_reacts", "stockcue rehearse experiment=who_reacts"),
    ("sweep replicates=1,2", "varies settings of strategy, gate, operations, scenario"),
    ("sweep score.co=1,2", "varies settings of strategy"),
    ("sweep stratgy.units=1,2", "did you mean 'strategy'?"),
    ("sweep strategy=fixed_count strategy.units=5 strategy.units=1,2", "one value and a range"),
    ("sweep strategy=fixed_count strategy.units=range(0,3000000)", "more than 1,000,000 values"),
    ("sweep strategy=[fixed_count,smart] strategy.tiered.co=1,2", "'tiered' is not chosen"),
    ("sweep strategy=fixed_count strategy.line=1,2", "known: units, emergency_share"),
    ("rehearse gate.n=1.5", "whole numbers"),
    ("tune strategy=fixed_count strategy.units=interval(1,9) objectives=[]", "names none"),
    ("tune strategy=fixed_count strategy.units=interval(1,9) objectives=[J,J]", "twice"),
    ("breakpoint strategy=smart only=seller_cancel_rat", "did you mean 'seller_cancel_rate'?"),
    ("sweep strategy=fixed_count", "nothing to compare; give a range, as in strategy.units=interval("),
    ("sweep strategy=fixed_count strategy.units=intervall(1,9)", "did you mean 'interval'?"),
    ("sweep strategy=fixed_count strategy.units=range(1,9", "a bracket that is not closed"),
    ("sweep replicates=0", "outside its bounds"),
    ("sweep replicats=5", "did you mean 'replicates'?"),
    ("sweep design=lsh", "did you mean 'lhs'?"),
    ("sweep points=0 strategy=smart strategy.chance=interval(0.1,0.2)", "outside its bounds"),
    ("sweep strategy=fixed_count strategy.unts=1,2", "did you mean 'units'?"),
    ("sweep strategy=fixed_count strategy.units=interval(9,1)", "write interval(1,9)"),
    ("sweep strategy=fixed_count strategy.units=interval(9,9)", "is empty"),
    ("sweep strategy=fixed_count strategy.units=range(9,1)", "lists no value"),
    ("sweep strategy=fixed_count strategy.units=glob(*)", "gives no list of values"),
    ("sweep strategy=fixed_count strategy.units=interval(9,)", "its ends are two numbers"),
    ("sweep strategy=fixed_count strategy.units=interval(1,2) design=grid", "range(start,stop,step)"),
    ("sweep strategy=fixed_count strategy.units=tag(x,interval(1,2))", "tag(log,interval(a,b))"),
    ("sweep strategy=fixed_count strategy.units=tag(log,interval(0,2))", "above 0"),
    ("sweep strategy=fixed_count strategy.units=1,1", "lists a value twice"),
    ("sweep strategy=fixed_count strategy.units=choice([1],[2])", "numbers or names"),
    ("sweep strategy=fixed_count strategy.emergency_share=0,2", "between 0 and 1"),
    ("sweep strategy=fixed_count strategy.by_tier.trafic.units=1,2", "did you mean 'traffic'"),
    ("sweep strategy=[fixed_count,smart] strategy.units=1,2", "say whose setting"),
    ("sweep strategy=[fixed_count,smart] strategy.smrt.chance=0.1,0.2", "did you mean 'smart'?"),
    ("sweep gate=default,clam_room", "did you mean 'calm_room'?"),
    ("sweep gate.cooldown=1,2", "did you mean 'cooldown_s'?"),
    ("sweep operations.auto_s=1,fast", "must be a number"),
    ("sweep scenario.feed.lag=1,2", "did you mean 'lag_s'?"),
    ("sweep scenario.feed.lag_s=interval(-1,2)", "outside its bounds"),
    ("sweep scenario=[first_show,first_show]", "two scenarios are called 'first_show'"),
    ("sweep scenario=[first_show,mask_stry]", "did you mean 'mask_story'?"),
    ("sweep engine=dusk", "did you mean 'dask'?"),
    ("sweep engine=dask", "address=tcp://"),
    ("sweep address=tcp://10.0.0.5:8786", "engine=dask"),
    ("sweep out=/proc/nope/x", "cannot be written"),
    ("replay", "stream="),
    ("replay stream=nope.csv", "nope.csv"),
    ("replay stream=example zone=Mars", "Mars"),
    ("replay stream=example feed.lag_s=-1 zone=UTC", "outside its bounds"),
    ("ingest", "ingest needs something to read"),
    ("ingest files=nope.csv", "there is no file 'nope.csv'"),
    ("ingest files=nope.csv zone=Mars", "not a time zone"),
    ("ingest file=nope.csv", "did you mean 'files'?"),
    ("ingest files=x.csv name=../evil", "cannot be a file's name inside the run folder"),
    ("ingest files=x.csv name=/etc/evil", "cannot be a file's name inside the run folder"),
    ("list strategys", "did you mean 'strategies'?"),
    ("check", "needs a strategy"),
    ("check smrt", "did you mean 'smart'?"),
]


@pytest.mark.parametrize(("command", "says"), BAD, ids=[b[0] for b in BAD])
def test_bad_input_is_one_sentence_and_exit_2(command, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *command.split())
    assert code == 2
    assert says in err
    assert err.startswith("stockcue: ")
    assert err.count("\n") == 1
    assert "?." not in err
    assert "?;" not in err
    assert out == ""
    assert not list(tmp_path.iterdir())


def test_any_setting_can_be_overridden(tiny, capsys):
    words = ["scenario.skus.面膜.stock=7", "scenario.skus.mask.stock=9", "scenario.ledger.hold_s=20", "strategy.co=60",
             "strategy.by_tier.traffic.co=80", "gate.cooldown_s=30", "operations=human", "operations.auto_s=0.5",
             "score=never_oversell", "score.co=60", "+scenario.cues.c03={at_s: 60, sku: mask, kind: deal}"]  # fmt: skip
    code, out, err = run(capsys, "rehearse", f"scenario={tiny}", "strategy=newsvendor_freeze", *words, "--cfg")
    assert code == 0, err
    from omegaconf import OmegaConf

    tree = OmegaConf.to_container(OmegaConf.create(out))
    assert tree["scenario"]["skus"]["面膜"]["stock"] == 7
    assert tree["scenario"]["skus"]["mask"]["stock"] == 9
    assert tree["scenario"]["cues"]["c03"]["kind"] == "deal"
    strategy = tree["strategy"]["newsvendor_freeze"]
    assert (strategy["co"], strategy["by_tier"]) == (60, {"traffic": {"co": 80}})
    assert tree["gate"]["cooldown_s"] == 30
    assert (tree["operations"]["name"], tree["operations"]["auto_s"]) == ("human", 0.5)
    assert (tree["score"]["name"], tree["score"]["co"]) == ("never_oversell", 60)


def test_a_file_may_leave_out_what_words_and_ranges_change(tiny, capsys):
    """The tiny show says nothing of spread or feed."""
    from omegaconf import OmegaConf

    words = ["scenario.spread=certain", "scenario.feed.lag_s=3"]
    code, out, err = run(capsys, "rehearse", f"scenario={tiny}", "strategy=silent", *words, "--cfg")
    assert code == 0, err
    tree = OmegaConf.to_container(OmegaConf.create(out))["scenario"]
    assert (tree["spread"]["mood_sd"], tree["feed"]["lag_s"]) == (0, 3)
    assert run(capsys, "sweep", f"scenario={tiny}", "strategy=fixed_count", "scenario.spread=certain,recorded", "--cfg")[0] == 0


def test_a_rehearsal_from_a_file_with_a_user_strategy(tiny, plain_engine, capsys, tmp_path):
    (tmp_path / "mine.py").write_text((ROOT / "strategies" / "fixed_count.py").read_text(encoding="utf-8"))
    words = ["rehearse", f"scenario={tiny}", "strategy=[./mine.py,low:fixed_count]", "strategy.mine.units=9", "replicates=2"]
    code, out, _ = run(capsys, *words, "out=结果 1", "figure=all")
    assert code == 0
    for name in ("mine", "low", "silent", "assumptions", "left on the table"):
        assert name in out
    folder = tmp_path / "结果 1"
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert facts["config"]["strategies"]["mine"]["settings"]["traffic"]["units"] == 9
    assert "mine.py" in facts["config"]["own_files"]
    assert facts["command"][1:] == [*words, "out=结果 1", "figure=all"]
    assert set(facts["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    wanted = {"scores.parquet", "alerts.parquet", "assumptions.csv", "report.md", "timeline.png", "timeline-low.png"}
    assert wanted <= set(facts["files"])
    assert run(capsys, *words, "out=结果 1", "figure=none")[0] == 0
    assert not (folder / "timeline.png").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_check_says_what_is_broken(capsys, tmp_path):
    source = "from strategies.contract import Strategy\n\ndef fold(p, m, s):\n    return 7\n\n"
    (tmp_path / "bad.py").write_text(source + "STRATEGY = Strategy('bad', 'bad', fold)\n")
    code, out, _ = run(capsys, "check", str(tmp_path / "bad.py"))
    assert code == 1
    assert "BROKEN" in out
    code, out, _ = run(capsys, "check", "silent")
    assert (code, "keeps the contract" in out) == (0, True)


def test_list_shows_everything_and_one_of_them(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    for name in ("first_show", "double11", "smart", "never_oversell", "calm_room", "human", "three_generations"):
        assert name in out
    assert "0.0001..0.9999" in run(capsys, "list", "smart")[1]
    assert "mask-5pk" in run(capsys, "list", "first_show")[1]


def test_an_interrupted_rehearsal_leaves_nothing(tiny, tmp_path):
    """Ctrl-C while it plays: exit 130, one sentence, no folder that could be taken for a result."""
    words = [sys.executable, "-m", "sim", "rehearse", f"scenario={tiny}", "replicates=100000", "out=res", "strategy=silent"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "STOCKCUE_NO_COMPILE": "1"}
    job = subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
    until(lambda: list(tmp_path.glob(".res-unfinished-*")), lambda: job.poll() is not None)
    assert not (tmp_path / "res").exists()
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=LIMIT_S)
    assert job.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.yaml"]


def test_the_example_of_a_range_can_be_given(capsys, tiny):
    """For every strategy that has one to give."""
    from strategies import registry

    given = 0
    for name in registry.names():
        code, _, err = run(capsys, "sweep", f"strategy={name}")
        assert code == 2
        if match := re.search(r"as in (strategy\.\S+=interval\(\S+\)),", err):
            assert run(capsys, "sweep", f"strategy={name}", match[1], "--cfg")[0] == 0, match[1]
            given += 1
    assert given > 9
