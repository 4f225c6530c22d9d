"""The benchmark checks parity before it times, and says what it measured."""

from __future__ import annotations

import pytest

from sim import bench
from sim.study.policies import make_policy


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
