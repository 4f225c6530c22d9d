"""Closed loop against known truth: shows drawn by the toolkit, cut to what a shop would have recorded, imputed, compared.

``python -m benchmarks.closed_truth [shows] [case ...] [60|5] [certain|usual] [out=FILE]`` prints a row a case and bin: imputed
over true orders of the blind spells, the same over what was due (``benchmarks/due.py``: the luck of unseen cues left out), how
often the 80 and 95 % intervals of the draws hold the truth, how often low..high does, how far off the moment is at which half
of the unseen orders had come. Figures of every item go to FILE, a line each; shows that are in it already are not played again.
Standard errors count shows, because the items of one share its room. Every show has draws of its own: drawn with one seed, all
would find the same cues of the tail among the same few draws.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.due import Due
from scenarios.contract import CUE_KINDS, Audience, Cue, Scenario, Sku
from scenarios.registry import load
from scenarios.spread import SPREADS
from sim.core import tape as T
from sim.core.run import ShowRun
from sim.core.tape import EDIT_ADD, TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.engine.simulate import simulate
from sim.replay.censor import hide
from sim.replay.clock import SECONDS, Clock
from sim.replay.closedloop import band
from sim.replay.closedtape import backdrop
from sim.replay.draws import draw
from sim.replay.impute import impute
from sim.replay.silent import silent_policy
from sim.replay.stream import Stream

SEED, DRAWS = 1717, 400
AMPLE = 10**6


class KnownShow(NamedTuple):
    """One recorded show and the truth it does not tell: orders (time [us], SKU) nobody could place. run: of the show with stock
    for everybody. world: where the recording's user has to say how the shop's stock leaves."""

    stream: Stream
    hidden: tuple[np.ndarray, np.ndarray]
    run: ShowRun
    world: Scenario | None = None


WORLD = {"spread": SPREADS["recorded"]}
"""The spread of the shows that are drawn; ``certain`` on the command line makes it none, ``usual`` leaves out the tail of cue
sizes, for them and for what is believed: one cue in a hundred is fourteen times as large, and sixty shows hold too few of them to
tell whether a mean is right."""
USUAL = replace(SPREADS["recorded"], mega_p=0.0)


def ample(scenario: Scenario) -> Scenario:
    """The scenario with stock for everybody."""
    return replace(scenario, skus=tuple(replace(s, stock=AMPLE) for s in scenario.skus), spread=WORLD["spread"])


def recording(run: ShowRun, stocks: dict[str, int] | None = None, until: float | None = None) -> Stream:
    """What a full export of a run says: orders, when they were paid, closings and cancellations, the cues as they came."""
    tape, outcome = run.tape, run.outcome
    end = int((until or run.scenario.duration_s) * US)
    order = np.isin(tape.kind, [T.ORDER, T.RETRY, T.COPY]) & (outcome >= T.ACCEPTED) & (tape.t < end)
    ended = np.isin(tape.kind, [T.EXPIRE, T.CANCEL]) & (outcome == T.DONE)
    ended &= np.isin(tape.cause, np.flatnonzero(order))
    rows = np.flatnonzero(order | ended)
    rows = rows[np.argsort(tape.t[rows], kind="stable")]
    place = np.full(len(tape), -1)
    place[rows] = np.arange(len(rows))
    back = ended[rows]
    paid = np.full(len(tape), -1, np.int64)
    pay = np.flatnonzero((tape.kind == T.PAY) & (outcome == T.DONE))
    paid[tape.cause[pay]] = tape.t[pay]
    skus = tuple(replace(s, stock=(stocks or {}).get(s.id, s.stock)) for s in run.scenario.skus)
    return Stream(
        run.scenario.name, "events", skus, tape.t[rows], np.where(back, EDIT_ADD, TAKE).astype(np.int8),
        tape.sku[rows].astype(np.int16), tape.qty[rows].astype(np.int32), _sheet(run), Clock(SECONDS), 0, end / US, 1.0, 1.0,
        order=np.where(back, place[tape.cause[rows]], -1), paid=np.where(back, -1, paid[rows]),
    )  # fmt: skip


def _sheet(run: ShowRun) -> tuple[Cue, ...]:
    """The cues of a run as a cue sheet has them: when they came, and what the run of show declares of their response. How large
    one turned out to be, and what the host made up on the night, no sheet knows."""
    cues = []
    for row, record in zip_longest(run.tape.cues, run.tape.spoken):
        of_plan = record is not None and row["planned"] >= 0
        own = {name: getattr(record, name) for name in ("peak", "tau_s", "duration_s", "shape")} if of_plan else {}
        cues.append(Cue(row["start"] / US, run.scenario.skus[row["sku"]].id, CUE_KINDS[row["kind"]], **own))
    return tuple(cues)


def _cut(run: ShowRun, stocks: dict[str, int]) -> KnownShow:
    kept, gone = hide(recording(run, stocks))
    return KnownShow(kept, (gone.t, gone.sku.astype(np.int64)), run)


def _lived(scenario: Scenario, k: int) -> ShowRun:
    return simulate(ample(scenario), silent_policy(), SEED, k)


def first_show(k: int) -> KnownShow:
    """The preset's own stocks, a shop that stops at zero."""
    scenario = load("first_show")
    return _cut(_lived(scenario, k), {s.id: s.stock for s in scenario.skus})


def _stopped(run: ShowRun, stops: dict[str, float]) -> KnownShow:
    """Each SKU's stock goes with the first order after its stop [s]. What had been ordered by then would not do: the last order
    before a fixed moment is no stopping time, a recording that ends with it hides the wait behind it, and rates look higher."""
    whole = recording(run)
    stocks = {}
    for n, sku in enumerate(whole.skus):
        later = whole.t[(whole.sku == n) & (whole.what == TAKE) & (whole.t > stops.get(sku.id, np.inf) * US)]
        if len(later):
            own = (whole.sku == n) & (whole.t <= later[0])
            stocks[sku.id] = int(np.where(whole.what == TAKE, whole.qty, -whole.qty)[own].sum())
    return _cut(run, {**{s.id: AMPLE for s in whole.skus}, **stocks})


def before_peak(k: int) -> KnownShow:
    """Every pitched item sells out in its second pitch, before the pitch's peak."""
    run = _lived(load("first_show"), k)
    u = random_stream(SEED, "stops", k).random(len(run.scenario.skus))
    stops = {}
    for n, sku in enumerate(run.scenario.skus):
        at = np.sort(run.tape.cues["start"][(run.tape.cues["sku"] == n) & (run.tape.cues["kind"] == 0)]) / US
        if len(at) > 1:
            stops[sku.id] = float(at[1] + 8 + 24 * u[n])
    return _stopped(run, stops)


def deals() -> Scenario:
    """Three items with three deals and a pitch each in an hour."""
    skus = tuple(Sku(f"item-{k}", 100, appeal=(0.6, 1.0, 1.5)[k], popularity=(2.0, 1.0, 0.5)[k]) for k in range(3))
    cues = [Cue(200.0 + 300.0 * k, skus[k % 3].id, "deal") for k in range(9)]
    cues += [Cue(3000.0 + 150 * k, skus[k].id, "pitch") for k in range(3)]
    return Scenario("deals", "deals at the sell-out", 3600.0, skus, tuple(cues), audience=Audience(1500.0))


def deal_at_sellout(k: int) -> KnownShow:
    """Items sell out some tenths of a second to three seconds after their third deal began."""
    run = _lived(deals(), k)
    u = random_stream(SEED, "stops", k).random(3)
    return _stopped(run, {f"item-{n}": 200.0 + 300.0 * (6 + n) + 0.7 + 2.3 * float(u[n]) for n in range(3)})


def _missed(scenario: Scenario, k: int, world: Scenario | None = None) -> KnownShow:
    """The show with its own stocks beside the same shoppers with stock for all: what only the latter could order is hidden. Who
    was refused inspires nobody, so a recording must not hold his followers."""
    scenario = replace(
        scenario, spread=WORLD["spread"], leaks=replace(scenario.leaks, stale_read_s=0.0),
        host=replace(scenario.host, checks_screen=False), scarcity=replace(scenario.scarcity, on=False),
        shoppers=replace(scenario.shoppers, wait_share=0.0, substitute_share=0.0),
    )  # fmt: skip
    runs = [simulate(s, silent_policy(), SEED, k) for s in (scenario, ample(scenario))]
    kept, full = (recording(run) for run in runs)
    took = full.what == TAKE
    seen = set(zip(kept.t.tolist(), kept.sku.tolist(), strict=True))
    gone = np.array([(t, s) not in seen for t, s in zip(full.t.tolist(), full.sku.tolist(), strict=True)]) & took
    return KnownShow(kept, (full.t[gone], full.sku[gone].astype(np.int64)), runs[1], world)


def herding(k: int) -> KnownShow:
    """Each order brings 0.6 others; the preset's own stocks."""
    return _missed(load("herding"), k)


def pay_deduct(k: int) -> KnownShow:
    """Stock leaves on payment: the shop takes orders until it is paid for, and then none."""
    scenario = load("first_show")
    return _missed(scenario, k, replace(scenario, spread=USUAL if WORLD["spread"] == USUAL else SPREADS["recorded"]))


CASES: dict[str, Callable[[int], KnownShow]] = {
    "first show": first_show, "before the peak": before_peak, "deal at the sell-out": deal_at_sellout, "herding": herding,
    "pay-deduct": pay_deduct,
}  # fmt: skip


def items(case: KnownShow, bin_s: float, seed: int, draws: int = DRAWS) -> list[dict[str, Any]]:
    """One row per SKU with a blind spell: the truth and what is imputed."""
    believed = case.world or replace(backdrop(), spread=USUAL if WORLD["spread"] == USUAL else SPREADS["recorded"])
    imputation = impute(case.stream, bin_s, believed)
    t, sku = case.hidden
    skus = sorted({w.sku for w in imputation.windows})
    total = dict.fromkeys(skus, 0)
    times: dict[int, list[np.ndarray]] = {k: [] for k in skus}
    luck, was_due = Due(case.run), dict.fromkeys(skus, 0.0)
    for w in imputation.windows:
        own = t[(sku == w.sku) & (t >= w.start) & (t < w.end)]
        total[w.sku] += len(own)
        was_due[w.sku] += float(luck.weights(own, w.sku, w.start).sum())
        times[w.sku].append(own)
    draws_of = [draw(imputation, seed, r) for r in range(draws)]
    rows = []
    for k in skus:
        likely = [np.sort(d.t[d.likely & (d.sku == k)]) for d in draws_of]
        n = np.array([len(x) for x in likely])
        half = max(1, total[k] // 2)
        when = np.array([x[half - 1] if len(x) >= half else np.inf for x in likely]) / US
        true_at = np.sort(np.concatenate(times[k]))[half - 1] / US if total[k] else np.nan
        earliest, _, latest = band(when)
        inner, outer = band(n, 0.8), band(n)
        rows.append({
            "sku": case.stream.skus[k].id, "true": total[k], "due": was_due[k], "likely": n.mean(), "sd": n.std(),
            "in80": inner[0] <= total[k] <= inner[2],
            "in95": outer[0] <= total[k] <= outer[2],
            "above": total[k] > np.mean([(d.sku == k).sum() for d in draws_of]),
            "late": np.median(when) - true_at if total[k] else np.nan,
            "band": earliest <= true_at <= latest,
        })  # fmt: skip
    return rows


def played(name: str, bin_s: float, shows: int, out: Path | None) -> list[dict[str, Any]]:
    """Items of the shows of a case, from the file where they are in it."""
    world = next(name for name, spread in (SPREADS | {"usual": USUAL}).items() if spread == WORLD["spread"])
    lines = out.read_text(encoding="utf-8").splitlines() if out and out.is_file() else []
    known = [json.loads(x) for x in lines]
    key = (name, bin_s, world)
    known_rows = [r for r in known if (r["case"], r["bin_s"], r["world"]) == key and r["show"] < shows]
    for k in sorted(set(range(shows)) - {r["show"] for r in known_rows}):
        start = time.process_time()
        rows: list[dict[str, Any]] = items(CASES[name](k), bin_s, SEED + k) or [{"sku": "", "true": 0, "likely": 0.0}]
        cpu = (time.process_time() - start) / len(rows)
        rows = [{"case": name, "bin_s": bin_s, "world": world, "show": k, "cpu": cpu, **plain(r)} for r in rows]
        known_rows += rows
        if out:
            with out.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(r) + "\n" for r in rows)
    return known_rows


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON holds it."""
    return {k: v if isinstance(v, str) else float(v) if np.isfinite(v) else None for k, v in row.items()}


def share(rows: list[dict[str, Any]], what: str) -> tuple[float, float]:
    """Mean over items of something that is 0 or 1, and its standard error over shows."""
    shows = sorted({r["show"] for r in rows})
    n = np.array([sum(1 for r in rows if r["show"] == k) for k in shows])
    hits = np.array([sum(float(r[what]) for r in rows if r["show"] == k) for k in shows])
    mean = hits.sum() / n.sum()
    return float(mean), float(np.sqrt(((hits - mean * n) ** 2).sum()) / n.sum())


def ratio_error(a: np.ndarray, b: np.ndarray) -> float:
    """Standard error of ``sum a / sum b`` over shows (Cochran 1977, Sampling Techniques, 6.4)."""
    return float(np.sqrt(((a - a.sum() / b.sum() * b) ** 2).sum()) / b.sum())


def row(name: str, bin_s: float, shows: int, out: Path | None = None) -> str:
    """One row of the table."""
    every = played(name, bin_s, shows, out)
    judged = [r for r in every if r["true"] > 0 or r["likely"] > 0.5]
    likely, true, was_due = (np.array([sum(r[c] for r in judged if r["show"] == k) for k in {r["show"] for r in judged}])
                             for c in ("likely", "true", "due"))  # fmt: skip
    sums = [f"{over} {a.sum() / b.sum():.3f} ± {ratio_error(a, b):.3f}" for over, a, b in (
        ("likely/true", likely, true), ("likely/due", likely, was_due))]  # fmt: skip
    each = was_due / likely
    sums.append(f"due/likely of a show {each.mean():.3f} ± {each.std(ddof=1) / np.sqrt(len(each)):.3f}")
    late = np.array([r["late"] for r in judged if r["late"] is not None])
    held = {c: share([r for r in judged if c != "band" or r["true"]], c) for c in ("in80", "in95", "above", "band")}
    return (f"{name:22s} {bin_s:3.0f} s {len(judged):4d} items  {'  '.join(sums)}  "
            f"80 %: {held['in80'][0]:.3f} ± {held['in80'][1]:.3f}  95 %: {held['in95'][0]:.3f} ± {held['in95'][1]:.3f}  "
            f"low..high: {1 - held['above'][0]:.3f}  "
            f"late {np.mean(late):+6.0f} s (median {np.median(late):+.0f}), "
            f"in band {held['band'][0]:.2f}  true/item {true.sum() / len(judged):.0f}  "
            f"cpu a show {sum(r['cpu'] for r in every) / shows:.1f} s")  # fmt: skip


def main() -> None:
    """Print the table."""
    shows = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    if "certain" in sys.argv:
        WORLD["spread"] = SPREADS["certain"]
    if "usual" in sys.argv:
        WORLD["spread"] = USUAL
    names = [a for a in sys.argv[2:] if a in CASES] or list(CASES)
    bins = [float(a) for a in sys.argv[2:] if a.isdigit()] or [60.0, 5.0]
    out = next((Path(a[4:]) for a in sys.argv[2:] if a.startswith("out=")), None)
    for name in names:
        for bin_s in bins:
            print(row(name, bin_s, shows, out), flush=True)


if __name__ == "__main__":
    main()
