"""Operators: a limited resource with shifts, who hear some notices, believe some, and need time for each."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator
from functools import cached_property
from typing import Any

import simpy

from scenarios.contract import Scenario
from sim.core.response import acknowledgement_s, channel_of, heed_p
from sim.core.units import US, odd, to_us
from sim.demand.streams import stream

MINUTE_US = to_us(60)
BLOCK = 64
"""Uniform marks drawn at a time for one purpose and SKU."""


def later(env: simpy.Environment, delay: int, do: Callable[..., Any], *given: Any) -> None:
    """Call ``do`` in ``delay`` [us]: one event, where a process is three."""
    env.timeout(delay).callbacks.append(lambda _event: do(*given))


class People:
    """The staff of one run. Their chance comes from streams keyed by purpose and SKU, so policies stay paired; ``marks``
    keeps what was drawn, for all runs of a stage.
    """

    def __init__(
        self, env: simpy.Environment, scenario: Scenario, key: tuple[int, int], marks: dict[Any, list[float]] | None = None
    ) -> None:
        self.env, self.scenario, self.staff, self.key = env, scenario, scenario.staff, key
        self.marks = {} if marks is None else marks
        self.sent = [0] * len(scenario.skus)
        self.trust = scenario.staff.trust
        self.recent: deque[int] = deque()
        self.notices = 0
        self.minded = 0
        self.busy_us = 0

    @cached_property
    def operators(self) -> simpy.PriorityResource:
        """The staff, made when the first notice is sent: until then it does not matter who is on duty."""
        end = to_us(self.scenario.duration_s)
        shifts = [(s.operators, to_us(s.start_s), end if s.end_s < 0 else to_us(s.end_s)) for s in self.staff.shifts]
        total = sum(n for n, _, _ in shifts)
        operators = simpy.PriorityResource(self.env, max(total, 1))
        for n, start, stop in [*shifts, *([(1, end, end)] if total == 0 else [])]:
            for _ in range(n):
                for away in ((0, start), (stop, None)):
                    if away[0] != away[1] and (away[1] is not None or stop < end):
                        self.env.process(self._away(operators, *away))
        return operators

    def _away(self, operators: simpy.PriorityResource, start: int, stop: int | None) -> Generator:
        """An operator is off duty: his place is taken until he comes."""
        if stop is not None and odd(stop) <= self.env.now:
            return
        if odd(start) > self.env.now:
            yield self.env.timeout(odd(start) - self.env.now)
        with operators.request(priority=-1) as place:
            yield place
            if stop is None:
                yield self.env.event()
            yield self.env.timeout(max(0, odd(stop or 0) - self.env.now))

    def mark(self, purpose: str, sku: int, k: int) -> float:
        """The ``k``-th uniform number for one purpose and SKU."""
        block = (purpose, sku, k // BLOCK)
        if block not in self.marks:
            rng = stream(*self.key, "people", purpose, self.scenario.skus[sku].id, block[2])
            self.marks[block] = rng.random(BLOCK).tolist()
        return self.marks[block][k % BLOCK]

    def notice(self, sku: int, channel: str, right: Callable[[], bool] | None, heard: Callable[[Notice], Any]) -> None:
        """Send a notice about ``sku``; ``right`` tells later whether its warning was; None: it warns of nothing. ``heard``: what
        an operator does who minds it, at the end of which he calls :meth:`Notice.finish`."""
        k = self.sent[sku]
        self.sent[sku] += 1
        self.notices += 1
        notice = Notice(self, sku, k, channel, right, heard)
        later(self.env, to_us(notice.channel.delivery_s), notice.arrive)

    def open_alerts(self) -> int:
        """Notices of the last minute, this one included."""
        now = int(self.env.now)
        self.recent.append(now)
        while self.recent[0] < now - MINUTE_US:
            self.recent.popleft()
        return len(self.recent)

    def hour(self) -> float:
        """Hour of the day now."""
        return (self.scenario.start_hour + int(self.env.now) / US / 3600.0) % 24.0

    def judge(self, right: Callable[[], bool]) -> None:
        """What people know some time after an alert, whether it was right: they trust the next one accordingly."""
        w = self.staff.trust_weight
        self.trust = (1 - w) * self.trust + w * (1.0 if right() else 0.0)


class Notice:
    """One notice on its way to one operator: delivered, acknowledged, heard when he is free, until he has handled it."""

    turn: simpy.resources.resource.PriorityRequest
    heard_at: int

    def __init__(
        self, people: People, sku: int, k: int, channel: str, right: Callable[[], bool] | None, heard: Callable[[Notice], Any]
    ) -> None:
        self.people, self.sku, self.k, self.right, self.heard = people, sku, k, right, heard
        self.operators = people.operators
        self.channel = channel_of(people.staff, channel)

    def arrive(self) -> None:
        """It is delivered; nothing more comes of it if nobody minds it."""
        people, staff, env = self.people, self.people.staff, self.people.env
        chance = heed_p(staff, self.channel.seen_p, people.trust, people.open_alerts(), people.hour())
        if self.right is not None and staff.human_model != "ideal":
            later(env, to_us(staff.judge_s), people.judge, self.right)
        if people.mark("heed", self.sku, self.k) < chance:
            wait = acknowledgement_s(self.channel, people.mark("ack", self.sku, self.k))
            later(env, to_us(min(wait, 1e6)), self.acknowledge)

    def acknowledge(self) -> None:
        """It waits for a free operator."""
        self.turn = self.operators.request(priority=0)
        self.turn.callbacks.append(self.begin)

    def begin(self, _turn: simpy.Event) -> None:
        """An operator hears it."""
        self.heard_at = int(self.people.env.now)
        self.people.minded += 1
        self.heard(self)

    def finish(self, over: Callable[[], Any]) -> None:
        """The operator is occupied for his handling time, then free; ``over`` is called then."""
        people = self.people
        u = people.mark("handling", self.sku, self.k)
        left = self.heard_at + to_us(-people.staff.handling_s * math.log1p(-u)) - int(people.env.now)
        if left > 0:
            later(people.env, left, self.free, over)
        else:
            self.free(over)

    def free(self, over: Callable[[], Any]) -> None:
        """The operator minds the next one."""
        self.operators.release(self.turn)
        self.people.busy_us += int(self.people.env.now) - self.heard_at
        over()
