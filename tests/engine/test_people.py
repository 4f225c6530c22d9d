"""Operators: a queue with the waits theory gives, shifts, and laws of acknowledgement."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import simpy

from scenarios.contract import Scenario, Sku
from scenarios.registry import load
from scenarios.staffing import NOTICE_CHANNELS, NoticeChannel, Shift, Staff
from sim.core.response import Action, Playbook, acknowledgement_s, heed_p, lognormal
from sim.core.stage import set_stage
from sim.core.units import US
from sim.demand.draw import draw_tape
from sim.demand.streams import stream
from sim.engine.people import People, later
from sim.engine.simulate import play
from sim.score.cost import score_run
from sim.setup.policies import make_policy

PLAIN = NoticeChannel("popup", 0.0, 0.0, 0.0, 1.0)


def office(staff: Staff, duration_s: float = 3600.0) -> tuple[simpy.Environment, People]:
    env = simpy.Environment()
    return env, People(env, Scenario("office", "none", duration_s, (Sku("a", 1),), staff=staff), (1, 0))


@pytest.mark.parametrize(("operators", "per_hour", "wait_s"), [(1, 20, 90.0), (2, 60, 115.714)])
def test_alert_queue_waits_as_theory_says(operators, per_hour, wait_s):
    """T23: Poisson alerts, exponential handling of 90 s, M/M/c. Tolerance: 4 standard errors of 24 offices (error < 1e-3)."""
    means = np.array([mean_wait_s(operators, per_hour, k) for k in range(24)])
    assert abs(means.mean() - wait_s) < 4 * means.std(ddof=1) / math.sqrt(len(means))


def mean_wait_s(operators: int, per_hour: float, k: int) -> float:
    staff, end = Staff((Shift(operators),), 90.0, "ideal", channels=(PLAIN,)), 900_000.0
    env = simpy.Environment()
    people = People(env, Scenario("office", "none", end, (Sku("a", 1),), staff=staff), (k, 0))
    rng = stream(7, "queue", k)
    waits: list[float] = []

    def heard(came, notice):
        waits.append((notice.heard_at - came) / US)
        notice.finish(lambda: None)

    def source():
        while True:
            yield env.timeout(int(rng.exponential(3600 / per_hour) * US / 2) * 2)
            people.notice(0, "popup", None, partial(heard, env.now))

    env.process(source())
    env.run(until=end * US)
    return float(np.mean(waits))


def test_nobody_answers_outside_the_shift():
    env, people = office(Staff((Shift(1, 100.0, 200.0),), 10.0, "ideal", channels=(PLAIN,)), 300.0)
    heard = []

    def minded(at_s, notice):
        heard.append((at_s, notice.heard_at / US))
        notice.finish(lambda: None)

    for at_s in (20, 150, 250):
        later(env, int(at_s * US), people.notice, 0, "popup", None, partial(minded, at_s))
    env.run(until=10_000 * US)
    assert [at for at, _ in heard] == [20, 150]
    assert heard[0][1] == pytest.approx(100, abs=0.01)
    assert 150 <= heard[1][1] < 200


@pytest.mark.parametrize("channel", [c for c in NOTICE_CHANNELS if c.ack_median_s], ids=lambda c: c.name)
def test_acknowledgement_meets_its_median_and_tail(channel):
    assert acknowledgement_s(channel, 0.5) == pytest.approx(channel.ack_median_s)
    assert acknowledgement_s(channel, 0.9) == pytest.approx(channel.ack_p90_s, rel=0.005)


def test_lognormal_quantiles():
    assert lognormal(0.5, 18.0, 1.0) == pytest.approx(18.0)
    assert lognormal(0.841344746, 18.0, 1.0) == pytest.approx(18.0 * math.e, rel=1e-6)


def test_people_believe_as_often_as_alarms_are_right():
    """Bliss 1995 for matching; Ancker 2017, minus 30 % per further reminder, for fatigue."""
    for trust in (0.2, 0.5, 0.9):
        assert heed_p(Staff(human_model="ideal"), 0.5, trust, 9) == 1.0
        assert heed_p(Staff(human_model="matching"), 0.9, trust, 9) == pytest.approx(0.9 * (trust + 0.05))
    tired = Staff(human_model="fatigue")
    assert heed_p(tired, 1.0, 0.5, 3) == pytest.approx(heed_p(tired, 1.0, 0.5, 1) * 0.49)


def test_false_alarms_cost_trust():
    env, people = office(Staff(judge_s=5.0, channels=(PLAIN,)))
    for _ in range(5):
        people.notice(0, "popup", lambda: False, lambda notice: None)
    env.run(until=100 * US)
    assert people.trust == pytest.approx(0.8 * 0.8**5)


def test_notices_minded_are_counted_one_per_alert_and_channel():
    """An alert over two channels is two notices, and may be minded twice; it was heard over the first."""
    book = Playbook("both", emergency=(Action("notify", "person", "popup"), Action("freeze", "person", "call")))
    scenario = replace(load("first_show"), staff=Staff((Shift(20),), human_model="ideal"))
    stage = set_stage(scenario, draw_tape(scenario, 1))
    run = play(stage, make_policy("fixed_count", playbook=book))
    sent = int((run.alerts["level"] == 3).sum())
    assert sent > 1
    assert run.notices == 2 * sent
    assert sent < run.minded <= 2 * sent
    row = score_run(run, play(stage, make_policy("silent")))
    assert (row["notices"], row["alerts_handled"]) == (run.notices, run.minded)
    heard = run.alerts["heard"][run.alerts["level"] == 3] - run.alerts["t"][run.alerts["level"] == 3]
    assert (heard >= 200_000).all()
