"""The benchmark checks parity before it times, and says what it measured."""

from __future__ import annotations

from importlib import import_module
from inspect import signature

import pytest

from benchmarks import engine as bench
from sim.setup.policies import make_policy


def test_a_small_show_is_measured_after_parity():
    (timing,) = bench.measure(bench.one_item(), [make_policy("fixed_count", playbook="freeze_only")])
    assert 3000 < timing.shoppers < 5500
    assert min(timing.oracle_s, timing.engine_s, timing.bare_s, timing.draw_s) > 0
    assert "one_item" in bench.report([timing])


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
    found = bench_replay.measure(stream, policies, repeats=1)
    assert [r.decisions for r in found] == [181 * 5, 181 * 5]
    assert min(r.alone_s for r in found) > 0
    assert "fixed_count, plain Python" in bench_replay.report(found)
    other = make_policy("fixed_count", {"units": 1.0})
    with pytest.raises(bench.Disagreement, match="nothing was timed"):
        bench_replay.measure(stream, policies, player=lambda stage, p, **kw: bench_replay.play(stage, other, acting=False))


@pytest.mark.parametrize("module", bench.OTHERS.values())
def test_every_option_leads_to_a_benchmark_that_takes_the_words(module):
    signature(import_module(module).main).bind(["--quick"])
