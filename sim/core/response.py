"""Response rules: which level triggers which action, who carries it out, how long it takes.

Pure records and arithmetic; the SimPy events that come of them are in ``sim/engine/control.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from statistics import NormalDist

from scenarios.contract import Scenario
from scenarios.setting import ScenarioError, check_types, setting, validate
from scenarios.staffing import NOTICE_CHANNELS, NoticeChannel, Staff
from sim.words import _, no_such
from strategies.contract import LEVEL_NAMES
from strategies.maths import night

NOTIFY, HOST_PROMPT, LOWER_EXPOSURE, FREEZE_SKU, DELIST_SKU, RESTOCK, RELEASE_STOCK, REOPEN, HOST_CUT, HOST_CALL, ARRIVAL, \
    HOST_BACK = range(12)  # fmt: skip
WHAT_NAMES = ("notify", "host_prompt", "lower_exposure", "freeze", "delist", "restock", "release", "reopen",
              "host_cut", "host_call", "arrival", "host_back")  # fmt: skip
"""Names of actions; the first eight can be put into a playbook, the others are what follows from them."""
ORDERABLE = WHAT_NAMES[:8]
AMOUNTS = ("all", "share", "lack")
CHANNEL_NAMES = tuple(c.name for c in NOTICE_CHANNELS)


@dataclass(frozen=True)
class Action:
    """One action of a playbook: what, by whom, through which notice channel, and its size where it has one."""

    what: str = setting("notify", "the action", choices=ORDERABLE)
    by: str = setting(
        "person", "auto: a machine does it; person: an operator after reading the notice", choices=("auto", "person")
    )
    channel: str = setting("popup", "notice channel that reaches the person", choices=CHANNEL_NAMES)
    value: float = setting(0.5, "exposure left (lower_exposure), share of hidden units (release) or of a request", "", 0, 1)
    amount: str = setting("all", "restock: all a request can bring, a share of it (value), or what the strategy expects to lack",
                          choices=AMOUNTS)  # fmt: skip

    def __post_init__(self) -> None:
        validate(self, "action")
        if self.amount != "all" and self.what != "restock":
            raise ScenarioError(
                _("an action {what!r} asks for no amount; only a restock does, leave out amount={amount}").format(
                    what=self.what, amount=self.amount
                )
            )

    @property
    def asks_for_lack(self) -> bool:
        """Whether it asks for as many units as the strategy expects to lack."""
        return self.what == "restock" and self.amount == "lack"

    def units(self, load: int, lack: float) -> int:
        """Units a restock asks for, of ``load`` that one request can bring, where the strategy expects to lack ``lack``."""
        if self.amount == "share":
            return math.ceil(self.value * load)
        return min(load, math.ceil(lack)) if self.amount == "lack" else load


Orders = list[list[tuple[int, Action]]]


@dataclass(frozen=True)
class Playbook:
    """Actions by alert level, and the latencies of carrying them out."""

    name: str
    watch: tuple[Action, ...] = ()
    prepare: tuple[Action, ...] = ()
    emergency: tuple[Action, ...] = ()
    resolved: tuple[Action, ...] = ()
    auto_s: float = setting(1.0, "automatic action, decision to command", "s", 0, 600, "domain 3.4: 0.2-2")
    propagate_s: float = setting(2.0, "command to effect everywhere (leak L2)", "s", 0, 600, "domain 3.4: 1-5")
    freeze_s: float = setting(5.0, "a person freezes, delists or reopens", "s", 0, 600, "domain 3.4")
    restock_s: float = setting(20.0, "a person requests stock or releases it", "s", 0, 3600, "domain 3.4")
    prompt_s: float = setting(10.0, "a person prompts the host", "s", 0, 600, "domain 3.4")
    exposure_s: float = setting(30.0, "a person changes exposure", "s", 0, 600, "domain 3.4")
    recommend_s: float = setting(60.0, "exposure change until traffic follows", "s", 0, 3600, "domain 8: 30-120")

    def __post_init__(self) -> None:
        validate(self, f"playbook {self.name}")

    @cached_property
    def orders(self) -> tuple[Orders, Orders]:
        """What people and what machines do, by level: actions with their codes."""
        by_people: Orders = []
        by_machine: Orders = []
        for level in range(len(LEVEL_NAMES)):
            whole = [(WHAT_NAMES.index(a.what), a) for a in self.at(level)]
            by_machine.append([(what, a) for what, a in whole if a.by == "auto" and what != NOTIFY])
            by_people.append([one for one in whole if one not in by_machine[-1]])
        return by_people, by_machine

    @cached_property
    def errands(self) -> list[dict[str, list[tuple[int, Action]]]]:
        """What people are told, by level: the notice channels, and what each asks them to do; a mere notice asks for nothing."""
        return [
            {a.channel: [(w, b) for w, b in orders if b.channel == a.channel and w != NOTIFY] for _what, a in orders}
            for orders in self.orders[0]
        ]

    @cached_property
    def reopeners(self) -> frozenset[str]:
        """Who opens items again once an episode is over: people, machines."""
        return frozenset(a.by for a in self.resolved if a.what == "reopen")

    def at(self, level: int) -> tuple[Action, ...]:
        """The actions of one level; 0: what happens when an episode is over."""
        return (self.resolved, self.watch, self.prepare, self.emergency)[level]

    def act_s(self, what: int) -> float:
        """How long a person needs for one action [s]."""
        if what in (RESTOCK, RELEASE_STOCK):
            return self.restock_s
        if what == HOST_PROMPT:
            return self.prompt_s
        if what == LOWER_EXPOSURE:
            return self.exposure_s
        return 0.0 if what == NOTIFY else self.freeze_s

    def effect_s(self, what: int) -> float:
        """Command to effect [s]."""
        if what in (HOST_PROMPT, RESTOCK, NOTIFY):
            return 0.0
        return self.recommend_s if what == LOWER_EXPOSURE else self.propagate_s

    def reactions_s(self, level: int, scenario: Scenario) -> tuple[float, ...]:
        """Typical times from an alert of ``level`` to each of its effects on stock or demand [s], shortest first; of a level that
        only sends notices until one is acknowledged; none where nothing follows.

        Medians of acknowledgement, host reaction and supply lead; the feed's share is excluded.
        """
        staff = scenario.staff
        beyond = {HOST_PROMPT: scenario.host.reaction_s, RESTOCK: scenario.supply.lead_median_s}
        effects, notices = set(), set()
        for action in self.at(level):
            what, c = WHAT_NAMES.index(action.what), channel_of(staff, action.channel)
            if what == NOTIFY:
                notices.add(c.delivery_s + c.ack_median_s)
                continue
            start = self.auto_s if action.by == "auto" else c.delivery_s + c.ack_median_s + self.act_s(what)
            effects.add(start + self.effect_s(what) + beyond.get(what, 0.0))
        return tuple(sorted(effects or notices))

    def channels(self, level: int) -> tuple[str, ...]:
        """Notice channels over which people hear of an alert of ``level``, one notice each."""
        told = [a.channel for a in self.at(level) if a.by == "person" or a.what == "notify"]
        return tuple(dict.fromkeys(told))

    def by_machine(self, level: int) -> tuple[str, ...]:
        """What a machine does at once at ``level``."""
        return tuple(a.what for a in self.at(level) if a.by == "auto" and a.what != "notify")


def channel_of(staff: Staff, name: str) -> NoticeChannel:
    """The notice channel called ``name``."""
    for c in staff.channels:
        if c.name == name:
            return c
    raise ScenarioError(no_such("channel", name, [c.name for c in staff.channels]))


def playbook_from(name: str, values: dict) -> Playbook:
    """A playbook from plain data (configuration): lists of actions per level, latencies by name."""
    check_types(Playbook, values, f"operations {name!r}")
    settings = dict(values)
    for level in ("watch", "prepare", "emergency", "resolved"):
        actions = []
        for item in settings.get(level) or ():
            check_types(Action, item, f"operations {name!r}, level {level}: an action")
            actions.append(Action(**item))
        settings[level] = tuple(actions)
    known = {f.name for f in fields(Playbook)}
    return Playbook(**{"name": name} | {k: v for k, v in settings.items() if k in known and k != "name"})


_NORMAL = NormalDist()


def lognormal(u: float, median: float, sigma: float) -> float:
    """The ``u`` quantile of a lognormal law, for a uniform number ``u`` in [0, 1)."""
    if median <= 0:
        return 0.0
    return median * math.exp(sigma * _NORMAL.inv_cdf(min(max(u, 1e-12), 1 - 1e-12)))


def acknowledgement_s(channel: NoticeChannel, u: float) -> float:
    """Time from notice to acknowledgement [s] at uniform ``u``: lognormal through median and p90, or exponential."""
    if channel.law == "exponential":
        return -channel.ack_median_s / math.log(2) * math.log1p(-min(u, 1 - 1e-12))
    if channel.ack_median_s <= 0:
        return 0.0
    sigma = math.log(channel.ack_p90_s / channel.ack_median_s) / _NORMAL.inv_cdf(0.9)
    return lognormal(u, channel.ack_median_s, sigma)


def heed_p(staff: Staff, seen_p: float, trust: float, open_alerts: int, hour: float = 20.0) -> float:
    """Chance that a notice is acted on (domain 3.3).

    ideal: always; matching: ``seen_p * min(1, trust + floor)`` (people answer as often as alarms are right, Bliss 1995);
    fatigue: times ``repeat_factor`` per further alert of the same minute (Ancker 2017). At night (by the ``hour``) both lose
    up to ``night_loss`` of it.
    """
    if staff.human_model == "ideal":
        return 1.0
    p = seen_p * min(1.0, trust + staff.trust_floor) * (1.0 - staff.night_loss * night(hour))
    return p * staff.repeat_factor ** max(0, open_alerts - 1) if staff.human_model == "fatigue" else p
