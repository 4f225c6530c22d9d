"""What is known before the first line: products and stock, run of show, planned end, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.contract import Sku
from scenarios.staffing import Feed
from sim.core.policy import Policy
from sim.core.units import US, to_us
from sim.replay.clock import Clock, StreamError, find_zone
from sim.replay.shadow.batch import LineRules
from sim.replay.shadow.sheets import bound, cue_sheet, declared, planned
from sim.replay.stream import LONGEST_S, Stream
from sim.words import _


@dataclass(frozen=True, eq=False)
class ShowPlan:
    """A live show before it begins. ``end``: planned end (text), or "" and ``length_s`` [show s]; ``bound_to``: the settings a
    state belongs to, as plain data."""

    policies: tuple[Policy, ...]
    skus: tuple[Sku, ...]
    cues: Any
    feed: Feed
    rules: LineRules
    end: str
    length_s: float
    bound_to: Mapping[str, Any]

    def stream(self, start_us: int, clock: Clock) -> Stream:
        """The show as a stream without rows, once its start and clock are known."""
        speedup = self.rules.speedup
        end = bound(self.end, "end", clock) or start_us + round(self.length_s * speedup * US)
        span_s = to_us((end - start_us) / US / speedup) / US
        if not 0 < span_s <= LONGEST_S - 3600:
            raise StreamError(
                _(
                    "the planned end {end} is not within {longest_s:,} s after the start {start_us}; correct end= or start="
                ).format(end=clock.text(end), longest_s=LONGEST_S, start_us=clock.text(start_us))
            )
        names = [s.id for s in self.skus]
        cues = planned(self.cues, names, (start_us, end), clock, speedup)
        none = np.zeros(0, np.int64)
        return Stream(name="live", kind="events", skus=self.skus, t=none, what=none.astype(np.int8), sku=none.astype(np.int16),
                      qty=none.astype(np.int32), cues=cues, clock=clock, start_us=start_us, span_s=span_s, speedup=speedup,
                      reading_s=self.feed.period_s)  # fmt: skip


def plan(
    policies: Sequence[Policy],
    stock: Mapping[str, int] | Sequence[Sku] | str | Path,
    bound_to: Mapping[str, Any],
    cues: str | Path = "",
    zone: str = "",
    start: str = "",
    end: str = "",
    length_s: float = 0.0,
    feed: Feed | None = None,
    **rules: Any,
) -> ShowPlan:
    """Read the sheets. ``stock``: units by SKU, a stock sheet, or SKUs as they are; ``rules``: further fields of
    :class:`~sim.replay.shadow.lines.LineRules`."""
    if not policies:
        raise StreamError(_("no strategy is named; name at least one to follow the feed with"))
    names = [p.name for p in policies]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise StreamError(_("two strategies are called {twice!r}; give one of them a label").format(twice=twice))
    if bool(end) == bool(length_s):
        raise StreamError(
            _("strategies are told how long the show still goes on; say its planned end: end=TIME or length_s=SECONDS")
            + (_(", not both") if end else "")
        )
    where, feed = find_zone(zone), feed or Feed()
    skus, sheet = declared(stock), cue_sheet(cues, zone)
    reading = LineRules(tuple(s.id for s in skus), tuple(s.stock for s in skus), where, start, end,
                    period_s=feed.period_s, **rules)  # fmt: skip
    return ShowPlan(tuple(policies), skus, sheet, feed, reading, end, length_s, bound_to)
