"""A show in a few figures that do not depend on who watched the stock: the habits of its audience, for comparison with others.

Figures of a show (:data:`FEATURES`), and of its blocks of five minutes where a block has one. They come from a recording, from a
run of a model, or from the ``habits.json`` that an earlier review left in its folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.run import ShowRun
from sim.core.tape import ACCEPTED, CARTED, ORDER, PAY, RETRY, TAKE
from sim.core.tape import CART as CARTS
from sim.core.units import US
from sim.replay.censor import demand_end
from sim.replay.clock import StreamError
from sim.replay.stream import Stream
from sim.words import N_, _

BLOCK_S, BIN_S = 300.0, 10.0
LONGEST_LEAD_S = 120.0
LEAST_LEAD = 0.3
"""Below this correlation of carts and later orders no lead is told."""
MOST_DELAYS = 2000
FILE = "habits.json"
FEATURES = {
    "orders_per_min": (N_("orders per minute"), "每分钟下单", "1/min"),
    "units_per_order": (N_("units per order"), "件单比", "units"),
    "orders_per_cart": (N_("units ordered per unit carted"), "加购转化", "ratio"),
    "pay_delay_s": (N_("median time from order to payment"), "付款时长", "s"),
    "peak_over_mean": (N_("busiest 60 s over the mean minute"), "峰均比", "x"),
    "cart_lead_s": (N_("carts lead orders by"), "加购领先下单", "s"),
}
"""Figure to its name, its name in the field's words, its unit."""


@dataclass(frozen=True)
class ShowProfile:
    """name of the show. figures: one number each, NaN where the show does not tell. blocks: figure to its value in every block of
    five minutes. delays: order to payment [s], at most some thousands of them."""

    name: str
    figures: dict[str, float]
    blocks: dict[str, list[float]]
    delays: list[float]


def of_stream(stream: Stream) -> ShowProfile:
    """The show profile of a recording, until the last moment somebody could order; of stock levels only the orders are known."""
    took, cart = stream.what == TAKE, stream.what == CARTS
    delays = np.zeros(0)
    if stream.paid is not None:
        known = took & (stream.paid >= 0)
        delays = (stream.paid[known] - stream.t[known]) / US
    return _habits(
        stream.name, demand_end(stream) / US, (stream.t[took], stream.qty[took]), (stream.t[cart], stream.qty[cart]), delays
    )


def of_run(run: ShowRun, name: str) -> ShowProfile:
    """The show profile of the shoppers of a model's show, from what a shop would have logged."""
    tape, out = run.tape, run.outcome
    took = ((tape.kind == ORDER) | (tape.kind == RETRY)) & (out >= ACCEPTED)
    cart = (tape.kind == CARTS) & (out == CARTED)
    pays = np.flatnonzero(tape.kind == PAY)
    pays = pays[took[tape.cause[pays]]]
    delays = (tape.t[pays] - tape.t[tape.cause[pays]]) / US
    order = np.argsort(tape.t[took], kind="stable")
    bought = tape.t[took][order], tape.qty[took][order]
    return _habits(name, run.scenario.duration_s, bought, (tape.t[cart], tape.qty[cart]), delays)


Taken = tuple[np.ndarray, np.ndarray]


def _habits(name: str, span_s: float, orders: Taken, carts: Taken, delays: np.ndarray) -> ShowProfile:
    edges = np.arange(0.0, span_s + BLOCK_S, BLOCK_S) * US
    edges = edges[: max(2, int(span_s // BLOCK_S) + 1)]
    counts, _ = np.histogram(orders[0], edges)
    units, _ = np.histogram(orders[0], edges, weights=orders[1])
    carted, _ = np.histogram(carts[0], edges, weights=carts[1])
    blocks = {
        "orders_per_min": counts / (BLOCK_S / 60),
        "units_per_order": _over(units, counts),
        "orders_per_cart": _over(units, carted),
    }
    figures = {
        "orders_per_min": len(orders[0]) / max(span_s / 60, 1e-9),
        "units_per_order": _ratio(orders[1].sum(), len(orders[0])),
        "orders_per_cart": _ratio(orders[1].sum(), carts[1].sum()),
        "pay_delay_s": float(np.median(delays)) if len(delays) else float("nan"),
        "peak_over_mean": _ratio(busiest(orders[0]), len(orders[0]) / max(span_s / 60, 1e-9)),
        "cart_lead_s": cart_lead_s(orders, carts, span_s),
    }
    kept = delays[:: max(1, -(-len(delays) // MOST_DELAYS))]
    return ShowProfile(name, figures, {k: [float(x) for x in v] for k, v in blocks.items()}, kept.tolist())


def busiest(t: np.ndarray) -> int:
    """Most orders in any 60 s, wherever they begin; ``t`` [us], ascending.

    >>> busiest(np.array([0, 50, 70, 100]) * US)
    3
    """
    return int((np.searchsorted(t, t + 60 * US, "left") - np.arange(len(t))).max(initial=0))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def cart_lead_s(orders: Taken, carts: Taken, span_s: float) -> float:
    """By how long carts lead orders [s]: the shift up to two minutes at which counts per 10 s are most correlated; NaN where no
    shift reaches LEAST_LEAD."""
    bins = np.arange(0.0, span_s + BIN_S, BIN_S) * US
    bought, _ = np.histogram(orders[0], bins, weights=orders[1])
    put, _ = np.histogram(carts[0], bins, weights=carts[1])
    most = int(LONGEST_LEAD_S / BIN_S)
    if len(bought) < 3 * most or put.std() == 0 or bought.std() == 0:
        return float("nan")
    after = len(bought) - most
    pull = [_correlation(put[:after], bought[k : k + after]) for k in range(most + 1)]
    best = int(np.argmax(pull))
    return BIN_S * best if pull[best] >= LEAST_LEAD else float("nan")


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 0 else 0.0


def save(show_profile: ShowProfile, path: Path) -> None:
    """Write ``habits.json``."""
    record = asdict(show_profile)
    record["figures"] = {k: _known(v) for k, v in show_profile.figures.items()}
    record["blocks"] = {k: [_known(x) for x in v] for k, v in show_profile.blocks.items()}
    path.write_text(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def saved(folder: Path) -> ShowProfile:
    """The show profile an earlier review left in its folder."""
    try:
        record: Mapping[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        figures = {k: _number(record["figures"][k]) for k in FEATURES}
        blocks = {k: [_number(x) for x in v] for k, v in record["blocks"].items()}
        return ShowProfile(str(record["name"]), figures, blocks, [float(x) for x in record["delays"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StreamError(
            _("{folder!r} holds no {file} of an earlier review; give a recording, or a review's folder").format(
                folder=str(folder), file=FILE
            )
        ) from None
