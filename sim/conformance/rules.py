"""Rules as tests: a policy is given series of readings, and what it says is held against what the team expects.

It runs the policy's own fold and gates, one reading after another, and nothing else: no shopper, no ledger, no action. The idea
is that of promtool's unit tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scenarios.contract import Scenario, Sku
from sim.conformance.series import RuleError, seconds, values
from sim.core.policy import Policy
from sim.demand.streams import stream
from sim.setup.choices import numbers
from sim.words import _, did_you_mean, no_such
from strategies.contract import LEVEL_NAMES, LINE, NEVER, TIERS, Signal
from strategies.gate import GATE_MEMORY, GATE_SHARED, gate, machine

LEVELS = {name.split()[0]: k for k, name in enumerate(LEVEL_NAMES)}
FIGURES = ("stock", "orders", "carts", "paid", "unpaid", "viewers", "closed")
"""Figures that a series may give."""
ITEM = ("stock", "price", "margin", "tier", "safety_stock")
"""Facts of an item that a rules file may give, as a scenario's; bounds and defaults are those of its record."""
EXPECTED = ("at", "sku", "level", "machine", "line")
LINE_STEP = 0.5
"""A line may differ from the expected one by half a unit [units]."""


class Item(NamedTuple):
    """Facts of an item and its planned cues: (time [s], peak as a multiple of the base rate), in order of time."""

    facts: Sku
    cues: tuple[tuple[float, float], ...] = ()


class Expected(NamedTuple):
    """What should stand at a time: level (alert sent and not taken back), the machine's level, the line; None: not asked."""

    at_s: float
    sku: str
    level: int | None
    machine: int | None
    line: float | None


@dataclass(frozen=True)
class Test:
    """One test of a rules file. ``series``: SKU to figure to values. ``interval_s``: between two readings [s]."""

    __test__ = False  # pytest takes the name for one of its own

    name: str
    interval_s: float
    duration_s: float
    start_hour: float
    items: Mapping[str, Item]
    series: Mapping[str, Mapping[str, Sequence[float | None]]]
    expected: tuple[Expected, ...]


class Fault(NamedTuple):
    """Something that came out otherwise: which test, when [s], which SKU, what was asked about, what was expected and got."""

    test: str
    at_s: float
    sku: str
    what: str
    expected: float
    got: float


class AfterReading(NamedTuple):
    """After one reading of one SKU: when [s], level sent and not taken back, level the machine follows, the line [units]."""

    t: float
    level: int
    machine: int
    line: float


# -- reading ------------------------------------------------------------------------------------------------------


def tests_of(content: Mapping[str, Any]) -> list[Test]:
    """The tests of a rules file, as plain data: ``items``, ``tests``, and ``interval``, ``duration``, ``start_hour``."""
    items = {str(sku): item(str(sku), given or {}) for sku, given in mapping(content.get("items"), "items").items()}
    listed = content.get("tests")
    if not isinstance(listed, list) or not listed:
        raise RuleError(_("tests must be a list with at least one test in it"))
    interval_s = seconds(content.get("interval", 60))
    if not interval_s > 0:
        raise RuleError(_("interval must be above 0"))
    return [_test(given, number, content, items, interval_s) for number, given in enumerate(listed, 1)]


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """``value``, which must hold things by name."""
    if not isinstance(value, Mapping) or not value:
        raise RuleError(_("{what} must hold entries by name").format(what=what))
    return value


def known(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """Refuse an entry that is none of ``names``."""
    for key in given:
        if key not in names:
            raise RuleError(no_such("entry", key, names, where))


def item(sku: str, given: Any) -> Item:
    """An item's facts and cues, as a rules file gives them."""
    given = {"stock": given} if isinstance(given, int | float) else mapping(given, f"items.{sku}")
    known(given, [*ITEM, "cues"], f"items.{sku}")
    own = {"stock": 0} | {key: value for key, value in given.items() if key != "cues"}
    numbers(f"items.{sku}", own, ("tier",))
    facts = Sku(id=sku, **own)
    cues = []
    for cue in given.get("cues") or ():
        known(mapping(cue, f"items.{sku}.cues"), ("at", "lift"), f"items.{sku}.cues")
        cues.append((seconds(cue.get("at")), float(cue.get("lift", 1.0))))
    return Item(facts, tuple(sorted(cues)))


def _test(given: Any, number: int, content: Mapping[str, Any], items: Mapping[str, Item], interval_s: float) -> Test:
    name = str(given.get("name", number)) if isinstance(given, Mapping) else str(number)
    where = _("test {name!r}").format(name=name)
    known(mapping(given, where), ("name", "series", "expect"), where)
    series = {
        str(sku): _figures(str(sku), one, items, where) for sku, one in mapping(given.get("series"), f"{where}: series").items()
    }
    length = max(len(v) for one in series.values() for v in one.values())
    last_s = (length - 1) * interval_s
    expected = given.get("expect")
    if not isinstance(expected, list) or not expected:
        raise RuleError(
            _("{where}: expect must list what is expected, as in [{example}]").format(
                where=where, example=_("{at: 7min, sku: mask, level: 2}")
            )
        )
    asked = tuple(_expected(one, series, last_s, where) for one in expected)
    duration_s = seconds(content.get("duration", last_s))
    return Test(name, interval_s, duration_s, float(content.get("start_hour", Scenario.start_hour)), items, series, asked)


def _figures(sku: str, given: Any, items: Mapping[str, Item], where: str) -> dict[str, list[float | None]]:
    if sku not in items:
        raise RuleError(
            _("{where} has a series of {sku!r}: {no_such}").format(where=where, sku=sku, no_such=no_such("item", sku, items))
        )
    known(mapping(given, f"{where}: {sku}"), FIGURES, f"{where}: {sku}")
    try:
        series = {str(name): values(text) for name, text in given.items()}
    except RuleError as error:
        raise RuleError(_("{where}: {sku}: {error}").format(where=where, sku=sku, error=error)) from None
    if not {"stock", "orders"} & set(series) or not all(series.values()):
        raise RuleError(_("{where}: {sku} needs a series of stock or of orders").format(where=where, sku=sku))
    return series


def _expected(given: Any, series: Mapping[str, Any], last_s: float, where: str) -> Expected:
    known(mapping(given, f"{where}: expect"), EXPECTED, f"{where}: expect")
    sku, at_s = str(given.get("sku", "")), seconds(given.get("at", ""))
    if sku not in series:
        sentence = _("{where} expects something of {sku!r}, of which it has no series{hint}")
        raise RuleError(sentence.format(where=where, sku=sku, hint=did_you_mean(sku, series)))
    if at_s > last_s:
        sentence = _("{where} expects something at {at:g} s, and its last reading is at {last:g} s")
        raise RuleError(sentence.format(where=where, at=at_s, last=last_s))
    if not {"level", "machine", "line"} & set(given):
        raise RuleError(
            _("{where}: what is expected of {sku!r} at {at:g} s? give level, machine or line").format(
                where=where, sku=sku, at=at_s
            )
        )
    line = given.get("line")
    return Expected(
        at_s,
        sku,
        level_of(given.get("level"), where),
        level_of(given.get("machine"), where),
        None if line is None else float(line),
    )


def level_of(value: Any, where: str) -> int | None:
    """A level by number or name; None stays None."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3):
        return value
    if value not in LEVELS:
        sentence = _("{no_such}; levels are 0 calm, 1 watch, 2 prepare, 3 emergency")
        raise RuleError(sentence.format(no_such=no_such("level", value, LEVELS, where)))
    return LEVELS[value]


# -- playing ------------------------------------------------------------------------------------------------------


def faults(policy: Policy, test: Test) -> list[Fault]:
    """What of a test came out otherwise under ``policy``; empty: it passes."""
    levels = course(policy, test)
    failed = []
    for one in test.expected:
        # The reading of that very moment counts; 1e-9 s forgives a step that is no binary number.
        then = [s for s in levels[one.sku] if s.t <= one.at_s + 1e-9][-1]
        for what, expected, got, near in (("level", one.level, then.level, 0), ("machine", one.machine, then.machine, 0),
                                          ("line", one.line, then.line, LINE_STEP)):  # fmt: skip
            if expected is not None and not abs(expected - got) <= near:
                failed.append(Fault(test.name, one.at_s, one.sku, what, float(expected), float(got)))
    return failed


def course(policy: Policy, test: Test) -> dict[str, list[AfterReading]]:
    """What stands after each reading of each SKU, in order of time."""
    fold, params, gates = policy.strategy.fold, policy.params, policy.gate
    memory = {sku: (np.zeros(policy.strategy.memory), np.zeros(GATE_MEMORY)) for sku in test.series}
    shared, out = np.zeros(GATE_SHARED), {sku: list[AfterReading]() for sku in test.series}
    feeds = {sku: signals(test, sku) for sku in test.series}
    for k in range(max(map(len, feeds.values()))):
        for sku, feed in feeds.items():
            s, (own, m) = feed[min(k, len(feed) - 1)], memory[sku]
            level = int(fold(params[int(s.tier)], own, s))
            line = float(own[LINE])
            before = out[sku][-1] if out[sku] else AfterReading(0.0, 0, 0, 0.0)
            say = gate(gates, m, shared, s.now, level, s.stock, line)
            do = machine(gates, m, s.now, level, s.stock, line)
            sent = 0 if say == 0 else max(before.level, int(say))
            out[sku].append(AfterReading(s.now, sent, before.machine if do < 0 else int(do), line))
    return out


def signals(test: Test, sku: str) -> list[Signal]:
    """The readings of one SKU, one every interval: what a series does not give follows from what it gives.

    Stock is the initial stock less orders, and the other way round; everything ordered is paid, and what is not waits to be; no
    carts, nobody in the room. A series that ends early, and a lost reading, keep their last value; a lost one ages.
    """
    own, facts = test.series[sku], test.items[sku].facts
    length = max(len(v) for one in test.series.values() for v in one.values())
    first = next((v for v in own.get("stock", ()) if v is not None), 0.0)
    initial = float(facts.stock) or first + (next((v for v in own.get("orders", ()) if v is not None), 0.0))
    last = {"stock": initial, "orders": 0.0, "carts": 0.0, "paid": 0.0, "unpaid": 0.0, "viewers": 0.0, "closed": 0.0}
    taken = dict.fromkeys(last, 0.0)
    marks = stream(0, "reading marks", sku).random(length)
    out = []
    for k in range(length):
        now = k * test.interval_s
        for name, series in own.items():
            value = series[k] if k < len(series) else last[name]
            if value is not None:
                last[name], taken[name] = value, now
        if "stock" not in own:
            last["stock"], taken["stock"] = max(0.0, initial - last["orders"]), taken["orders"]
        if "orders" not in own:
            last["orders"], taken["orders"] = max(last["orders"], initial - last["stock"]), taken["stock"]
        if "paid" not in own:
            last["paid"] = last["orders"]
        if "unpaid" not in own:
            last["unpaid"] = max(0.0, last["orders"] - last["paid"])
        fresh = {name: now - (taken[name] if name in own or name in ("stock", "orders") else now) for name in last}
        out.append(_signal(test, sku, now, last, fresh, initial, float(marks[k])))
    return out


def _signal(
    test: Test, sku: str, now: float, last: Mapping[str, float], age: Mapping[str, float], initial: float, mark: float
) -> Signal:
    facts = test.items[sku].facts
    cue_s, lift = next(((t, peak) for t, peak in test.items[sku].cues if t > now), (None, 0.0))
    return Signal(
        now=now, t=now - age["orders"], stock=max(0.0, last["stock"]), orders=last["orders"], carts=last["carts"],
        paid=last["paid"], unpaid=last["unpaid"], viewers=last["viewers"], closed=last["closed"], initial=initial,
        safety=float(facts.safety_stock), price=float(facts.price), margin=float(facts.margin),
        tier=float(TIERS.index(facts.tier)), left=test.duration_s - now, next_cue=NEVER if cue_s is None else cue_s - now,
        next_lift=lift, mark=mark, office=max(0.0, last["stock"]), skus=float(len(test.items)), stock_age=age["stock"],
        orders_age=age["orders"], carts_age=age["carts"], traffic_age=age["viewers"],
        hour=(test.start_hour + now / 3600.0) % 24.0,
    )  # fmt: skip
