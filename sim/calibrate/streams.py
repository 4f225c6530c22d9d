"""From canonical streams (``stockcue ingest``) to what a calibration sees."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import CUE_KINDS
from sim.calibrate.grid import default_kernel
from sim.calibrate.observed import (
    MARK_DTYPE,
    WINDOW_DTYPE,
    CalibrationError,
    Delays,
    Observed,
    ObservedRows,
    events,
    fewest,
    while_open,
)
from sim.core.units import US
from sim.replay.ingest.checks import hours, pause
from sim.replay.ingest.cue_label import parsed
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

FEWEST_LINKS, LINKED_SHARE = 20, 0.05
"""Carts and orders of the same shopper count as linked with so many pairs and such a share of the orders."""
KINDS = ("order", "cart", "pay", "cancel", "level", "restock", "viewers", "cue", "view")


def observe(path: str | Path, sku: list[str] | None = None) -> Observed:
    """The canonical stream at ``path``; only the SKUs named, if any."""
    from sim.replay.ingest.canon import read_frame, read_head

    path = Path(path)
    return observed_from(read_head(path), read_frame(path, KINDS), sku)


def observed_from(head: Any, frame: pd.DataFrame, sku: list[str] | None = None) -> Observed:
    """The same from memory. A stream whose rows name no SKU is about one, called after the stream."""
    frame = frame.assign(**{c: frame[c].astype(str) for c in ("kind", "sku", "label", "mark", "order_id")})
    frame = frame.sort_values("t_us", kind="stable")
    deeds = frame[frame["kind"].isin(["order", "cart", "pay", "cancel", "restock", "level", "view"])]
    if not len(deeds[deeds["kind"] == "order"]):
        kinds = ", ".join(sorted(set(frame["kind"]))) or "nothing"
        raise CalibrationError(
            _("{name}: no orders at all (it holds {kinds}); calibration needs orders, single or per bin").format(
                name=head.name, kinds=kinds
            )
        )
    nameless = bool((deeds.loc[deeds["kind"] == "order", "sku"] == "").all())
    if nameless:
        frame = frame.assign(sku=head.name)
    if sku:
        frame = frame[frame["sku"].isin([*sku, ""]) | (frame["kind"] == "viewers")]
        if not (frame["kind"] == "order").any():
            raise CalibrationError(_("{name}: no order of {sku}; choose another sku=").format(name=head.name, sku=", ".join(sku)))
    orders = frame[frame["kind"] == "order"]
    names = tuple(n for n in dict.fromkeys(orders["sku"]) if n)
    start = int(frame.loc[frame["kind"] != "cue", "t_us"].min())
    last = frame.loc[frame["kind"].isin(["order", "cart", "viewers", "view", "level"])]
    span = (float((last["t_us"] + last["bin_s"] * US).max()) - start) / US + (0.0 if orders["bin_s"].any() else 1.0)
    between = pause(hours(orders.loc[orders["qty"] > 0, "t_us"].to_numpy()))
    if between is not None:
        raise CalibrationError(
            _("{name} holds several shows: no order from {start} to {end}; give a file a show: stream=[A,B]").format(
                name=head.name, start=head.own_clock.text(between[0]), end=head.own_clock.text(between[1])
            )
        )
    usual = float(np.median(orders["bin_s"]))
    good = orders[(orders["mark"] == "") & (orders["bin_s"] <= usual * 1.01) & orders["sku"].isin(names)]
    linked = _linked(good, frame[frame["kind"] == "cart"])
    width = 0.0 if head.resolution_s < 0.01 else float(head.resolution_s)
    carts = _of(frame, "cart", names, start)
    observed = _events(good, names, start)
    cues = _cues(frame, names, start, span)
    least = [1] * len(names) if usual else fewest(observed, len(names))
    shut = _shut(frame, orders, names, start, usual, head.declared, least, cues)
    return Observed(
        head.name,
        span,
        names,
        observed,
        carts,
        cues,
        bin_s=usual,
        start_unix_s=start / US if start > 10**14 else math.nan,
        start_hour=_hour(head.own_clock.text(start)),
        first=None if linked is None else linked[0],
        converting=None if linked is None else _converting(names, linked[1], span, start, width, shut),
        paying=None if usual else _paying(frame, good, start + span * US, width),
        viewers=_viewers(frame, start),
        views=int(frame.loc[frame["kind"] == "view", "qty"].sum()) or -1,
        shut=shut,
        stock=_stock(frame, names, head.declared),
        tiers=tuple(str(head.declared.get(n, {}).get("tier", "")) for n in names),
    )


def _hour(moment: str) -> float:
    """The hour of the day of a moment as a clock writes it; NaN where it writes none.

    >>> _hour("2026-06-18T20:30:00+08:00"), _hour("90 s")
    (20.5, nan)
    """
    clock = re.search(r"[T ](\d\d):(\d\d)(?::(\d\d))?", moment)
    return math.nan if clock is None else int(clock[1]) + int(clock[2]) / 60 + int(clock[3] or 0) / 3600


def _events(rows: pd.DataFrame, names: tuple[str, ...], start: int) -> ObservedRows:
    """Rows as events. A bin's count is of units, the only count binned sources have; an event is one order of some units."""
    binned = rows["bin_s"].to_numpy() > 0
    qty = rows["qty"].to_numpy()
    keep = qty > 0
    index = rows["sku"].map({n: k for k, n in enumerate(names)}).to_numpy()
    t = (rows["t_us"].to_numpy() - start) / US
    return events(t[keep], index[keep].astype(int), np.where(binned, qty, 1)[keep], qty[keep])


def _of(frame: pd.DataFrame, kind: str, names: tuple[str, ...], start: int) -> ObservedRows:
    rows = frame[(frame["kind"] == kind) & frame["sku"].isin(names) & (frame["mark"] == "")]
    return _events(rows, names, start)


def _cues(frame: pd.DataFrame, names: tuple[str, ...], start: int, span: float) -> np.ndarray:
    """Cues while the record runs, about one of its SKUs;
    one about the whole room is about the only SKU there is, else it is left out. A planned length ends a response."""
    rows = frame[frame["kind"] == "cue"]
    cues = []
    columns = (rows["t_us"].tolist(), rows["sku"].tolist(), rows["label"].tolist(), rows["value"].tolist())
    for t, sku, label, value in zip(*columns, strict=True):
        kind = parsed(label).kind
        name = sku if sku in names else names[0] if len(names) == 1 else ""
        if name and kind in CUE_KINDS and 0 <= (t - start) / US < span:
            cues.append(((t - start) / US, names.index(name), CUE_KINDS.index(kind), value if value > 0 else math.inf))
    return np.sort(np.array(cues, MARK_DTYPE).reshape(-1), order="at_s")


def _linked(orders: pd.DataFrame, carts: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame] | None:
    """Which orders had no cart of the same shopper and SKU before them, and the carts with the delay to their order."""
    import pandas as pd

    if orders["bin_s"].any() or not len(carts) or (carts["order_id"] == "").all():
        return None
    left = orders[["t_us", "sku", "order_id"]].assign(row=np.arange(len(orders)))
    right = carts[["t_us", "sku", "order_id"]].assign(cart=np.arange(len(carts)), cart_us=carts["t_us"])
    named = left[left["order_id"] != ""]
    pairs = pd.merge_asof(named, right[right["order_id"] != ""], on="t_us", by=["sku", "order_id"])
    pairs = pairs[pairs["cart"].notna()].drop_duplicates("cart")
    if len(pairs) < FEWEST_LINKS or len(pairs) < LINKED_SHARE * len(orders):
        return None
    first = np.ones(len(orders), bool)
    first[pairs["row"].to_numpy()] = False
    after = np.full(len(carts), np.nan)
    after[pairs["cart"].to_numpy(int)] = (pairs["t_us"] - pairs["cart_us"]).to_numpy() / US
    return first[(orders["qty"] > 0).to_numpy()], carts.assign(after=after)


def _converting(names: tuple[str, ...], carts: pd.DataFrame, span: float, start: int, width: float, shut: np.ndarray) -> Delays:
    carts = carts[carts["sku"].isin(names)]
    t = (carts["t_us"].to_numpy() - start) / US
    sku = carts["sku"].map({n: k for k, n in enumerate(names)}).to_numpy()
    return while_open(Delays(carts["after"].to_numpy(), np.maximum(span - t, 0.0), width), t, sku, shut)


def _paying(frame: pd.DataFrame, orders: pd.DataFrame, end_us: float, width: float) -> Delays | None:
    """Order to payment by order number; an order cancelled before it was paid was watched until then."""
    pays = frame[(frame["kind"] == "pay") & (frame["order_id"] != "")].groupby("order_id", sort=False)["t_us"].min()
    firsts = orders[orders["order_id"] != ""].drop_duplicates("order_id")
    if not len(pays) or not len(firsts):
        return None
    gone = frame[(frame["kind"] == "cancel") & (frame["order_id"] != "")].groupby("order_id", sort=False)["t_us"].min()
    paid, left = firsts["order_id"].map(pays).to_numpy(float), firsts["order_id"].map(gone).to_numpy(float)
    t = firsts["t_us"].to_numpy(float)
    until = np.where(np.isnan(left), end_us, left)
    after = np.where(paid >= t, paid - t, np.nan) / US
    return Delays(after, np.maximum(until - t, 0.0) / US, width)


def _viewers(frame: pd.DataFrame, start: int) -> tuple[np.ndarray, np.ndarray] | None:
    rows = frame[(frame["kind"] == "viewers") & (frame["value"] > 0)]
    rows = rows.drop_duplicates("t_us")
    if len(rows) < 5:
        return None
    return (rows["t_us"].to_numpy() - start) / US, rows["value"].to_numpy(float)


def _shut(
    frame: pd.DataFrame, orders: pd.DataFrame, names: tuple[str, ...], start: int, usual: float, declared: Any,
    least: list[int], cues: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Stretches without stock (below ``least`` units), each to the end of the cues in it, and bins whose count is not known."""
    spells: list[tuple[int, float, float]] = []
    bad = orders[(orders["mark"] != "") | (orders["bin_s"] > usual * 1.01)]
    for t, width, sku in zip(bad["t_us"].tolist(), bad["bin_s"].tolist(), bad["sku"].tolist(), strict=True):
        k = names.index(sku) if sku in names else -1
        spells.append((k, (t - start) / US, (t - start) / US + max(width, usual, 1e-6)))
    levels = frame[(frame["kind"] == "level") & frame["sku"].isin(names)]
    for k, name in enumerate(names):
        own, out = levels[levels["sku"] == name], []
        if len(own):
            out = _spells(k, own["t_us"].to_numpy(), own["value"].to_numpy() < least[k], start)
        elif name in declared and "stock" in declared[name]:
            out = _run_out(k, frame[frame["sku"] == name], int(declared[name]["stock"]), start, least[k])
        spells += [(k, since, _moved_on(until, since, cues[cues["sku"] == k])) for k, since, until in out]
    return np.array(spells, WINDOW_DTYPE).reshape(-1)


def _moved_on(until: float, since: float, cues: np.ndarray) -> float:
    """The end of a spell without stock [s], or later that of the cues that were on in it: hosts go on to another item, which no
    export tells, and the units that come back are not asked for as a cue's would be."""
    ends = cues["at_s"] + np.minimum(cues["length_s"], [default_kernel(k)[3] for k in cues["kind"].tolist()])
    met = (cues["at_s"] < until) & (ends > since)
    return max(until, float(ends[met].max(initial=until)))


def _spells(k: int, t: np.ndarray, out: np.ndarray, start: int) -> list[tuple[int, float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], out, [False]]).astype(int))).reshape(-1, 2)
    ends = np.concatenate([t, [2**62]])
    return [(k, (int(t[a]) - start) / US, min((int(ends[b]) - start) / US, 1e9)) for a, b in edges.tolist()]


def _run_out(k: int, rows: pd.DataFrame, stock: int, start: int, least: int) -> list[tuple[int, float, float]]:
    """Stretches in which the declared stock and what came back had all been sold. Where orders were taken beyond it stock leaves
    on payment, and an order that closes puts nothing on sale."""
    moves = rows[rows["kind"].isin(["order", "cancel", "restock"])]

    def left(back: int) -> np.ndarray:
        return stock + (moves["qty"] * moves["kind"].map({"order": -1, "cancel": back, "restock": 1})).to_numpy().cumsum()

    level = left(1)
    return _spells(k, moves["t_us"].to_numpy(), (level if level.min(initial=0) >= 0 else left(0)) < least, start)


def _stock(frame: pd.DataFrame, names: tuple[str, ...], declared: Any) -> tuple[int, ...]:
    levels = frame[frame["kind"] == "level"].drop_duplicates("sku").set_index("sku")["value"]
    return tuple(int(levels[n]) if n in levels else int(declared.get(n, {}).get("stock", -1)) for n in names)
