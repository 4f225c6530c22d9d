"""Every bound of every record is a value somebody may give: a show is played at both ends, or refused in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from scenarios.bundles import Bundle, Part
from scenarios.contract import (
    Audience,
    Cue,
    Delivery,
    Herding,
    Leaks,
    Ledger,
    Push,
    SalesChannel,
    Scarcity,
    Scenario,
    Shoppers,
    Sku,
    Supply,
)
from scenarios.setting import ScenarioError
from scenarios.staffing import Feed, Outage
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import score_run
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from strategies.gate import GATE_PARAMS

Path = tuple[str | int, ...]
BUSY = Scenario(
    "edge",
    "all that can happen, in half a minute",
    30.0,
    (Sku("mask", 20, "traffic", safety_stock=3, held_back=3, buffer=1), Sku("serum", 15)),
    (Cue(5.0, "mask", "link_drop", cart_surge=1.0), Cue(15.0, "serum"), Cue(20.0, "duo", "deal")),
    audience=Audience(60.0, pushes=(Push(3.0, 2.0, 10.0),)),
    shoppers=Shoppers(buy_rate=0.05),
    herding=Herding(True),
    scarcity=Scarcity(True),
    channels=(SalesChannel(), SalesChannel("shop", 0.0, 3.0)),
    ledger=Ledger("deduct_on_payment", hold_s=10.0, sweep_s=5.0),
    leaks=Leaks(1.0, 3.0, "absolute", 7.0, 5.0, 0.1, 0.5, late_callback_p=0.3, duplicate_p=0.1, edits_per_show=1.0,
                lost_release_p=0.1),
    feed=Feed(1.0, lag_sigma=0.2, loss_p=0.1, duplicate_p=0.1, disorder_p=0.1, outages=(Outage(10.0, 3.0, True),)),
    supply=Supply(1.0, 5.0, requests=2, deliveries=(Delivery(10.0, "mask", 5), Delivery(12.0, "mask", 2, True))),
    bundles=(Bundle("duo", 100.0, (Part("mask"), Part("serum", 2)), popularity=0.5),),
)  # fmt: skip
AT_ONCE = {("duration_s",): {"feed": replace(BUSY.feed, period_s=3600.0)}}
"""What else is set so that the end of a bound is played in a moment."""
REFUSED = {
    ("duration_s",): "lies outside the show", ("skus", 0, "stock"): "exceed its stock", ("skus", 0, "buffer"): "exceed its stock",
    ("skus", 0, "held_back"): "exceed its stock", ("cues", 0, "at_s"): "lies outside the show",
    ("channels", 0, "share"): "add up to", ("supply", "deliveries", 0, "at_s"): "lies outside the show",
    ("staff", "channels", 0, "ack_median_s"): "ack_p90_s is below", ("staff", "channels", 0, "ack_p90_s"): "ack_p90_s is below",
    ("audience", "arrivals_per_min"): "people would act on one cue", ("skus", 0, "appeal"): "people would act on one cue",
    ("bundles", 0, "appeal"): "people would act on one cue",
    ("cues", 0, "cart_surge"): "people would act on one cue", ("shoppers", "cart_conversion"): "people would act on one cue",
}  # fmt: skip
"""Ends that cannot stand with the rest of this show, and the words that say so."""


def declared(record: Any, path: Path = ()) -> Iterator[tuple[Path, float]]:
    """Every bound that a record and those in it declare."""
    for f in fields(record):
        value = getattr(record, f.name)
        if is_dataclass(value):
            yield from declared(value, (*path, f.name))
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield from declared(value[0], (*path, f.name, 0))
        elif f.metadata.get("low") is not None and not f.metadata["choices"] and not isinstance(value, bool | str):
            whole = "int" in str(f.type)
            ends = [f.metadata[side] for side in ("low", "high") if math.isfinite(f.metadata[side])]
            yield from (((*path, f.name), int(end) if whole else float(end)) for end in ends)


def put(record: Any, path: Path, value: Any) -> Any:
    """The record with the setting at ``path`` changed."""
    if isinstance(path[0], int):
        return (put(record[0], path[1:], value), *record[1:])
    return replace(record, **{path[0]: put(getattr(record, path[0]), path[1:], value) if len(path) > 1 else value})


def judged(scenario: Scenario = BUSY, profile: Any = PROFILES["balanced"], **policy: Any) -> dict[str, float]:
    stage = set_stage(scenario, draw_tape(scenario, 1, 0))
    book = policy.pop("book", None)
    acting = make_policy("smart", **policy)
    acting = replace(acting, playbook=book) if book else acting
    return score_run(play(stage, acting), play(stage, make_policy("silent")), profile)


def is_sound(score: dict[str, float]) -> bool:
    return all(math.isfinite(score[name]) for name in ("net", "gmv", "J", "missed_units", "oversold_units"))


@pytest.mark.parametrize("part", [f.name for f in fields(Scenario) if f.name not in ("name", "lesson")])
def test_a_show_is_played_at_every_bound_of_a_scenario(part):
    tried = [(path, end) for path, end in declared(BUSY) if path[0] == part]
    for path, end in tried:
        sound, refusal = tried_at(path, end)
        assert sound or (path in REFUSED and REFUSED[path] in refusal), (path, end, refusal)


def tried_at(path: Path, end: float) -> tuple[bool, str]:
    try:
        return is_sound(judged(put(replace(BUSY, **AT_ONCE.get(path, {})), path, end))), ""
    except ScenarioError as refusal:
        return False, str(refusal)


def test_every_record_of_a_scenario_was_tried():
    known = {path[:-1] for path, _ in declared(BUSY)}
    assert len([*declared(BUSY)]) > 200
    assert {
        ("leaks",),
        ("ledger",),
        ("bundles", 0),
        ("bundles", 0, "parts", 0),
        ("touchpoints", "cart"),
        ("feed", "outages", 0),
        ("audience", "pushes", 0),
    } <= known


def test_a_show_is_played_at_every_bound_of_gate_playbook_and_profile():
    for param in GATE_PARAMS:
        for end in (param.low, param.high):
            assert is_sound(judged(gate={param.name: end})), (param.name, end)
    for path, end in declared(make_policy("smart").playbook):
        assert is_sound(judged(book=put(make_policy("smart").playbook, path, end))), (path, end)
    for path, end in declared(PROFILES["balanced"]):
        try:
            assert is_sound(judged(profile=put(PROFILES["balanced"], path, end))), (path, end)
        except ScenarioError as refusal:
            assert "rates must rise" in str(refusal)  # noqa: PT017


@pytest.mark.parametrize("tiny", [1e-6, 1e-9, 5e-324])
def test_no_period_rounds_to_nothing(tiny):
    """A closing run every microsecond divided by zero and gave J = 0, which would have won any sweep."""
    at_once = judged(replace(BUSY, ledger=replace(BUSY.ledger, sweep_s=0.0)))
    assert judged(replace(BUSY, ledger=replace(BUSY.ledger, sweep_s=tiny)))["net"] == pytest.approx(at_once["net"])
    for path in (("leaks", "poll_s"), ("touchpoints", "cart", "period_s"), ("touchpoints", "host_screen", "period_s")):
        assert is_sound(judged(put(BUSY, path, tiny)))


def test_too_many_people_or_readings_are_refused_and_not_drawn():
    with pytest.raises(ScenarioError, match=r"^about [\d,]+ people would act on one cue.*lower audience.arrivals_per_min"):
        judged(put(BUSY, ("audience", "arrivals_per_min"), 1e8))
    with pytest.raises(ScenarioError, match=r"^a reading every 0.01 s makes 100,000,000 of them.*raise feed.period_s"):
        judged(replace(BUSY, duration_s=1e6, feed=replace(BUSY.feed, period_s=0.01)))
