"""Orders that nobody recorded, drawn from an imputation: one draw of the demand of every blind spell a replicate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.censor import Window
from sim.replay.impute import Imputation


class Drawn(NamedTuple):
    """Orders nobody recorded, in time order: time [us], SKU, whether likely (else only high)."""

    t: np.ndarray
    sku: np.ndarray
    likely: np.ndarray


def draw(made: Imputation, seed: int, replicate: int) -> Drawn:
    """One draw of the demand of every blind spell: the high bound's orders, the likely ones marked. Same keys, same orders."""
    parts = [_of_window(made, n, w, seed, replicate) for n, w in enumerate(made.windows)]
    if not parts:
        return Drawn(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))
    t, sku, likely = (np.concatenate([p[k] for p in parts]) for k in range(3))
    order = np.argsort(t, kind="stable")
    return Drawn(t[order], sku[order], likely[order])


def _of_window(made: Imputation, number: int, w: Window, seed: int, replicate: int) -> tuple[np.ndarray, ...]:
    """Time, SKU and likelihood of the orders of one spell: points of the larger rate, thinned to each bound."""
    rng = random_stream(seed, replicate, "impute", made.stream.skus[w.sku].id, number)
    likely = made.rate(w.sku, *_parameters(made, w.sku, seed, replicate))
    high, _ = made.high(number)
    inside = made.seconds(number)
    n = rng.poisson(np.maximum(high, likely) * _factors(made, rng, len(high)) * inside)
    which = np.repeat(np.arange(len(n)), n)
    t = np.maximum(which * made.bin_us, w.start) + (rng.random(len(which)) * inside[which] * US).astype(np.int64)
    u = rng.random(len(which)) * np.maximum(high, likely)[which]
    keep = u < high[which]
    return t[keep], np.full(int(keep.sum()), w.sku), (u < likely[which])[keep]


def _parameters(made: Imputation, sku: int, seed: int, replicate: int) -> tuple[float, np.ndarray]:
    """A base and the lifts drawn from their posterior; the lifts are the same for all SKUs of a replicate."""
    f = made.fit
    rng = random_stream(seed, replicate, "lifts")
    lift = rng.gamma((f.lift_n + 0.5) / made.fano) * made.fano / np.maximum(f.lift_e, 1e-300)
    rng = random_stream(seed, replicate, "base", made.stream.skus[sku].id)
    base = float(rng.gamma((f.base_n[sku] + 0.5) / made.fano)) * made.fano / max(float(f.base_e[sku]), 1e-300)
    return base if f.base_e[sku] > 0 else 0.0, np.where(f.lift_e > 0, lift, 0.0)


def _factors(made: Imputation, rng: np.random.Generator, bins: int) -> np.ndarray:
    """The gamma factor of every bin: one draw a block."""
    if made.frailty <= 0:
        return np.ones(bins)
    n = -(-bins // made.block)
    return np.repeat(rng.gamma(1.0 / made.frailty, made.frailty, n), made.block)[:bins]
