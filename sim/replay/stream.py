"""A recorded show in the project's own terms: SKUs with stock, what happened to it, the run of show.

Recorded orders enter the tape as TAKE rows, which nothing can refuse: they happened. Where a recording has more orders than
declared stock the record falls below zero, and the moment it reaches zero is when stock ran out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scenarios.contract import Cue, Scenario, Sku
from scenarios.spread import CERTAIN
from scenarios.staffing import Feed, Screen, Touchpoints
from sim.core.blocks import blank, in_order
from sim.core.tape import CART, CUE_DTYPE, DELIVER, TAKE, Tape
from sim.core.units import US, to_us
from sim.demand.host import cue_row
from sim.demand.readings import lay_readings
from sim.demand.streams import stream
from sim.engine.asrun import Deed
from sim.replay.clock import Clock, StreamError
from sim.words import _

LONGEST_S = 1_000_000
"""Longest show a scenario can have [s]."""
MOST_BYTES = 2**30
"""Most memory the readings of one run may take."""
AT_ONCE = Screen(0.0, 0.0)
LESSON = "a recorded show, replayed open-loop: alerts are recorded and nothing follows from them"

MARKS = 1024


def marks(first: int, n: int) -> np.ndarray:
    """Marks of the readings ``first`` to ``first + n - 1``, counted from 0: a live feed, which does not know how many will
    come, draws the same ones.

    >>> bool(marks(1000, 100)[50] == marks(0, 2000)[1050])
    True
    """
    blocks = range(first // MARKS, (first + n) // MARKS + 1)
    drawn = np.concatenate([stream(0, "reading marks", b).random(MARKS) for b in blocks])
    return drawn[first % MARKS :][:n]


def closing(last_s: float, period_s: float) -> tuple[int, float]:
    """The first reading after ``last_s``: its number (the first is 1) and its time [s]. A show ends with it.

    >>> closing(5.0, 2.0), closing(6.0, 2.0)
    ((3, 6.0), (4, 8.0))
    """
    duration_s = (int(last_s / period_s) + 1) * period_s
    return int(duration_s / period_s), duration_s


@dataclass(frozen=True, eq=False)
class Stream:
    """One recording, ready to replay.

    ``skus``: with the stock at the start. ``t`` [us of show time], ``what`` (row kind of the tape), ``sku`` (index), ``qty``
    [units; below 0 only for corrections]: what happened, in time order. ``start_us``: start on the recording's ``clock``.
    ``span_s``: length [show s]. ``speedup``: recorded seconds per show second. ``reading_s``: default period of readings
    [show s].

    What only some recordings know: ``order`` (int64 per row: the row of the order that a return gives back; -1 not known),
    ``paid`` (int64 per row: when an order was paid [us]; -1 not known), ``viewers`` (times [us], people in the room), ``shut``
    ((sku, from, to) [us]: spells in which the SKU is said to have taken no orders), ``bin_s`` (width of the bins an
    aggregated recording came in [show s]; 0: single events), ``did`` (what its team did, in order of time).
    """

    name: str
    kind: str
    skus: tuple[Sku, ...]
    t: np.ndarray
    what: np.ndarray
    sku: np.ndarray
    qty: np.ndarray
    cues: tuple[Cue, ...]
    clock: Clock
    start_us: int
    span_s: float
    speedup: float
    reading_s: float
    order: np.ndarray | None = None
    paid: np.ndarray | None = None
    viewers: tuple[np.ndarray, np.ndarray] | None = None
    shut: tuple[tuple[int, int, int], ...] = ()
    bin_s: float = 0.0
    did: tuple[Deed, ...] = ()

    def bare(self) -> Stream:
        """The same without its rows: name, items, clock."""
        rows = {name: getattr(self, name)[:0].copy() for name in ("t", "what", "sku", "qty")}
        return replace(self, **rows, order=None, paid=None, viewers=None)

    def at(self, t_s: float) -> str:
        """A show time [s] as the recording's clock wrote it, to the millisecond."""
        return self.clock.text(self.start_us + round(t_s * 1000 * self.speedup) * 1000)

    def span(self) -> dict[str, str]:
        """When it begins and ends, in UTC."""
        ends = [self.start_us, self.start_us + round(self.span_s * self.speedup * US)]
        start, end = (datetime.fromtimestamp(t / US, UTC).isoformat(timespec="seconds") for t in ends)
        return {"stream": self.name, "start": start, "end": end}

    def feed(self) -> Feed:
        """The feed a replay uses unless told otherwise: a reading every ``reading_s``, half a second late at most."""
        return Feed(period_s=self.reading_s, lag_s=min(0.5, self.reading_s / 2))

    @cached_property
    def levels(self) -> pd.DataFrame:
        """The recorded stock: sku, t_s, stock after everything of that moment; the first row of a SKU is its opening."""
        n = len(self.skus)
        moves = np.where(self.what == TAKE, -self.qty, np.where(self.what == CART, 0, self.qty)).astype(np.int64)
        opening = pd.DataFrame({"k": range(n), "t": -1, "move": [s.stock for s in self.skus]})
        rows = pd.DataFrame({"k": self.sku, "t": self.t, "move": moves})[self.what != CART]
        path = pd.concat([opening, rows]).groupby(["k", "t"], as_index=False)["move"].sum()
        path["stock"] = path.groupby("k")["move"].cumsum()
        names = np.array([s.id for s in self.skus], object)
        return pd.DataFrame({"sku": names[path["k"]], "t_s": path["t"].clip(lower=0) / US, "stock": path["stock"]})

    def scenario(self, feed: Feed | None = None) -> Scenario:
        """The show as a scenario without demand of its own; it ends with the first reading after the recording."""
        feed = feed or self.feed()
        _, duration_s = closing(max(self.span_s, float(self.t.max(initial=0)) / US), feed.period_s)
        points = Touchpoints(AT_ONCE, AT_ONCE, AT_ONCE, AT_ONCE)
        return Scenario(self.name, LESSON, duration_s, self.skus, self.cues, spread=CERTAIN, touchpoints=points,
                        feed=feed, start_hour=self.start_hour())  # fmt: skip

    def start_hour(self) -> float:
        """Hour of the day at which it starts, by its clock's zone; the default where no zone is known or time is sped up."""
        if self.clock.family != "absolute" or self.clock.zone is None or self.speedup != 1:
            return Scenario.start_hour
        local = datetime.fromtimestamp(self.start_us / US, UTC).astimezone(self.clock.zone)
        return local.hour + local.minute / 60 + local.second / 3600

    def tape(self, feed: Feed | None = None) -> Tape:
        """The rows of the recording with the readings of a feed. Same stream and feed, same bytes."""
        scenario = self.scenario(feed)
        n = int(scenario.duration_s / scenario.feed.period_s)
        size = n * len(self.skus) * 24
        if size > MOST_BYTES:
            raise StreamError(
                _(
                    "{n:,} readings of {self_skus} SKUs would take {size:.1f} GB; choose a longer "
                    "feed.period_s, fewer SKUs (sku=) or a part (start=, end=)"
                ).format(n=n, self_skus=len(self.skus), size=size / 2**30)
            )
        rows = blank(len(self.t))
        rows["t"][:], rows["kind"][:], rows["sku"][:], rows["qty"][:] = self.t, self.what, self.sku, self.qty
        rows["channel"][:] = np.where(self.what == TAKE, 0, -1)
        rows["who"][:] = np.arange(len(self.t))
        nobody = (np.array([0.0, scenario.duration_s]), np.zeros(2))
        readings, viewers = lay_readings(scenario, 0, 0, nobody)
        viewers = viewers if self.viewers is None else self._online(np.arange(1, n + 1) * scenario.feed.period_s)
        come = readings["kind"] == DELIVER
        readings["mark"][come] = marks(0, n)[readings["who"][come]]
        return self.over(scenario, in_order([rows, readings]), viewers)

    def over(self, scenario: Scenario, columns: dict[str, Any], viewers: np.ndarray) -> Tape:
        """A tape of these rows; ``viewers``: people in the room at each reading."""
        return Tape(**columns, cues=self.spoken(), viewers=viewers, record_error=np.zeros(len(self.skus), np.int64),
                    phase=np.zeros(3 + len(scenario.channels)), key=(0, 0))  # fmt: skip

    def _online(self, at_s: np.ndarray) -> np.ndarray:
        """People online at ``at_s`` [show s], as last measured; 0 before the first measure."""
        assert self.viewers is not None
        known, people = self.viewers
        last = np.searchsorted(known, np.rint(at_s * US), "right") - 1
        return np.where(last >= 0, people[np.maximum(last, 0)], 0.0)

    def spoken(self) -> np.ndarray:
        """Cues as they came: of a recording only the plan is known."""
        index = {s.id: k for k, s in enumerate(self.skus)}
        rows = []
        for cue in sorted(self.cues, key=lambda c: c.at_s):
            at = to_us(cue.at_s)
            rows.append(cue_row(at, at, cue, index[cue.sku]))
        return np.array(rows, CUE_DTYPE).reshape(-1)

    def sellouts(self, merge_s: float) -> pd.DataFrame:
        """When stock really ran out: sku, t_s (it reached 0), back_s (stock again for longer than ``merge_s``; inf: never),
        times (how often it reached 0 in between: flapping round zero is the normal case where units come back). A SKU that
        opens with nothing has a first spell at t_s = -1, which is no sell-out of the recording."""
        rows = []
        for name, path in self.levels.groupby("sku", sort=False):
            t, out = path["t_s"].to_numpy(), path["stock"].to_numpy() <= 0
            began = np.flatnonzero(out[1:] & ~out[:-1]) + 1
            ended = np.flatnonzero(~out[1:] & out[:-1]) + 1
            spells: list[list] = []
            if out[0]:
                first = np.flatnonzero(~out)
                spells.append([name, -1.0, float(t[first[0]]) if len(first) else float("inf"), 0])
            for k in began.tolist():
                later = ended[ended > k]
                back = float(t[later[0]]) if len(later) else float("inf")
                if spells and t[k] - spells[-1][2] < merge_s:
                    spells[-1][2], spells[-1][3] = back, spells[-1][3] + 1
                else:
                    spells.append([name, float(t[k]), back, 1])
            rows += spells
        return pd.DataFrame(rows, columns=["sku", "t_s", "back_s", "times"])


def faster(text: str, speedup: float) -> str:
    """A sentence about a recording whose time runs faster than it did."""
    return _("{sentence}; time runs {speedup:g} times faster than recorded").format(sentence=text, speedup=speedup)
