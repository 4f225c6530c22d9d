"""Readings on their way to the alert engine: when they are taken (SAMPLE) and when they arrive (DELIVER), if at all.

Sources that come together are one message with its own readings. Where there are several messages, a row's ``qty`` holds the
bits of the sources it carries (0: all), and the arrivals are numbered in order, one that brings nothing new as the one before it.
"""

from __future__ import annotations

import numpy as np

from scenarios.contract import Scenario
from scenarios.setting import ScenarioError
from scenarios.staffing import SOURCES, Feed, Message
from sim.core.blocks import blank
from sim.core.tape import DELIVER, SAMPLE
from sim.demand.orders import Rows
from sim.demand.pulses import Room
from sim.demand.shoppers import even_us
from sim.demand.streams import stream
from sim.words import _

MOST_READINGS = 5_000_000
"""Readings of one show at most: 58 days at one a second."""


def lay_readings(scenario: Scenario, seed: int, replicate: int, viewers: Room) -> tuple[Rows, np.ndarray]:
    """Readings taken and delivered: lag, loss, duplicates, disorder, outages; and the viewers at every reading."""
    feed = scenario.feed
    messages = feed.messages()
    takes, comes, times = [], [], []
    for m in messages:
        # What keeps the feed's settings keeps its stream, so it does not move when another source goes its own way.
        own = (m.period_s, m.lag_s, m.loss_p) == (feed.period_s, feed.lag_s, feed.loss_p)
        key = () if own or len(messages) == 1 else (SOURCES[m.sources[0]],)
        take, come, taken_s = _message(feed, m, stream(seed, replicate, "feed", *key), scenario.duration_s)
        takes.append(take)
        comes.append(come)
        times.append(taken_s)
    if len(messages) > 1:
        _number(messages, takes, comes)
    block = {name: np.concatenate([rows[name] for rows in (*takes, *comes)]) for name in takes[0]}
    return block, np.interp(np.concatenate(times), *viewers)


def _message(feed: Feed, m: Message, rng: np.random.Generator, duration_s: float) -> tuple[Rows, Rows, np.ndarray]:
    """The rows of one message; ``who`` and ``cause`` of an arrival are the number of its reading."""
    n = int(duration_s / m.period_s)
    if n > MOST_READINGS:
        raise ScenarioError(
            _(
                "a reading every {period_s:g} s makes {n:,} of them in {duration_s:,.0f} s, and more than {most_readings:,} "
                "are not taken; raise feed.period_s"
            ).format(period_s=m.period_s, n=n, duration_s=duration_s, most_readings=MOST_READINGS)
        )
    taken_s = np.arange(1, n + 1) * m.period_s
    take = blank(n)
    take["t"][:], take["kind"][:], take["who"][:] = even_us(taken_s), SAMPLE, np.arange(n)
    lag = m.lag_s * np.exp(feed.lag_sigma * rng.standard_normal(n))
    lag += (rng.random(n) < feed.disorder_p) * rng.exponential(feed.disorder_s, n)
    kept, twice = rng.random(n) >= m.loss_p, rng.random(n) < feed.duplicate_p
    again, mark = rng.exponential(1.0, n), rng.random(n)
    arrives = taken_s + lag
    for hole in feed.outages:
        inside = (taken_s >= hole.at_s) & (taken_s < hole.at_s + hole.duration_s)
        if hole.catch_up:
            arrives = np.where(inside, np.maximum(arrives, hole.at_s + hole.duration_s), arrives)
        else:
            kept &= ~inside
    which = np.concatenate([np.flatnonzero(kept), np.flatnonzero(kept & twice)])
    come = blank(len(which))
    extra = np.concatenate([np.zeros(int(kept.sum())), again[kept & twice]])
    come["t"][:] = np.maximum(even_us(arrives[which] + extra), take["t"][which] + 2)
    come["kind"][:], come["who"][:], come["cause"][:], come["mark"][:] = DELIVER, which, which, mark[which]
    return take, come, taken_s


def _number(messages: tuple[Message, ...], takes: list[Rows], comes: list[Rows]) -> None:
    """Give readings and arrivals of several messages common numbers, and rows the bits of their sources."""
    first = np.cumsum([0, *(len(take["t"]) for take in takes)])
    for m, take, come, offset in zip(messages, takes, comes, first.tolist(), strict=False):
        take["qty"][:] = come["qty"][:] = sum(1 << k for k in m.sources)
        take["who"] += np.int32(offset)
        come["cause"] += np.int32(offset)
    order = np.argsort(np.concatenate([come["t"] for come in comes]), kind="stable")
    reading = np.concatenate([come["cause"] for come in comes])[order]
    message = np.repeat(np.arange(len(comes)), [len(come["t"]) for come in comes])[order]
    new = np.zeros(len(order), bool)
    for k in range(len(comes)):
        own = message == k
        newest = np.maximum.accumulate(reading[own])
        new[own] = np.diff(newest, prepend=-1) > 0
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(new) - 1
    ends = np.cumsum([len(come["t"]) for come in comes])
    for come, part in zip(comes, np.split(number, ends[:-1]), strict=True):
        come["who"][:] = part
