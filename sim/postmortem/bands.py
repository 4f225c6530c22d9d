"""Whether a rehearsal's bands held on a night, item by item, and how often such bands held over nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.core.tape import TAKE
from sim.replay.clock import StreamError
from sim.replay.closedloop import band
from sim.replay.recorded import beyond
from sim.replay.stream import Stream
from sim.words import _, did_you_mean

LEVEL = 0.9
"""Share of shows a band is to hold."""
FIGURES = ("ordered_units", "oversold_units", "sold_out_s")
"""What both a rehearsal and a recording tell of an item: units ordered, units sold beyond the stock, when it sold out [s]."""
Night = Mapping[str, Mapping[str, float]]
"""SKU to its FIGURES."""


@dataclass(frozen=True, eq=False)
class Bands:
    """rows: one per item and figure of this night (:func:`held`). nights: (name, items' figures that lay within, of how many),
    earlier nights first, this one last. strategy, shows: whose bands. expected: the share that such bands are to hold. left_out:
    items of one side only."""

    rows: pd.DataFrame
    nights: tuple[tuple[str, int, int], ...]
    strategy: str
    shows: int
    expected: float
    left_out: tuple[str, ...]

    @property
    def coverage(self) -> tuple[int, int]:
        """Figures within their band, of how many, over all nights."""
        return sum(n for _name, n, _of in self.nights), sum(of for _name, _n, of in self.nights)


def night_of(stream: Stream) -> dict[str, dict[str, float]]:
    """A recorded night item by item."""
    over = {b.sku: b.units for b in beyond(stream)}
    figures = {}
    for name, path in stream.levels.groupby("sku", sort=False):
        k = [s.id for s in stream.skus].index(str(name))
        own = (stream.what == TAKE) & (stream.sku == k)
        out = path[path["stock"] <= 0]
        figures[str(name)] = {
            "ordered_units": float(stream.qty[own].sum()),
            "oversold_units": float(over.get(str(name), 0)),
            "sold_out_s": float(out["t_s"].iloc[0]) if len(out) else float("inf"),
        }
    return figures


def held(items: pd.DataFrame, night: Night) -> pd.DataFrame:
    """One row per item and figure: sku, figure, night, low, middle, high (band of the rehearsed shows), shows, held. A band ends
    at order statistics of the shows; where there are too few for LEVEL, at the outermost ones."""
    rows = []
    for sku, part in items.groupby("sku", sort=False):
        for figure in FIGURES if sku in night else ():
            low, middle, high = band(part[figure].to_numpy(float), LEVEL)
            value = float(night[str(sku)][figure])
            rows.append({"sku": str(sku), "figure": figure, "night": value, "low": low, "middle": middle, "high": high,
                         "shows": len(part), "held": low <= value <= high})  # fmt: skip
    return pd.DataFrame(rows, columns=["sku", "figure", "night", "low", "middle", "high", "shows", "held"])


def expected(shows: int) -> float:
    """The share of nights that a band of so many shows holds where the rehearsal is right, at least: the next show's rank is as
    likely any as any other.

    >>> round(expected(50), 3), expected(3)
    (0.922, 0.5)
    """
    cut = max(1, int(np.floor((shows + 1) * (1 - LEVEL) / 2)))
    return max(0.0, (shows + 1 - 2 * cut) / (shows + 1))


def bands(
    items: pd.DataFrame, strategy: str, name: str, night: Night, earlier: Sequence[tuple[str, Night | pd.DataFrame]] = ()
) -> Bands:
    """Hold a night against what was rehearsed under ``strategy``. items: the rehearsal's ``items`` table. earlier: nights by
    name: their figures, held against the same rehearsal, or the rows of an earlier review."""
    known = list(dict.fromkeys(items["strategy"]))
    if strategy not in known:
        text = _("the rehearsal did not play {strategy!r}{hint}; it played {known}")
        hint = did_you_mean(strategy, known)
        raise StreamError(text.format(strategy=strategy, hint=hint, known=", ".join(known)))
    own = items[items["strategy"] == strategy]
    rows, skus = held(own, night), list(dict.fromkeys(own["sku"]))
    if rows.empty:
        text = _("rehearsal and recording have no item in common (rehearsed: {skus}); rehearse the scenario of this show")
        raise StreamError(text.format(skus=", ".join(skus[:5])))
    counted: list[tuple[str, int, int]] = []
    for other, told in earlier:
        part: Any = told if isinstance(told, pd.DataFrame) else held(own, told)
        if len(part):
            counted.append((other, int(part["held"].sum()), len(part)))
    counted.append((name, int(rows["held"].sum()), len(rows)))
    left = sorted(set(night) ^ set(skus))
    shows = int(own["replicate"].nunique())
    return Bands(rows, tuple(counted), strategy, shows, expected(shows), tuple(left))
