"""Open loop over readings taken once: the same Run as playing the stage, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.replay import invented, measure, uncompiled
from scenarios.registry import load
from scenarios.staffing import Feed, Outage
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.openloop import listen, record
from sim.engine.simulate import play
from sim.replay.silent import silent_policy
from sim.setup.policies import make_policy
from strategies import registry

FEEDS = {
    "plain": Feed(2.0, 0.5),
    "unruly": Feed(1.0, 3.0, 0.5, 0.1, 0.2, 0.2, 5.0, (Outage(300.0, 60.0, True), Outage(900.0, 30.0))),
}


@pytest.fixture(scope="module", params=FEEDS)
def stage(request):
    show = load("first_show")
    short = replace(show, duration_s=1500.0, cues=tuple(c for c in show.cues if c.at_s < 1400.0), feed=FEEDS[request.param])
    return set_stage(short, draw_tape(short, 4, 0))


@pytest.mark.parametrize("name", registry.names())
def test_heard_is_played(stage, name):
    policy = make_policy(name)
    heard = record(stage, silent_policy())
    whole = play(stage, policy, acting=False)
    assert listen(heard, policy).digest() == whole.digest()


@pytest.mark.parametrize("name", ["fixed_count", "smart", "tiered"])
def test_a_strategy_that_does_not_compile_is_heard_all_the_same(stage, name):
    policy = uncompiled(make_policy(name, gate={"cooldown_s": 5.0, "budget_per_hour": 30.0}))
    assert listen(record(stage, silent_policy()), policy).digest() == play(stage, policy, acting=False).digest()


def test_a_note_pad_that_overflows_loses_nothing(stage, monkeypatch):
    import sim.engine.openloop as openloop

    monkeypatch.setattr(openloop, "ROOM", 1)
    policy = make_policy("fixed_count", {"units": 400.0}, gate={"repeat_s": 1.0, "cooldown_s": 0.0})
    run = listen(record(stage, silent_policy()), policy)
    assert len(run.alerts) > 100
    assert run.digest() == play(stage, policy, acting=False).digest()


def test_the_benchmark_checks_before_it_times():
    timings = measure(invented(2000, 2, 0.1), [make_policy("fixed_count"), uncompiled(make_policy("fixed_count"))], repeats=1)
    assert [f.rows for f in timings] == [timings[0].rows] * 2
    assert timings[0].alerts == timings[1].alerts

    def wrong(stage, policy, acting, engine):
        return play(stage, make_policy("silent"), acting=acting)

    from benchmarks.engine import Disagreement

    with pytest.raises(Disagreement, match="nothing was timed"):
        measure(invented(2000, 2, 0.1), [make_policy("fixed_count")], repeats=1, player=wrong)
