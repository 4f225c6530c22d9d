"""The sweep benchmark: parity before timing, tables that do not depend on the workers, rivals that play the same show."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import sweep as bench_sweep
from benchmarks.engine import Disagreement
from benchmarks.rivals import lean, naive
from benchmarks.sweep import METRICS, plain, shared, threshold_family


def test_the_study_gives_one_table_whatever_the_engine_and_the_workers():
    here = bench_sweep.study(plain, 1, 6, 3, chunk=2)
    there = bench_sweep.study(shared, 2, 6, 3, chunk=1)
    assert here.table.shape == (3, 6, len(METRICS))
    assert np.array_equal(here.table, there.table)
    assert bench_sweep.line_of("shared", there, 18_000.0).startswith("shared")


def test_no_timing_where_the_scores_differ(monkeypatch):
    monkeypatch.setattr(bench_sweep, "shared", lambda stage, policies: plain(stage, policies) + 1e-9)
    with pytest.raises(Disagreement, match="nothing was timed"):
        bench_sweep.check(shows=1, step=100)


def test_shares_add_up():
    parts = bench_sweep.shares(shared, 8, shows=1)
    assert sum(parts.values()) == pytest.approx(1.0)
    assert min(parts.values()) > 0


def test_the_lean_rival_plays_the_same_show():
    """Mean paid units at line 50 over 40 shows each: 4 standard errors of the difference."""
    other = np.array([lean(50.0, k).paid for k in range(40)], float)
    family = threshold_family((50.0,))
    paid = np.array([shared(bench_sweep.staged(k), family)[0, METRICS.index("oversold_units")] for k in range(40)])
    oversold = np.maximum(0, other - 2000)
    assert abs(oversold.mean() - paid.mean()) < 4 * np.sqrt((oversold.var() + paid.var()) / 40)


def test_the_naive_rival_plays_it_too():
    """One show: 2,036 paid units on average with a standard deviation of some 20, 4,104 orders with 64."""
    tally = naive(50.0, 1)
    assert abs(tally.paid - 2036) < 100
    assert abs(tally.paid / 0.85 + tally.lost - 4104) < 400
