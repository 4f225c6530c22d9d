"""The invented export that ships with the project, so that a replay can be tried without any real data.

A small show is simulated (no strategy acts, nothing in it is real) and written the way shops export theirs: UTF-8 with a
byte-order mark, whole seconds, ids behind a tab, some rows late, some twice, some broken. ``python -m sim.replay.invent``
writes the files again; a test holds them to what this module makes.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from scenarios.contract import Audience, Cue, Delivery, Ledger, Scenario, Shoppers, Sku, Supply
from scenarios.spread import CERTAIN
from sim.core.run import ShowRun
from sim.core.tape import ACCEPTED, CANCEL, CART, CARTED, DONE, EXPIRE, ORDER, RETRY, SUPPLY
from sim.core.units import US
from sim.demand.streams import stream
from sim.engine.simulate import simulate
from sim.replay.silent import silent_policy

FOLDER = Path(__file__).parent / "data"
SEED = 618
BEGINS = datetime(2026, 6, 18, 20, 0, 0)
HEADER = "time,type,order_id,sku,qty,amount"
LATE, TWICE = 12, 6
"""Rows moved down the file, rows written twice."""
BROKEN = (
    "2026-06-18 20:7:61,order,\t990001,mask,1,59.90",
    "18.06.2026 20:12,order,\t990002,mask,1,59.90",
    "2026-06-18 20:21:40,order,\t990003,,1,59.90",
    "2026-06-18 20:33:02,order,\t990004,serum,0,0.00",
    "2026-06-18 20:33:02,order,\t990005,serum,-1,-129.00",
    "2026-06-18 20:48:15,order,\t990006,toner",
    "2026-06-18 20:55:59,gift,\t990007,cream,1,0.00",
    '2026-06-18 21:02:30,order,\t990008,"cream,1,189.00',
    "合计,,,,1515,",
)
"""Rows as they break in real exports: impossible and foreign times, no SKU, returns booked as orders, cut lines, a total."""

SKUS = (
    Sku("mask", 380, "traffic", 59.9, 0.25, 20, popularity=3.0, appeal=1.6),
    Sku("serum", 230, "profit", 129.0, 0.45, 10, popularity=2.0),
    Sku("toner", 190, "profit", 89.0, 0.4, 10, popularity=1.5, appeal=0.9),
    Sku("cream", 80, "profit", 189.0, 0.5, 5, appeal=0.8),
    Sku("balm", 90, "longtail", 39.0, 0.3, 0, appeal=0.8),
    Sku("brush", 150, "longtail", 25.0, 0.3, 0, appeal=0.4),
)
CUES = ((120, "mask", "link_drop"), (600, "serum", "pitch"), (1080, "toner", "pitch"), (1560, "mask", "deal"),
        (2040, "cream", "pitch"), (2520, "balm", "link_drop"), (3000, "serum", "deal"), (3480, "mask", "restock_call"),
        (3900, "brush", "pitch"), (4320, "toner", "countdown"), (4800, "mask", "deal"))  # fmt: skip


def show() -> Scenario:
    """The invented show: 90 minutes, six SKUs, one restock."""
    return Scenario(
        "invented_show",
        "nothing in it is real",
        5400.0,
        SKUS,
        tuple(Cue(float(at), sku, kind) for at, sku, kind in CUES),
        audience=Audience(arrivals_per_min=1400.0),
        shoppers=Shoppers(cart_conversion=0.25),
        ledger=Ledger(hold_s=600.0),
        spread=CERTAIN,
        supply=Supply(deliveries=(Delivery(3420.0, "mask", 200),)),
    )


def lived() -> ShowRun:
    """The show as it went, with nobody watching the stock."""
    return simulate(show(), silent_policy(), SEED)


def export(run: ShowRun) -> list[str]:
    """What the shop's log would say of a run, one line a row, in time order."""
    lines = []
    tape = run.tape
    for i in range(len(tape)):
        kind, outcome = int(tape.kind[i]), int(run.outcome[i])
        if kind in (ORDER, RETRY) and outcome >= ACCEPTED:
            deed, number = "order", 700_000 + i
        elif kind == CART and outcome == CARTED:
            deed, number = "cart", -1
        elif kind in (EXPIRE, CANCEL) and outcome == DONE:
            deed, number = ("close" if kind == EXPIRE else "cancel"), 700_000 + int(tape.cause[i])
        elif kind == SUPPLY:
            deed, number = "restock", -1
        else:
            continue
        sku, qty = SKUS[int(tape.sku[i])], int(tape.qty[i])
        at = BEGINS + timedelta(seconds=int(tape.t[i]) // US)
        paid = f"{qty * sku.price:.2f}" if deed == "order" else "-"
        tag = f"\t{number}" if number > 0 else "-"
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{deed},{tag},{sku.id},{qty},{paid}")
    return lines


def spoil(lines: list[str]) -> list[str]:
    """The same rows in the state exports come in."""
    rng = stream(SEED, "export")
    rows = list(lines)
    orders = [k for k, row in enumerate(rows) if ",order," in row]
    picked = rng.choice(orders[:-200], LATE + TWICE, replace=False).tolist()
    twice = [rows[k] for k in picked[LATE:]]
    for k in sorted(picked[:LATE], reverse=True):
        rows.insert(k + 60, rows.pop(k))
    for row in (*twice, *BROKEN[:-1]):
        earliest = rows.index(row) + 1 if row in rows else 0
        rows.insert(int(rng.integers(earliest, len(rows))), row)
    return [*rows, BROKEN[-1]]


def files() -> dict[str, str]:
    """Name to text of the shipped files."""
    cues = [f"{BEGINS + timedelta(seconds=at):%Y-%m-%d %H:%M:%S},{sku},{kind}" for at, sku, kind in CUES]
    stock = [f"{s.id},{s.stock},{s.tier},{s.price:g},{s.margin:g},{s.safety_stock}" for s in SKUS]
    return {
        "invented_show.csv": "\ufeff" + "\n".join([HEADER, *spoil(export(lived()))]) + "\n",
        "invented_cues.csv": "\n".join(["start_time,sku,kind", *cues]) + "\n",
        "invented_stock.csv": "\n".join(["sku,stock,tier,price,margin,safety_stock", *stock]) + "\n",
    }


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        part = FOLDER / f".{name}.part"
        part.write_bytes(text.encode("utf-8"))
        os.replace(part, FOLDER / name)


if __name__ == "__main__":
    main()
