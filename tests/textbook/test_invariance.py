"""T29 and T30: what must not matter, and what can only go one way (domain section 7). Exact on shared tapes unless said."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from scenarios import registry
from scenarios.contract import Cue, Herding, Leaks, SalesChannel, Scenario, Shoppers, Sku
from sim.core import world as W
from sim.core.playbooks import PLAYBOOKS
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.core.tape import COLUMNS
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.alerts import TRUE, reactions_us
from sim.score.cost import Judge
from sim.setup.policies import make_policy
from strategies import registry as strategies
from strategies.gate import GATE_PARAMS
from tests.textbook.test_freezes import freeze_at, frozen
from tests.textbook.worlds import constant_world, excess, silent

# -- T29 --------------------------------------------------------------------------------------------------------


def busy_show() -> Scenario:
    """A small show in which nearly everything happens: carts, herding, retries, holds, lags, prompts.

    Nobody takes a substitute: the 10 s he would need are no setting and do not scale.
    """
    skus = tuple(Sku(n, s, popularity=w, safety_stock=5) for n, s, w in (("tea", 60, 1.0), ("cup", 90, 2.0), ("pot", 40, 0.5)))
    cues = (Cue(60.0, "tea"), Cue(200.0, "cup", "deal"), Cue(400.0, "pot", "link_drop"), Cue(600.0, "tea", "countdown"))
    first = registry.load("first_show")
    shoppers = replace(first.shoppers, wait_s=30.0, substitute_share=0.0)
    return replace(
        first, duration_s=900.0, skus=skus, cues=cues, herding=Herding(True), supply=replace(first.supply, deliveries=()),
        audience=replace(first.audience, arrivals_per_min=900.0), leaks=Leaks(stale_read_s=1.0, duplicate_p=0.01),
        channels=(SalesChannel("live", 0.7), SalesChannel("shelf", 0.3, 2.0)), shoppers=shoppers,
    )  # fmt: skip


def slower(record: Any) -> Any:
    """The same records with every time doubled and every rate halved."""
    if isinstance(record, tuple):
        return tuple(slower(item) for item in record)
    if not is_dataclass(record):
        return record
    changed: dict[str, Any] = {}
    for f in fields(record):
        value, unit = getattr(record, f.name), (f.metadata or {}).get("unit", "")
        if is_dataclass(value) or isinstance(value, tuple):
            changed[f.name] = slower(value)
        elif unit == "s" and value is not None and value > 0:
            changed[f.name] = 2 * value
        elif unit in ("/viewer/min", "viewers/min"):
            changed[f.name] = value / 2
    return replace(record, **changed)


def counts(run: ShowRun) -> dict[str, Any]:
    """Count metrics: final ledger, outcomes of rows by kind, alerts and actions by kind."""
    kinds = np.stack([run.tape.kind.astype(int), run.outcome.astype(int)])
    what = run.tape.kind <= 6
    return {
        "stock": run.stock.tolist(),
        "outcomes": np.unique(kinds[:, what], axis=1, return_counts=True)[1].tolist(),
        "alerts": np.bincount(run.alerts["level"], minlength=4).tolist(),
        "actions": np.bincount(run.actions["what"], minlength=11).tolist(),
        "notices": run.notices,
    }


def test_t29_doubling_the_time_scale_changes_no_count() -> None:
    """All times x 2, all rates / 2: the same counts.

    The draws are the same numbers, so even one show agrees exactly; rows are rounded to microseconds, which
    could swap two rows that close (never for these seeds).
    """
    scenario, slow = busy_show(), slower(busy_show())
    # The kernel of a kind of cue is no setting of the scenario: it enters through the cues.
    slow = replace(slow, cues=tuple(replace(c, tau_s=2 * o.kernel().tau_s, duration_s=2 * o.kernel().duration_s)
                                    for c, o in zip(slow.cues, scenario.cues, strict=True)))  # fmt: skip
    strategy = strategies.load("gamma_poisson")
    seconds = {p.name: 2 * p.default for p in strategy.params if p.unit == "s"}
    gate = {p.name: 2 * p.default for p in GATE_PARAMS if p.unit == "s"}
    fast = make_policy("gamma_poisson", {"a0": 1.0}, playbook="freeze_only")
    slow_policy = make_policy("gamma_poisson", {"a0": 1.0, **seconds}, gate=gate, playbook=slower(PLAYBOOKS["freeze_only"]))
    for replicate in range(5):
        a = play(set_stage(scenario, draw_tape(scenario, 29, replicate)), fast)
        b = play(set_stage(slow, draw_tape(slow, 29, replicate)), slow_policy)
        assert len(a.alerts) > 0
        assert counts(a) == counts(b)


@pytest.mark.parametrize("strategy", ["silent", "fixed_count", "gamma_poisson"])
def test_t29_order_of_skus_and_channels_does_not_matter(strategy: str) -> None:
    """Permuted catalogue and channels: every SKU fares exactly as before."""
    scenario = busy_show()
    turned = replace(scenario, skus=scenario.skus[::-1], channels=scenario.channels[::-1])
    for replicate in range(3):
        a, b = (play(set_stage(s, draw_tape(s, 30, replicate)), make_policy(strategy)) for s in (scenario, turned))
        assert (a.stock == b.stock[::-1]).all()
        for k in range(3):
            mine, theirs = a.alerts[a.alerts["sku"] == k], b.alerts[b.alerts["sku"] == 2 - k]
            assert (mine["t"] == theirs["t"]).all()
            assert (mine["level"] == theirs["level"]).all()


@pytest.mark.parametrize("strategy", ["silent", "fixed_count", "smart"])
def test_t29_a_sku_without_demand_changes_nothing(strategy: str) -> None:
    """Popularity 0 and no cue: the others fare exactly as before."""
    scenario = busy_show()
    more = replace(scenario, skus=(*scenario.skus, Sku("dust", 10**6, popularity=0.0)))
    for replicate in range(3):
        a, b = (play(set_stage(s, draw_tape(s, 31, replicate)), make_policy(strategy)) for s in (scenario, more))
        assert (a.stock == b.stock[:3]).all()
        assert b.stock[3, W.ORDERED] == 0
        mine = b.alerts[b.alerts["sku"] < 3]
        assert (a.alerts["t"] == mine["t"]).all()


def test_t29_every_strategy_meets_the_same_demand() -> None:
    """Common random numbers: all rows drawn before the show are the same bytes, whoever acts on them."""
    scenario = busy_show()
    tape = draw_tape(scenario, 32)
    digest = tape.digest()
    for name in strategies.names():
        run = play(set_stage(scenario, draw_tape(scenario, 32)), make_policy(name))
        assert tape.digest() == digest
        for column in COLUMNS:
            assert (getattr(run.tape, column)[: len(tape)] == getattr(tape, column)).all()


# -- T30 --------------------------------------------------------------------------------------------------------


def test_t30_a_higher_freeze_line_never_oversells_more() -> None:
    """Pay-deduct, freeze at B: oversell falls and missed sales rise with B, SKU by SKU."""
    world = frozen(0.5, 1 / 20, 1 / 80, 8.0, 20)
    for replicate in range(5):
        stage = set_stage(world, draw_tape(world, 33, replicate))
        last = np.full(20, 10**9)
        for line in (0, 4, 8, 12, 20, 35):
            gained = excess(play(stage, freeze_at(line, 8.0)))
            assert (gained <= last).all()
            last = gained


def test_t30_a_larger_buffer_never_oversells_more() -> None:
    """Stale reads: oversell falls and units left rise with the buffer, SKU by SKU."""
    base = constant_world(2.0, [60] * 20, 80.0, leaks=Leaks(stale_read_s=4.0))
    tape = draw_tape(base, 34)
    last = np.full(20, 10**9)
    for buffer in (0, 2, 5, 8, 15, 30):
        world = replace(base, skus=tuple(replace(s, buffer=buffer) for s in base.skus))
        gained = excess(play(set_stage(world, tape), silent()))
        assert (gained <= last).all()
        last = gained


@pytest.mark.parametrize("name", ["pitch_cycle", "herding", "first_show"])
@pytest.mark.parametrize("strategy", ["gamma_poisson", "tiered", "cover_time"])
def test_t30_a_longer_cooldown_never_sends_more(name: str, strategy: str) -> None:
    """Alerts on the same readings (nobody acts) fall with the cooldown."""
    scenario = registry.load(name)
    stage = set_stage(scenario, draw_tape(scenario, 35))
    sent = [
        int(np.sum(play(stage, make_policy(strategy, gate={"cooldown_s": c}), acting=False).alerts["level"] > 0))
        for c in (0.0, 30.0, 120.0, 600.0, 3600.0)
    ]
    assert sent == sorted(sent, reverse=True)
    assert sent[0] > 0


@pytest.mark.parametrize("name", ["first_show", "seckill_paydeduct", "unpaid_squat", "mask_story"])
def test_t30_hindsight_dominates_every_strategy(name: str) -> None:
    """No strategy leaves less than nothing on the table, but where its host said what the tape does not hold."""
    scenario = registry.load(name)
    stage = set_stage(scenario, draw_tape(scenario, 36))
    judge = Judge(play(stage, silent()))
    for strategy in strategies.names():
        run = play(stage, make_policy(strategy))
        assert judge.score(run)["J"] >= -1e-6 or len(run.tape) > run.tape.drawn


@pytest.mark.parametrize("rate", [30.0, 120.0])
def test_t30_random_alerts_have_the_base_rate_as_precision(rate: float) -> None:
    """Share of random claims with an event in a window = share of moments with one in theirs. 4 SE, some 100s of claims."""
    scenario = replace(registry.load("pitch_cycle"), shoppers=Shoppers(wait_share=0.0))
    raw = {"keep_s": 0.0, "cooldown_s": 0.0, "hysteresis": 0.0}
    policy = make_policy("random_rate", {"rate": rate}, gate=raw, playbook="human")
    right, base = [], []
    for replicate in range(3):
        stage = set_stage(scenario, draw_tape(scenario, 37, replicate))
        judge = Judge(play(stage, silent()))
        run = play(stage, policy, acting=False)
        verdicts = judge.alerted(run).verdicts
        right.append(verdicts.verdict[verdicts.verdict <= TRUE] == TRUE)
        (level,) = set(run.alerts["level"].tolist()) - {0}
        needs, width = np.array(reactions_us(run)[level]) / 1e6, judge.profile.horizon_s
        at = np.arange(1, int(scenario.duration_s - needs.max() - width)) + scenario.feed.lag_s
        for k in range(len(scenario.skus)):
            gap = (judge.event_t[judge.event_sku == k] / 1e6)[None, :, None] - at[:, None, None] - needs[None, None, :]
            base.append(((gap >= 0) & (gap <= width)).any((1, 2)).mean())
    verdicts, theory = np.concatenate(right), float(np.mean(base))
    assert abs(verdicts.mean() - theory) <= 4 * np.sqrt(theory * (1 - theory) / len(verdicts))
