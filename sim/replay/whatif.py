"""More or less stock than there was that night: the recorded stock says where the recording stops telling, this one what is
tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sim.core.tape import TAKE
from sim.replay.clock import StreamError
from sim.replay.ingest.open import units_of
from sim.replay.stream import Stream
from sim.words import _, no_such


def stocked(stream: Stream, given: Any) -> tuple[Stream, tuple[str, ...]]:
    """The stream with the stock of the what-if, units for all or {sku: units}, and what has to be said of it."""
    if given in (None, ""):
        return stream, ()
    names = [s.id for s in stream.skus]
    wanted = {str(k): v for k, v in given.items()} if isinstance(given, Mapping) else dict.fromkeys(names, given)
    for name in wanted:
        if name not in names:
            raise StreamError(no_such("SKU", name, names, _("the recording (whatif_stock=)")))
    units = {name: units_of(value, name, "whatif_stock") for name, value in wanted.items()}
    sold = np.bincount(stream.sku[stream.what == TAKE], stream.qty[stream.what == TAKE], len(names)).astype(int)
    lines = []
    for k, s in enumerate(stream.skus):
        new = units.get(s.id, s.stock)
        if new != s.stock:
            lines.append(_("{id}: {new:,} units are tried, {stock:,} were there").format(id=s.id, new=new, stock=s.stock))
        if new < s.stock and new < sold[k]:
            lines[-1] += _("; {sold:,} were ordered that night, and what does not fit is refused").format(sold=sold[k])
    return replace(stream, skus=tuple(replace(s, stock=units.get(s.id, s.stock)) for s in stream.skus)), tuple(lines)
