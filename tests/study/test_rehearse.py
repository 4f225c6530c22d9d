"""A rehearsal is repeatable to the byte, and its folder is whole or not there."""

import hashlib
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pytest

import sim.setup.uncertain as uncertain
import sim.study.rehearse as rehearsing
from scenarios.contract import Audience, Cue, Leaks, Ledger, SalesChannel, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from sim.demand.draw import draw_tape
from sim.engine.simulate import plain_engine, play
from sim.jobs.folder import FolderError, config_hash, out_folder, run_folder, write_manifest, write_table
from sim.score.metrics import METRICS
from sim.score.profiles import PROFILES
from sim.setup.assumptions import assumption_table, summary
from sim.setup.policies import PolicyError, make_policy
from sim.study.rehearse import KEY, pack, rehearse, rerun, unpack
from sim.study.shows import Shows
from tests.events import LIMIT_S

PROFILE = PROFILES["balanced"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """Plain Python here and in workers: small shows need no compiling, and results are the same."""
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.setattr(rehearsing, "play", lambda stage, policy: play(stage, policy, engine=plain_engine(policy)))
    monkeypatch.setattr(rehearsing, "warm", lambda policies, kernels: None)
    monkeypatch.setattr(rehearsing, "compiling", lambda policies, kernels: nullcontext([]))


def show() -> Scenario:
    return Scenario(
        "small", "two minutes", 120.0, (Sku("mask", 30, "traffic", safety_stock=3), Sku("serum", 20)),
        (Cue(10, "mask", "link_drop"), Cue(50, "serum")), audience=Audience(400.0), shoppers=Shoppers(buy_rate=0.05),
        channels=(SalesChannel("live", 0.7), SalesChannel("shelf", 0.3, 20.0)), ledger=Ledger(hold_s=40.0, sweep_s=5.0),
        leaks=Leaks(stale_read_s=4.0), spread=CERTAIN,
    )  # fmt: skip


def policies():
    return [make_policy("fixed_count", {"units": 12}, label="low"), make_policy("fixed_count"), make_policy("gamma_poisson")]


def small(**changes):
    return rehearse(show(), policies(), 5, 3, PROFILE, **changes)


def test_one_row_per_strategy_and_replicate_with_the_baseline_first():
    result = small()
    assert list(result.scores.columns) == [*KEY, *METRICS]
    assert list(result.scores["strategy"][:4]) == ["silent", "low", "fixed_count", "gamma_poisson"]
    assert list(result.scores["replicate"]) == [k for k in range(5) for _ in range(4)]
    assert ((result.scores["net_hindsight"] - result.scores["net"] - result.scores["J"]).abs() < 1e-6).all()
    told = result.alerts.groupby(["strategy", "replicate"]).size()
    for row in result.scores.itertuples():
        assert told.get((row.strategy, row.replicate), 0) == row.alerts
    assert result.tapes == tuple(draw_tape(show(), 3, k).digest() for k in range(5))


def test_same_seed_same_bytes_whatever_the_workers(tmp_path):
    for name, workers in (("one", 1), ("again", 1), ("two", 2)):
        result = small(workers=workers)
        write_table(result.scores, tmp_path / f"{name}.parquet")
        write_table(result.alerts, tmp_path / f"{name}-alerts.parquet")
    for part in ("", "-alerts"):
        first = (tmp_path / f"one{part}.parquet").read_bytes()
        assert first == (tmp_path / f"again{part}.parquet").read_bytes() == (tmp_path / f"two{part}.parquet").read_bytes()
    back = pd.read_parquet(tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(back, small().scores)


def test_other_strategies_change_nothing():
    both = small().scores
    alone = rehearse(show(), policies()[2:], 5, 3, PROFILE).scores
    for name in ("silent", "gamma_poisson"):
        a = both[both["strategy"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(a, alone[alone["strategy"] == name].reset_index(drop=True))


def test_the_run_shown_is_the_best_ones_or_the_one_asked_for():
    result = small()
    best = result.scores.groupby("strategy")["J"].mean().idxmin()
    assert result.shown.policy.name == best
    shown = small(shown=("low", 2)).shown
    assert (shown.policy.name, shown.tape.key) == ("low", (3, 2))
    assert shown.digest() == rerun(Shows(show(), None, 3), policies(), "low", 2).digest()


def test_every_show_is_drawn_once(monkeypatch):
    """Leaks, chains and the run shown find the tapes that were played."""
    drawn = []
    monkeypatch.setattr(uncertain, "draw_tape", lambda *one: drawn.append(one[1:]) or draw_tape(*one))
    result = small()
    assert result.leaks
    assert len(result.chains)
    assert drawn == [(3, k) for k in range(5)]


def test_progress_counts_every_show():
    seen = []
    small(progress=lambda done, of, what: seen.append((done, of)))
    assert list(dict.fromkeys(seen)) == [(k, 5) for k in range(6)], "the start is told again when compiling has ended"


def test_two_of_one_name_are_refused():
    with pytest.raises(PolicyError, match="label"):
        rehearse(show(), [make_policy("smart"), make_policy("smart")], 1, 1, PROFILE)


def test_a_policy_survives_the_way_to_a_worker(tmp_path):
    source = tmp_path / "mine.py"
    body = "def fold(p, m, s):\n    return _f(p, m, s)\n\nSTRATEGY = replace(STRATEGY, name='mine', fold=fold)\n"
    source.write_text("from dataclasses import replace\nfrom strategies.fixed_count import STRATEGY, fold as _f\n" + body)
    for policy in (make_policy("smart", {"chance": 0.3}, label="x"), make_policy(str(source), {"units": 7})):
        again = unpack(pack(policy))
        assert (again.name, again.strategy.name, again.playbook) == (policy.name, policy.strategy.name, policy.playbook)
        assert again.params.tolist() == policy.params.tolist()


def test_a_folder_is_whole_or_not_there(tmp_path):
    final = tmp_path / "deep" / "run"
    with pytest.raises(KeyboardInterrupt):
        interrupted(final)
    assert list((tmp_path / "deep").iterdir()) == []
    for text in ("first", "second"):
        with run_folder(final) as folder:
            (folder / f"{text}.txt").write_text(text)
            write_manifest(folder, {"seed": 1})
            assert final.exists() == (text == "second")
    assert sorted(p.name for p in final.iterdir()) == ["manifest.json", "second.txt"]
    assert [p.name for p in final.parent.iterdir()] == ["run"]
    facts = json.loads((final / "manifest.json").read_text())
    assert facts["files"] == {"second.txt": hashlib.sha256(b"second").hexdigest()}
    assert facts["versions"]["stockcue"]


def interrupted(final):
    """Write half a result."""
    with run_folder(final) as folder:
        (folder / "a.txt").write_text("half")
        raise KeyboardInterrupt


def test_nothing_of_the_users_is_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    with pytest.raises(FolderError, match="not a run folder"), run_folder(tmp_path / "photos"):
        pass
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderError, match="cannot be written"), run_folder(tmp_path / "file" / "run"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "photos"]


def test_a_hash_names_a_configuration():
    assert config_hash({"a": {"b": 1, "c": 2}}) == config_hash({"a": {"c": 2, "b": 1}})
    assert config_hash({"a": 1}) != config_hash({"a": 2})


def test_what_the_user_gave_is_not_an_assumption():
    scenario = show()
    table = assumption_table(scenario, None, policies(), PROFILE).set_index("setting")
    assert bool(table.loc["scenario.ledger.hold_s", "given"])
    assert not bool(table.loc["scenario.ledger.late_payment", "given"])
    assert bool(table.loc["strategy.low.units", "given"])
    assert not bool(table.loc["strategy.fixed_count.units", "given"])
    assert not table.loc[scenario_rows(table), "given"].all()
    assert not assumption_table(scenario, scenario, [], PROFILE)["given"].any()
    assert "are assumptions" in summary(table.reset_index())


def scenario_rows(table: pd.DataFrame) -> list[str]:
    return [name for name in table.index if name.startswith("scenario.")]


STARTS_A_CHILD = """
import os, signal, subprocess, sys
from sim.jobs.interrupts import deaf

child = None
try:
    with deaf():
        child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=-1, stdout=-1, text=True)
        child.stdout.readline()
        os.kill(child.pid, signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    while True:  # another thread may be the one that is told, and it may be slow to run
        child.poll()
except KeyboardInterrupt:
    child.communicate("go on\\n", timeout=300)
    print("heard it; the child ended with", child.returncode)
"""


def test_an_interrupt_while_workers_start_is_heard_by_us_and_not_by_them():
    """Ctrl-C goes to the whole group: to this process, and to a child that is being started."""
    done = subprocess.run([sys.executable, "-c", STARTS_A_CHILD], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout == "heard it; the child ended with 0\n", done.stderr


def test_a_folder_made_again_keeps_what_the_user_put_there_and_no_other_verbs_folder_is_taken(tmp_path):
    final = tmp_path / "run"
    for content in ("one", "two"):
        with run_folder(final, "sweep") as folder:
            (folder / "table").write_text(content)
            if content == "one":
                (folder / "old-picture.png").write_text("gone when it is made again")
            write_manifest(folder, {"command": ["stockcue", "sweep"]})
        (final / "notes.txt").write_text("mine")
    assert {p.name: p.read_text() for p in final.iterdir() if p.name != "manifest.json"} == {"table": "two", "notes.txt": "mine"}
    with pytest.raises(FolderError, match="what stockcue sweep made"), run_folder(final, "rehearse"):
        pass
    (tmp_path / "empty").mkdir()
    with run_folder(tmp_path / "empty", "sweep") as folder:
        write_manifest(folder, {"command": ["stockcue", "sweep"]})
    assert out_folder("~/x", "y") == Path.home() / "x"
