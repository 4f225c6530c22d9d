"""Small recordings made in memory."""

import numpy as np

from scenarios.contract import Cue, Sku
from sim.core.tape import TAKE
from sim.core.units import US
from sim.replay.clock import SECONDS, Clock
from sim.replay.stream import Stream


def recording(rows, stock=(10,), span_s=100.0, cues=(), **more):
    """A stream of ``rows`` (time [s], kind, SKU number, units) over SKUs s0, s1 ... with the given stock."""
    rows = sorted(rows, key=lambda r: r[0])
    t, what, sku, qty = (np.array([r[k] for r in rows]) for k in range(4)) if rows else (np.empty(0),) * 4
    skus = tuple(Sku(f"s{k}", units) for k, units in enumerate(stock))
    columns = (np.round(t * US).astype(np.int64), what.astype(np.int8), sku.astype(np.int16), qty.astype(np.int32))
    return Stream("made", "events", skus, *columns, tuple(cues), Clock(SECONDS), 0, span_s, 1.0, 1.0, **more)


def orders(times, sku=0):
    """Single orders at these times."""
    return [(float(t), TAKE, sku, 1) for t in times]


def poisson_show(rng, stock, rate=0.05, lift=8.0, span_s=7200.0):
    """Demand of known law (orders a second, pitches every 15 min), cut off where stock runs out: stream, hidden orders."""
    cues = tuple(Cue(450.0 + 900.0 * k, "s0", "pitch") for k in range(8))
    t = np.sort(rng.random(rng.poisson(rate * (1 + lift) * span_s)) * span_s)
    pull = 1 + lift * sum(c.kernel().shape_at(t - c.at_s) for c in cues)
    t = t[rng.random(len(t)) * (1 + lift) < pull]
    return recording(orders(t[:stock]), (stock,), span_s, cues), len(t) - stock
