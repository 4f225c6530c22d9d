"""Closed loop, what is asked and what is said: another stock, shut spells, ranges of draws."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.spread import CERTAIN
from sim.core.tape import SUPPLY, TAKE
from sim.core.units import US
from sim.replay.clock import StreamError
from sim.replay.closedloop import closed_replay
from sim.replay.closedtape import backdrop
from sim.replay.draws import draw
from sim.replay.impute import impute
from sim.replay.shut import with_shut
from sim.replay.whatif import stocked
from sim.setup.policies import make_policy
from tests.replay.made import orders, recording

SURE = replace(backdrop(), spread=CERTAIN)
"""A room that does not move."""


def steady(stock, span_s=3600.0, until=1800):
    """An order every 10 s until ``until``, when the stock is gone."""
    return recording(orders(np.arange(5, until, 10)), (stock,), span_s)


def test_another_stock_is_tried_and_the_recorded_one_still_says_where_recording_stops():
    """180 units went by 1795 s; of 100 more half an hour's demand of 180 takes all, about 1000 s later."""
    stream = steady(180)
    more = closed_replay(stream, [], world=SURE, replicates=6, whatif=280)
    same = closed_replay(stream, [], world=SURE, replicates=6)
    assert len(more.windows) == len(same.windows) == 1
    sold = {name: c.scores.query("bound == 'likely'")["sold_units"].mean() for name, c in (("more", more), ("same", same))}
    assert sold["same"] == pytest.approx(180, abs=8)
    assert sold["more"] == pytest.approx(280, abs=12)
    out = more.runouts.query("bound == 'likely'").iloc[0]
    assert out["t_low"] <= out["t_s"] <= out["t_high"]
    assert out["t_s"] == pytest.approx(1795 + 1000, abs=350)
    assert same.runouts.query("bound == 'low'").iloc[0]["t_s"] == pytest.approx(1795, abs=2)
    assert more.notes[0] == "s0: 280 units are tried, 180 were there"


def test_less_stock_than_was_sold_is_said():
    _, notes = stocked(steady(180), {"s0": 50})
    assert notes == ("s0: 50 units are tried, 180 were there; 180 were ordered that night, and what does not fit is refused",)
    replayed = closed_replay(steady(180), [], replicates=1, whatif={"s0": 50})
    assert replayed.scores.query("bound == 'low'")["sold_units"].max() <= 50
    with pytest.raises(StreamError, match=r"the recording \(whatif_stock=\) has no SKU 'mask'"):
        stocked(steady(180), {"mask": 5})
    with pytest.raises(StreamError, match="whatif_stock=-5 for 's0' is not a number of units"):
        stocked(steady(180), -5)


def test_a_range_of_draws_is_not_the_error_of_their_mean():
    replayed = closed_replay(
        steady(180), [make_policy("fixed_count", {"units": 60}, playbook="freeze_only")], replicates=12, whatif=300
    )
    row = replayed.verdict.set_index("strategy").loc["fixed_count"]
    d = replayed.scores.query("bound == 'likely' and strategy == 'fixed_count'")
    saved = (d["J_silent"] - d["J"]).to_numpy()
    assert (row["saved_likely_low"], row["saved_likely_high"]) == (saved.min(), saved.max())
    assert row["saved_likely_error"] == pytest.approx(2.201 * saved.std(ddof=1) / 12**0.5, rel=1e-3)


def test_demand_of_a_shut_spell_is_imputed():
    """An order every 10 s, none between 600 and 1200 s: 60 are imputed there, give or take four standard deviations."""
    t = np.array([x for x in np.arange(5, 1800, 10) if not 600 < x < 1200])
    stream = with_shut(recording(orders(t), (1000,), 1800.0), [{"sku": "s0", "from": "600", "to": "1200"}])
    imputed = impute(stream, world=SURE)
    assert [(w.start / US, w.end / US, w.why) for w in imputed.windows] == [(600, 1200, "closed")]
    n = np.mean([draw(imputed, 1, r).likely.sum() for r in range(20)])
    assert n == pytest.approx(60, abs=10)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [{"sku": "s0", "from": "600", "to": "700"}, {"sku": "s0", "from": "650", "to": "800"}],
            "from 650 to 800 of s0 overlaps the shut spell from 600 to 700 of s0; make them one",
        ),
        ([{"sku": "s0", "from": "100", "to": "200"}], "holds 10 recorded orders of s0, so it was on sale then"),
        ([{"sku": "s0", "from": "9000", "to": "9100"}], "lies outside the recording"),
        ([{"sku": "s0", "from": "700", "to": "600"}], "does not end after it begins"),
        ([{"sku": "s1", "from": "600", "to": "700"}], "has no SKU 's1'"),
        ([{"sku": "s0", "from": "600"}], "does not say to"),
        ([{"sku": "s0", "from": "noon", "to": "700"}], "is not a time"),
        ("nowhere.csv", "is not a file"),
        (7, "is a file or a list"),
    ],
)
def test_a_shut_spell_that_cannot_be_is_refused(rows, words):
    t = np.array([x for x in np.arange(5, 1800, 10) if not 600 < x < 1200])
    with pytest.raises(StreamError, match=words):
        with_shut(recording(orders(t), (1000,), 1800.0), rows)


def test_shut_spells_come_from_a_file(tmp_path):
    (tmp_path / "shut.csv").write_text("sku,from,to\n,600,1200\n", encoding="utf-8")
    stream = with_shut(recording([(5.0, TAKE, 0, 1), (6.0, SUPPLY, 1, 1)], (10, 10), 1800.0), tmp_path / "shut.csv")
    assert stream.shut == ((0, 600 * US, 1200 * US), (1, 600 * US, 1200 * US))
