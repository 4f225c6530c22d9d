"""Shares are drawn between 0 and 1, whatever few shows make of them."""

from sim.report.figures.sensitivity import chart
from sim.stats.sensitivity import Index


def test_indices_beyond_one_are_cut():
    figure = chart([Index("strategy.a.units", 1.3, -0.2, 2.2, 0.6, 0.1, 1.9)], "what")
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert -0.05 < low <= 0
    assert 1 <= high < 1.05
    for bars in axes.containers:
        ends = [x for x, _y in bars.lines[2][0].get_segments()[0]]
        assert min(ends) >= 0
        assert max(ends) <= 1
