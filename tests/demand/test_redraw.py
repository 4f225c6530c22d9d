"""A tape that is drawn again in part is the tape that is drawn whole, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sim.demand.redraw as redraw
from scenarios.contract import Delivery, Leaks, Scenario
from scenarios.registry import load
from sim.core.tape import COLUMNS, Tape
from sim.demand.draw import draw_tape
from sim.demand.redraw import redrawn
from sim.setup.uncertain import Uncertain, Uncertainty, staged
from tests.parity.worlds import random_scenario


def assert_equal(one: Tape, other: Tape) -> None:
    for name in (*COLUMNS, "late"):
        assert getattr(one, name).dtype == getattr(other, name).dtype, name
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("cues", "viewers", "record_error", "phase"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert (one.key, one.drawn) == (other.key, other.drawn)
    assert all(getattr(one, name).base is buffer for name, buffer in one.spare.items()), "it grows in place too"


def lag(s: Scenario) -> Scenario:
    return replace(s, feed=replace(s.feed, lag_s=s.feed.lag_s + 3.0))


def often(s: Scenario) -> Scenario:
    return replace(s, feed=replace(s.feed, period_s=s.feed.period_s / 2))


def stock(s: Scenario) -> Scenario:
    return replace(s, skus=tuple(replace(k, stock=k.stock + 7) for k in s.skus))


def cue(s: Scenario, **given) -> Scenario:
    return replace(s, cues=(replace(s.cues[0], **given), *s.cues[1:])) if s.cues else s


def louder(s: Scenario) -> Scenario:
    return cue(s, peak=2.5 * s.cues[0].kernel().peak) if s.cues else s


def gone(s: Scenario) -> Scenario:
    return cue(s, peak=0.0)


def later(s: Scenario) -> Scenario:
    return cue(s, at_s=min(s.cues[0].at_s + 40.0, s.duration_s - 1)) if s.cues else s


def leaks(s: Scenario, **given) -> Scenario:
    return replace(s, leaks=replace(s.leaks, **given))


def counted(s: Scenario) -> Scenario:
    return leaks(s, edits_per_show=s.leaks.edits_per_show + 4.0)


def pushed(s: Scenario) -> Scenario:
    return leaks(s, erp_mode="absolute", erp_period_s=40.0)


def wrong(s: Scenario) -> Scenario:
    return leaks(s, record_error_p=1.0)


def delivered(s: Scenario) -> Scenario:
    return replace(s, supply=replace(s.supply, deliveries=(Delivery(20.0, s.skus[0].id, 9),)))


def twice(s: Scenario) -> Scenario:
    return leaks(s, duplicate_p=0.3)


def late(s: Scenario) -> Scenario:
    return leaks(s, late_callback_p=0.5)


def several(s: Scenario) -> Scenario:
    return louder(lag(counted(stock(s))))


IN_PART = (lag, often, stock, louder, gone, counted, pushed, wrong, delivered, several)


@pytest.mark.parametrize("change", [*IN_PART, later, twice, late], ids=lambda f: f.__name__)
def test_what_is_drawn_again_is_as_if_it_were_drawn_whole(change):
    for seed in range(10):
        world = random_scenario(seed)
        other = change(world)
        assert_equal(redrawn(draw_tape(world, seed, 1), world, other), draw_tape(other, seed, 1))


@pytest.mark.parametrize("change", IN_PART, ids=lambda f: f.__name__)
def test_shoppers_are_drawn_anew_only_where_they_differ(change, monkeypatch):
    """Of a show with moods and sizes of its own, in which people type in what they count."""
    world = replace(load("first_show"), leaks=Leaks(edits_per_show=5.0, edit_absolute_p=1.0))
    tape, other = draw_tape(world, 3, 0), change(world)
    whole = draw_tape(other, 3, 0)
    monkeypatch.setattr(redraw, "draw_tape", lambda *_: pytest.fail("drawn whole"))
    part = redrawn(tape, world, other)
    assert_equal(part, whole)
    assert (part.who is tape.who) == (change in (stock, wrong)), "only what is counted or on record"
    assert redrawn(tape, world, replace(world, name="other")) is tape
    assert redrawn(part, other, other) is part
    assert_equal(redrawn(part, other, world), tape)


def test_a_tape_of_another_making_is_drawn_whole():
    world = load("first_show")
    tape = replace(draw_tape(world, 3, 0), late=None)
    assert_equal(redrawn(tape, world, lag(world)), draw_tape(lag(world), 3, 0))


@pytest.mark.parametrize("change", [lag, louder, counted, twice], ids=lambda f: f.__name__)
def test_a_show_of_what_is_not_known_exactly_is_staged_as_if_anew(change):
    known = (Uncertain(("shoppers", "buy_rate"), "log", -5.0), Uncertain(("cues", "pitch", "peak"), "log", 0.5))
    uncertainty, world = Uncertainty(known, np.diag([0.3, 0.3])), load("first_show")
    kept = staged(world, uncertainty, 3, 1)
    ours, anew = (staged(change(world), uncertainty, 3, 1, known=k) for k in (kept, None))
    assert kept.scenario != world
    assert_equal(ours.tape, anew.tape)
    assert ours.scenario == anew.scenario
    for name in ("plan_t", "plan_lift", "facts", "rules", "rates", "apart"):
        assert np.array_equal(ours.fixed[name], anew.fixed[name]), name
