"""The benchmark checks parity before it times, and says what it measured."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from benchmarks import engine as bench
from sim.setup.policies import make_policy

ROOT = Path(__file__).resolve().parents[2]


def test_a_small_show_is_measured_after_parity():
    (timing,) = bench.measure(bench.one_item(), [make_policy("fixed_count", playbook="freeze_only")])
    assert 3000 < timing.shoppers < 5500
    assert min(spent.cpu for spent in (timing.oracle, timing.engine, timing.bare, timing.draw)) > 0
    assert "one_item" in bench.report([timing])


def test_help_and_what_is_typed_wrong_time_nothing():
    """``python -m benchmarks`` is ``stockcue bench``."""
    for words, code, said in (
        ("--help", 0, "stockcue bench ["),
        ("--prity", 2, "did you mean '--parity'?"),
        ("60", 2, "no option '60'"),
    ):
        done = subprocess.run([sys.executable, "-m", "benchmarks", words], capture_output=True, text=True, cwd=ROOT)
        assert (done.returncode, said in done.stdout + done.stderr) == (code, True)


def test_no_timing_where_the_engines_disagree(monkeypatch):
    other = make_policy("fixed_count", {"units": 700}, playbook="freeze_only")
    honest = bench.play_oracle
    monkeypatch.setattr(bench, "play_oracle", lambda stage, policy: honest(stage, other))
    with pytest.raises(bench.Disagreement, match="nothing was timed"):
        bench.measure(bench.one_item(), [make_policy("fixed_count", playbook="freeze_only")])


def test_replay_is_timed_only_after_parity():
    from benchmarks import replay as bench_replay

    stream = bench_replay.invented(orders=300, hours=0.05)
    policies = [make_policy("fixed_count"), bench_replay.uncompiled(make_policy("fixed_count"))]
    timings = bench_replay.measure(stream, policies, repeats=1)
    assert [r.decisions for r in timings] == [181 * 5, 181 * 5]
    assert min(r.alone_s for r in timings) > 0
    assert "fixed_count, plain Python" in bench_replay.report(timings)
    other = make_policy("fixed_count", {"units": 1.0})
    with pytest.raises(bench.Disagreement, match="nothing was timed"):
        bench_replay.measure(stream, policies, player=lambda stage, p, **kw: bench_replay.play(stage, other, acting=False))


@pytest.mark.parametrize("module", bench.OTHERS.values())
def test_every_option_leads_to_a_benchmark_that_takes_the_words(module):
    signature(import_module(module).main).bind(["--quick"])


def test_a_busy_machine_is_said():
    from benchmarks.clock import CROWDED, busy

    assert busy(1.0) == ""
    assert "1 s of CPU takes 2.5 s here" in busy(2.5)
    assert busy(CROWDED)


def test_cpu_time_is_the_repeat_that_took_least():
    from benchmarks.clock import Spent, least, timed

    result, spent = timed(lambda: 3)
    assert result == 3
    assert isinstance(spent, Spent)
    assert least(lambda: None, 3).cpu >= 0


@pytest.mark.parametrize("seed", [1, 2])
def test_rivals_give_the_same_figures_as_lean_simpy(seed):
    from benchmarks.same_work import check

    check(seed)


@pytest.mark.parametrize("name", ["vectorbt", "hftbacktest"])
def test_other_backtesters_give_the_same_figures(name):
    from benchmarks.other_tools import TOOLS
    from benchmarks.same_work import numpy_prefix

    pytest.importorskip(name)
    lines = [0.0, 10.0, 50.0, 400.0]
    assert TOOLS[name].count(lines, 3).tolist() == numpy_prefix(lines, 3).tolist()


def test_rivals_are_told_with_both_times_and_what_is_missing(monkeypatch, capsys):
    from benchmarks import same_work
    from benchmarks.other_tools import OtherTool

    twice = OtherTool("a tool that is there", same_work.numpy_prefix, 10)
    missing = OtherTool("one that is not", same_work.numpy_prefix, 10)
    monkeypatch.setattr(same_work, "TOOLS", {"numpy": twice, "nosuch": missing})
    monkeypatch.setattr(same_work, "installed", lambda: ["numpy"])
    assert same_work.main(["--quick"]) == 0
    out = capsys.readouterr().out
    assert "CPU ms     wall ms" in out
    assert "nosuch absent" in out
    assert "one that is not: not installed" in out
    assert [line.split("  ")[0] for line in out.splitlines() if line.startswith("a tool")] == ["a tool that is there"]


def test_no_timing_where_rivals_differ(monkeypatch):
    from benchmarks import same_work

    monkeypatch.setattr(same_work, "numpy_prefix", lambda lines, seed: same_work.by_hand(lines, seed) + 1)
    with pytest.raises(bench.Disagreement, match="nothing was timed"):
        same_work.check()


def test_an_exponent_is_a_slope():
    from benchmarks.growth import broad, crowded, exponent

    assert exponent([1, 2, 4, 8], [5.0, 5.0, 5.0, 5.0]) == pytest.approx(0.0, abs=1e-12)
    assert exponent([10, 20, 40], [1.0, 2.0, 4.0]) == pytest.approx(1.0)
    assert len(broad(10).skus) == 10
    assert crowded(2).audience.arrivals_per_min == 6000.0


def test_memory_together_counts_this_process_and_its_children():
    import os
    import subprocess
    import sys

    from benchmarks.memory import family_of, proportional

    if not proportional(os.getpid()):
        pytest.skip("the system does not say")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert {os.getpid(), child.pid} <= set(family_of(os.getpid()))
    finally:
        child.communicate(b"\n")
    assert proportional(child.pid) == 0
