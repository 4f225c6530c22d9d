"""Nights in a row: the order of their clocks, and what cannot be one after another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

from sim.app.result import ResultError
from sim.words import _


def by_clock(names: Sequence[str], spans: Sequence[tuple[Any, Any]], same: Sequence[Hashable] = ()) -> list[int]:
    """Places of nights in the order of their clocks; as they were given where one of them has no clock.

    spans: start and end of each, as recorded; falsy: it has none. same: what makes two of them one night; without it the name.

    Raises
    ------
    ResultError
        One sentence, where a night is there twice, or two overlap.
    """
    keys, order = list(same or names), list(range(len(names)))
    twice = next((k for k in order if keys.count(keys[k]) > 1), None)
    if twice is not None:
        raise ResultError(_("the night {name!r} is there twice; give each night once").format(name=names[twice]))
    if not all(start for start, _end in spans):
        return order
    order.sort(key=lambda k: spans[k][0])
    for a, b in pairwise(order):
        if spans[a][1] and spans[b][0] < spans[a][1]:
            text = _("{b} begins at {start}, before {a} ends at {end}; nights must not overlap")
            raise ResultError(text.format(a=names[a], b=names[b], start=spans[b][0], end=spans[a][1]))
    return order
