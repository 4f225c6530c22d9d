"""Where a setting breaks: on made-up shows whose answer is known, and on the dials of a real scenario."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest

from scenarios.registry import load
from scenarios.setting import ScenarioError
from sim.demand.streams import stream
from sim.report.text.breakpoint import words
from sim.score.profiles import LIMITS, only
from sim.setup.policies import make_policy
from sim.study.breakpoint import COLUMNS, DIALS, Dial, breakpoint_of, most_points, severity

POLICY = make_policy("newsvendor_freeze", playbook="freeze_only")


def shows_with(rate, n=400, alerts=1.0):
    """Shows of 1,000 orders whose oversold share is exponential around ``rate``."""
    share = rate * stream(1, "test").exponential(size=n)
    rows = np.zeros((n, len(COLUMNS)))
    rows[:, COLUMNS.index("cancelled_orders")] = np.round(1000 * share)
    rows[:, COLUMNS.index("settled_orders")] = rows[:, COLUMNS.index("sold_units")] = 1000
    rows[:, COLUMNS.index("session_oversold")] = rows[:, COLUMNS.index("cancelled_orders")] > 0
    rows[:, COLUMNS.index("notices_per_operator_hour")] = alerts
    return rows


def look(at):
    """Bisect the age of readings in a made-up world whose oversell rate is ``at(age)``; no show oversells more than 30 %."""

    def play(scenario, policy):
        return shows_with(at(scenario.feed.lag_s))

    return breakpoint_of(DIALS["feed_lag"], load("first_show"), POLICY, LIMITS["standard"], play, 0.95, 0.3)


def test_the_break_is_bracketed():
    """Rate = lag / 5000, limit .5 % (standard): broken from 25 s on. 400 shows leave a zone of a few seconds undecided."""
    looked_at = look(lambda x: x / 5000)
    assert looked_at.holds < 25 < looked_at.breaks
    assert looked_at.breaks / looked_at.holds < 1.35
    assert not looked_at.contradictions
    assert f"holds up to {looked_at.holds:g} s" in words(looked_at)
    assert [p.severity for p in looked_at.points] == sorted(p.severity for p in looked_at.points)


@pytest.mark.parametrize(
    ("at", "said"),
    [(lambda x: 0.2, "already at 0.5 s"), (lambda x: 0.0, "up to the largest"), (lambda x: 0.0049, "shows would tell")],
)
def test_never_always_and_perhaps(at, said):
    assert said in words(look(at))


def test_harm_that_does_not_grow_is_said():
    """Broken between 17 and 25 s and again from 250 s on, fine elsewhere; 20.2 s is the middle of the range."""
    looked_at = look(lambda x: 0.1 if 17 < x < 25 or x > 250 else 0.0)
    assert looked_at.breaks < 25
    assert looked_at.contradictions
    assert "again at" in words(looked_at)


@pytest.mark.parametrize("name", DIALS)
def test_every_dial_turns_what_it_says(name):
    dial, scenario = DIALS[name], load("first_show")
    (mild, _), (hard, her) = (dial.turn(scenario, POLICY, x) for x in (dial.now(scenario, POLICY), dial.high))
    if name == "freeze_latency":
        assert (her.playbook.propagate_s, her.playbook.auto_s) == (299.0, 1.0)
        assert mild == hard == scenario
    elif name == "cart_mirage":
        assert {c.cart_surge for c in hard.cues} == {100.0}
        assert replace(hard, cues=mild.cues) == mild
    else:
        part, *path = dial.setting.split(".")[1:]
        assert attrgetter(".".join(path))(getattr(hard, part)) == dial.high
        assert replace(hard, **{part: getattr(mild, part)}) == mild
    assert dial.now(hard, her) == dial.high
    assert (severity(1.0, 9.0, 0.0), severity(1.0, 9.0, 1.0)) == (1.0, 9.0)
    assert isinstance(dial, Dial)


def test_holds_counts_from_the_mildest_up():
    """Undecided from 3 to 60 s (rate just below the limit), certified beyond: no claim to hold up to there."""
    looked_at = look(lambda x: 0.0049 if 3 < x < 60 else 0.0001 if x < 200 else 0.2)
    later = [p.severity for p in looked_at.points if p.state == "certified" and p.severity > 60]
    assert later
    assert looked_at.holds <= 3


def test_bisection_starts_from_the_points_along_the_way():
    """Five points along the range bracket the break to a quarter of it; five halvings of each end make ten more at most."""
    looked_at = look(lambda x: x / 5000)
    assert len(looked_at.points) <= most_points(7)
    asked = [p.severity for p in looked_at.points]
    assert len(asked) == len(set(asked))


def test_one_limit_of_a_set_can_be_named():
    """Everything is calm but the alerts: the set is broken at once, the oversell rate alone never."""

    def play(scenario, policy):
        return shows_with(0.0, alerts=50.0)

    def broken(limits):
        return breakpoint_of(DIALS["feed_lag"], load("first_show"), POLICY, limits, play, 0.95, 0.3).breaks

    assert broken(LIMITS["standard"]) == 0.5
    assert np.isnan(broken(only(LIMITS["standard"], ["seller_cancel_rate"])))
    with pytest.raises(ScenarioError, match="did you mean 'seller_cancel_rate'"):
        only(LIMITS["standard"], ["seller_cancel_rat"])
    with pytest.raises(ScenarioError, match="has no metric 'session_oversold'"):
        only(LIMITS["standard"], ["session_oversold"])


def test_a_world_worse_than_the_dial_goes_is_looked_at_as_it_is():
    """A preset whose carts surge 200 times, on a dial that ends at 100."""
    scenario = load("cart_mirage")
    worlds = []

    def play(world, policy):
        worlds.append(world)
        return shows_with(0.2)

    breaks = breakpoint_of(DIALS["cart_mirage"], scenario, POLICY, LIMITS["standard"], play, 0.95)
    assert worlds == [scenario]
    assert (breaks.breaks, len(breaks.points)) == (200.0, 1)
    assert "already at 200 x" in words(breaks)


def test_the_least_severity_of_every_dial_is_the_world_and_the_policy_given():
    for name, dial in DIALS.items():
        scenario = load("first_show")
        least = dial.now(scenario, POLICY)
        mild, policy = dial.turn(scenario, POLICY, severity(least, dial.high, 0.0))
        assert mild == scenario or name == "cart_mirage"  # there all cues get what the worst has
        assert policy.playbook == POLICY.playbook


def test_certified_again_at_the_end_is_no_clean_bill():
    looked_at = look(lambda x: 0.2 if 60 < x < 250 else 0.0)
    assert looked_at.points[-1].state == "certified"
    assert "certified up to the largest" not in words(looked_at)
    assert "again at" in words(looked_at)
