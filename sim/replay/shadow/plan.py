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
from sim.replay import build
from sim.replay.clock import Clock, StreamError, find_zone
from sim.replay.columns import must_be
from sim.replay.facts import Declared, Sifted
from sim.replay.rows import sift
from sim.replay.shadow.batch import Rules
from sim.replay.source import read_raw
from sim.replay.stream import LONGEST_S, Stream


@dataclass(frozen=True, eq=False)
class Plan:
    """A live show before it begins. ``end``: planned end (text), or "" and ``length_s`` [show s]; ``bound_to``: the settings a
    state belongs to, as plain data."""

    policies: tuple[Policy, ...]
    skus: tuple[Sku, ...]
    cues: Sifted | None
    feed: Feed
    rules: Rules
    end: str
    length_s: float
    bound_to: Mapping[str, Any]

    def stream(self, start_us: int, clock: Clock) -> Stream:
        """The show as a stream without rows, once its start and clock are known."""
        speedup = self.rules.speedup
        end = build.bound(self.end, "end", clock) or start_us + round(self.length_s * speedup * US)
        span_s = to_us((end - start_us) / US / speedup) / US
        if not 0 < span_s <= LONGEST_S - 3600:
            raise StreamError(f"the planned end {clock.text(end)} is not within {LONGEST_S:,} s after the start "
                              f"{clock.text(start_us)}; correct end= or start=")  # fmt: skip
        names = [s.id for s in self.skus]
        cues = build.plan(self.cues, names, start_us, end, clock, speedup) if self.cues else ()
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
) -> Plan:
    """Read the sheets. ``stock``: units by SKU, a stock sheet, or SKUs as they are; ``rules``: further fields of
    :class:`~sim.replay.shadow.lines.Rules`."""
    if not policies:
        raise StreamError("no strategy is named; name at least one to follow the feed with")
    names = [p.name for p in policies]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise StreamError(f"two strategies are called {twice!r}; give one of them a label")
    if bool(end) == bool(length_s):
        raise StreamError("strategies are told how long the show still goes on; say its planned end: end=TIME or length_s=SECONDS"
                          + (", not both" if end else ""))  # fmt: skip
    where, feed = find_zone(zone), feed or Feed()
    skus = _skus(stock)
    sheet = None
    if cues:
        raw = read_raw(Path(cues))
        sheet = sift(raw, must_be(raw.where, raw.header, ("cues",)), where)
    reading = Rules(tuple(s.id for s in skus), tuple(s.stock for s in skus), where, start, end,
                    period_s=feed.period_s, **rules)  # fmt: skip
    return Plan(tuple(policies), skus, sheet, feed, reading, end, length_s, bound_to)


def _skus(stock: Any) -> tuple[Sku, ...]:
    """The products of the show; a live feed can speak of no others."""
    if isinstance(stock, Mapping) and stock:
        items = [Declared(0, str(name), build._count(units, str(name)), {}) for name, units in stock.items()]
    elif isinstance(stock, str | Path) and str(stock) and not str(stock).isdigit():
        raw = read_raw(Path(stock))
        items = sift(raw, must_be(raw.where, raw.header, ("stock",))).items
    elif isinstance(stock, Sequence) and stock and not isinstance(stock, str):
        return tuple(stock)
    else:
        raise StreamError("a live feed does not say what there is to sell; declare it: stock={mask: 500, serum: 200}, "
                          "or stock=FILE with the columns sku and stock")  # fmt: skip
    if len(items) > 30_000:
        raise StreamError(f"{len(items):,} SKUs are declared, more than 30,000; leave out what the show does not sell")
    return tuple(Sku(id=d.sku, stock=d.stock, **d.rest) for d in items)
