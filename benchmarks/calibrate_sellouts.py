"""Calibration where stock ran out: known parameters found again from what a shop records, with stock for 60 % of demand.

``python -m benchmarks.calibrate_sellouts [shows] [out=FILE]``: shows of an hour, of two items with pitches and deals, hosts who
move on, shoppers who wait or take another item; their export (orders, carts, payments, closings, the cues as they came) is
calibrated with the stock declared, with levels of stock every second, and without any word of stock. Fitted over true and
how many 95 % intervals hold the truth, by setting.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scenarios.contract import CUE_KINDS, Audience, Cue, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from sim.calibrate.fit import calibrate
from sim.calibrate.parameters import parameters
from sim.calibrate.streams import observed_from
from sim.core import tape as T
from sim.core.run import ShowRun
from sim.core.units import US
from sim.core.world import R_STOCK
from sim.demand.draw import draw_tape
from sim.engine.simulate import simulate
from sim.replay.ingest.canon import NAMES, Head
from sim.replay.silent import silent_policy

SEED, SHARE = 606, 0.6
TRUE = {
    "shoppers.buy_rate": 0.008, "shoppers.shelf_rate": 0.003, "shoppers.direct_share": 0.7, "cues.pitch.tau_s": 50.0,
    "cues.deal.tau_s": 8.0, "cues.deal.peak": 18.0,
}  # fmt: skip
"""Settings looked at; a deal's peak is its lift over a pitch."""
RECORDS = ("declared", "levels", "no stock")


def show() -> Scenario:
    """Two items, pitched and dealt in turn every two and a half minutes."""
    skus = (Sku("mask", 10**6, popularity=2.0), Sku("serum", 10**6, popularity=1.0))
    kinds = ({"kind": "pitch", "tau_s": 50.0}, {"kind": "deal", "peak": 18.0, "tau_s": 8.0})
    cues = tuple(Cue(60.0 + 150.0 * k, skus[k % 2].id, **kinds[k % 4 // 2]) for k in range(24))  # type: ignore[arg-type]
    shoppers = Shoppers(
        buy_rate=0.008, shelf_rate=0.003, direct_share=0.7, cart_conversion=0.12, cart_median_s=35.0, cart_sigma=1.0
    )
    people = replace(Audience(), arrivals_per_min=1200.0 / (Audience().mean_stay_s() / 60))
    return Scenario(
        "known", "parameters to be found again", 3600.0, skus, cues, audience=people, shoppers=shoppers, spread=CERTAIN
    )


def lived(k: int) -> ShowRun:
    """The show with stock for SHARE of what was asked for first."""
    world = show()
    tape = draw_tape(world, SEED, k)
    first = tape.kind == T.ORDER
    skus = [replace(s, stock=int(SHARE * tape.qty[first & (tape.sku == j)].sum())) for j, s in enumerate(world.skus)]
    return simulate(replace(world, skus=tuple(skus)), silent_policy(), SEED, k)


def export(run: ShowRun, levels: bool) -> pd.DataFrame:
    """What a shop's export says of the run, as canonical rows; ``levels``: with readings of stock."""
    tape, out, skus = run.tape, run.outcome, [s.id for s in run.scenario.skus]
    named = {T.ORDER: "order", T.RETRY: "order", T.CART: "cart", T.PAY: "pay", T.EXPIRE: "cancel", T.CANCEL: "cancel"}
    done = {"order": out >= T.ACCEPTED, "cart": out == T.CARTED, "pay": out == T.DONE, "cancel": out == T.DONE}
    rows = []
    for kind, what in named.items():
        for i in np.flatnonzero((tape.kind == kind) & done[what]).tolist():
            first = int(tape.cause[i]) if tape.cause[i] >= 0 else i
            cart = int(tape.cause[first]) if tape.cause[first] >= 0 else first
            rows.append((int(tape.t[i]), what, skus[tape.sku[i]], int(tape.qty[i]), np.nan, "", f"o{cart}"))
    rows += [(int(c["start"]), "cue", skus[c["sku"]], 1, np.nan, CUE_KINDS[c["kind"]], "") for c in run.tape.cues]
    rows += [(int(t * US), "viewers", "", int(v), float(v), "", "") for t, v in zip(*run.tape.room, strict=True)][::10]
    if levels:
        seen = run.readings[:, :, R_STOCK]
        step = run.scenario.feed.period_s
        rows += [(int((n + 1) * step * US), "level", skus[k], 1, float(seen[n, k]), "", "")
                 for k in range(len(skus)) for n in range(len(seen)) if n == 0 or seen[n, k] != seen[n - 1, k]]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["t_us", "kind", "sku", "qty", "value", "label", "order_id"])
    frame = frame[frame["t_us"] < int((run.scenario.duration_s + run.scenario.tail_s) * US)]
    blank = {
        "seen_us": frame["t_us"],
        "mark": "",
        "repairs": "",
        "bin_s": 0.0,
        "file": "x.csv",
        "line": np.arange(len(frame)) + 2,
    }
    return frame.assign(**blank).sort_values("t_us", kind="stable")[list(NAMES)].reset_index(drop=True)


def found(k: int) -> list[dict[str, Any]]:
    """A row a record and setting of one show: value, interval, seconds of CPU."""
    run, rows = lived(k), []
    declared = {s.id: {"stock": s.stock} for s in run.scenario.skus}
    for record in RECORDS:
        start = time.process_time()
        head = Head("known", clock="Unix seconds", resolution_s=1e-6, declared=declared if record == "declared" else {})
        fit = calibrate([observed_from(head, export(run, record == "levels"))], name="cue", predict=False)
        spent = time.process_time() - start
        rows += [{"show": k, "record": record, "at": ".".join(p.at), "value": p.value, "low": p.low, "high": p.high, "cpu": spent}
                 for p in parameters(fit) if ".".join(p.at) in TRUE]  # fmt: skip
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Fitted over true with its standard error, and how many intervals hold, by record and setting."""
    lines = []
    for record in RECORDS:
        every = [r for r in rows if r["record"] == record]
        for at, true in TRUE.items():
            own = [r for r in every if r["at"] == at]
            ratio = np.array([r["value"] for r in own]) / true
            hits = sum(r["low"] <= true <= r["high"] for r in own)
            error = ratio.std(ddof=1) / np.sqrt(len(ratio)) if len(ratio) > 1 else np.nan
            lines.append(f"{record:10s} {at:22s} fitted / true {ratio.mean():.3f} ± {error:.3f}  {hits} of {len(own)} hold")
        held = [r["low"] <= TRUE[r["at"]] <= r["high"] for r in every]
        lines.append(f"{record:10s} all                    {sum(held)} of {len(held)} hold; cpu a fit {every[0]['cpu']:.1f} s")
    return "\n".join(lines)


def main() -> None:
    """Print the table; shows that are in the file already are not fitted again."""
    shows = next((int(a) for a in sys.argv[1:] if a.isdigit()), 12)
    out = next((Path(a[4:]) for a in sys.argv[1:] if a.startswith("out=")), None)
    rows = [json.loads(x) for x in out.read_text(encoding="utf-8").splitlines()] if out and out.is_file() else []
    for k in sorted(set(range(shows)) - {r["show"] for r in rows}):
        more = found(k)
        rows += more
        if out:
            with out.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(r) + "\n" for r in more)
    print(table([r for r in rows if r["show"] < shows]))


if __name__ == "__main__":
    main()
