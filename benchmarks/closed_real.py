"""Hidden parts of real recordings: stretches of the marathons' donations with a declared stock, imputed beyond it, compared.

``python -m benchmarks.closed_real [data folder] [fits=FOLDER]`` prints two Markdown tables: whole spells, and what came so many
minutes after the stop. A stretch is four hours; run starts stand for cues. The data may not be copied into the project.

Stock goes with the first order behind a moment that lies 40 to 70 % into the stretch, so when it goes says nothing of what comes.
Every stretch has ``STOPS`` such moments, each played alone; standard errors count stretches. Of a count by the minute single
orders lie anywhere in their minute: the last row of such a recording holds the orders until the stop, as a shop's would. (Were
it to hold the whole minute, stock would have gone just at its end, and a model that knows only that it went within it takes that
minute for a rise: the five minutes after were imputed 1.3 times too high.)

What is believed beforehand: the defaults; or what the five other marathons say of a stretch's level and hours
(``benchmarks/other_marathons.py``); with ``fits=`` also how much a room moves, as ``calibrate`` fits it to the five others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.closed_truth import ratio_error
from benchmarks.leave_one_event_out import counted_viewers
from scenarios.contract import Cue, Scenario, Sku
from sim.core.tape import TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.censor import hide
from sim.replay.clock import SECONDS, Clock
from sim.replay.closedloop import band
from sim.replay.draws import draw, high
from sim.replay.impute import BIN_S, impute
from sim.replay.stream import Stream
from sim.replay.taught import Taught

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
STRETCH_S, LEAST, DRAWS, STOPS = 4 * 3600.0, 100, 200, 4
MOST_MINUTE = 1000
"""Larger jumps of the polled counter are resets, not orders."""
AFTER_MIN = (5, 15, 30, 60, 90)
Viewers = tuple[np.ndarray, np.ndarray]


def stretches(t: np.ndarray, n: np.ndarray, cues: np.ndarray, bin_s: float, name: str, viewers: Viewers | None) -> list[Stream]:
    """Stretches of four hours, once for every stop; t: seconds since the first run, n: orders until then (in ``bin_s``; 0: just
    then). viewers: times [s], people."""
    parts = []
    for k in range(int(t.max() // STRETCH_S)):
        a = k * STRETCH_S
        which = (t > a) & (t <= a + STRETCH_S) & (n > 0)
        if int(n[which].sum()) < LEAST:
            continue
        rng = random_stream(7, name, k)
        moments = STRETCH_S * (0.4 + 0.3 * (np.arange(STOPS) + rng.random(STOPS)) / STOPS)
        own = tuple(Cue(float(c - a), "a", "pitch") for c in cues if a <= c < a + STRETCH_S)
        whole = Stream(
            f"{name} {k}", "orders", (Sku("a", 1),), ((t[which] - a) * US).astype(np.int64), np.full(which.sum(), TAKE, np.int8),
            np.zeros(which.sum(), np.int16), n[which].astype(np.int32), own, Clock(SECONDS), 0, STRETCH_S, 1.0, max(bin_s, 5.0),
            bin_s=bin_s, viewers=_watched(viewers, a),
        )  # fmt: skip
        parts += [stopped(whole, moment, rng) for moment in moments]
    return parts


def stopped(whole: Stream, moment_s: float, rng: np.random.Generator) -> Stream:
    """The stream with stock until the first order after a moment; the row of that order ends with it, the rest of its minute is a
    row of its own."""
    n = whole.qty.astype(int)
    row = np.repeat(np.arange(len(n)), n)
    at = np.sort(whole.t[row] / US - whole.bin_s * rng.random(len(row)))
    stock = min(int(np.searchsorted(at, moment_s, "right")) + 1, len(at))
    last = int(row[stock - 1])
    until = stock - int(n[:last].sum())
    rest = 1 if until < n[last] else 0
    index = np.insert(np.arange(len(n)), last + 1, [last] * rest)
    qty = whole.qty[index].copy()
    if rest:
        qty[last : last + 2] = until, n[last] - until
    rows = {name: getattr(whole, name)[index] for name in ("t", "what", "sku")}
    return replace(whole, skus=(Sku("a", stock),), qty=qty, **rows)


def _watched(viewers: Viewers | None, a: float) -> Viewers | None:
    """Viewers of a stretch: times [us], people; None where nobody counted them."""
    if viewers is None:
        return None
    own = (viewers[0] >= a) & (viewers[0] <= a + STRETCH_S)
    return (((viewers[0][own] - a) * US).astype(np.int64), viewers[1][own]) if own.any() else None


def one_second(data: Path, watched: bool = True) -> list[Stream]:
    """The log of single donations."""
    raw = pd.read_csv(data / "gdq-agdq2020-donations" / "donations.csv")
    at = pd.to_datetime(raw["time"], utc=True).sort_values()
    t, on, cues = _on_air(data, "agdq2020", at)
    polled = dict(_series(data))["agdq2020"]
    return stretches(t[on], np.ones(int(on.sum())), cues, 0.0, "agdq2020 log", _viewers(data, "agdq2020", polled, watched))


def marathons(data: Path, watched: bool = True) -> list[Stream]:
    """The polled counters."""
    streams = []
    for event, part in _series(data):
        t, on, cues = _on_air(data, event, part["time"])
        n = part["donations_cum"].diff().fillna(0).to_numpy()
        n = np.where((n < 0) | (n > MOST_MINUTE), 0, n)
        streams += stretches(t[on], n[on], cues, 60.0, event, _viewers(data, event, part, watched))
    return streams


def _series(data: Path) -> list[tuple[str, pd.DataFrame]]:
    series = pd.read_csv(data / "gdq-live-minute" / "timeseries.csv.gz", parse_dates=["time"])
    return [(str(event), part) for event, part in series.groupby("event")]


def _viewers(data: Path, event: str, part: pd.DataFrame, watched: bool) -> Viewers | None:
    counted = counted_viewers(part)
    t, _, _ = _on_air(data, event, part["time"])
    return (t[counted], part["viewers"].to_numpy(float)[counted]) if watched else None


def _on_air(data: Path, event: str, at: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of a marathon's rows [s since its first run], which of them lie before the end of its last run, starts of its runs.
    What is given before and after is no show's demand."""
    plan = pd.read_csv(data / "gdq-live-minute" / "schedule.csv")
    plan = plan[plan["event"] == event]
    starts = pd.to_datetime(plan["start_time"], utc=True)
    ends = starts + pd.to_timedelta(plan["duration"])
    t, cues, last = ((x - starts.min()).dt.total_seconds().to_numpy() for x in (at, starts, ends))
    return t, (t >= 0) & (t <= last.max()), cues


class Belief(NamedTuple):
    """What is held likely of a stretch beforehand: none of either, the defaults."""

    world: Scenario | None = None
    taught: Taught | None = None


def judged(whole: Stream, seed: int = 3, draws: int = DRAWS, belief: Belief | None = None) -> dict[str, Any] | None:
    """True and imputed orders of one stretch, in all and by minutes after the stop; None where stock lasted."""
    kept, gone = hide(whole)
    imputation = impute(kept, BIN_S, *(belief or Belief()))
    if not imputation.windows:
        return None
    start = imputation.windows[0].start
    after = np.array([*(m * 60 * US for m in AFTER_MIN), np.iinfo(np.int64).max])
    true = np.array([int(gone.qty[gone.t - start <= a].sum()) for a in after])
    n = np.zeros((draws, len(after)))
    for r in range(draws):
        came = draw(imputation, seed, r)
        n[r] = np.searchsorted(came.t[came.likely] - start, after, "right")
    most, logs = sum(count for count, _, _ in high(imputation)), np.log(n + 0.5)
    held = {level: [band(n[:, k], level) for k in range(len(after))] for level in (0.8, 0.95)}
    return {
        "stretch": whole.name, "true": true, "likely": n.mean(0), "held": true[-1] <= most,
        "in80": np.array([b[0] <= x <= b[2] for b, x in zip(held[0.8], true, strict=True)]),
        "in95": np.array([b[0] <= x <= b[2] for b, x in zip(held[0.95], true, strict=True)]),
        "below": np.array([x < b[0] for b, x in zip(held[0.8], true, strict=True)]),
        "off": np.log(true + 0.5) - logs.mean(0), "sd": logs.std(0),
    }  # fmt: skip


def judge(streams: list[Stream], belief: Callable[[str], Belief]) -> list[dict[str, Any]]:
    """Every stretch and stop that leaves something to impute; ``belief``: by the stretch's name."""
    every = (judged(s, k, belief=belief(s.name)) for k, s in enumerate(streams))
    return [r for r in every if r]


def _by_stretch(rows: list[dict[str, Any]], what: str) -> np.ndarray:
    """Sums over the stops of every stretch."""
    return pd.Series([float(r[what]) for r in rows]).groupby([r["stretch"] for r in rows], sort=False).sum().to_numpy()


def _mean(rows: list[dict[str, Any]], values: Sequence[float]) -> str:
    """A mean over stretches and stops, and its standard error over stretches."""
    table = [{"stretch": r["stretch"], "value": float(v), "one": 1.0} for r, v in zip(rows, values, strict=True)]
    a, b = _by_stretch(table, "value"), _by_stretch(table, "one")
    return f"{a.sum() / b.sum():.2f} ± {ratio_error(a, b):.2f}"


def row(name: str, rows: list[dict[str, Any]]) -> str:
    """One row of the table of whole spells."""
    last = [{**r, "true": r["true"][-1], "likely": r["likely"][-1]} for r in rows]
    likely, true = _by_stretch(last, "likely"), _by_stretch(last, "true")
    cells = [
        name, str(len(likely)), f"{likely.sum() / true.sum():.2f} ± {ratio_error(likely, true):.2f}",
        f"{np.median([r['likely'] / max(r['true'], 1) for r in last]):.2f}",
        _mean(rows, [r["true"] / max(r["likely"], 1) for r in last]), _mean(rows, [r["in80"][-1] for r in rows]),
        _mean(rows, [r["in95"][-1] for r in rows]), _mean(rows, [r["held"] for r in rows]),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def horizons(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Rows of the table by time after the stop."""
    lines = []
    for k, after in enumerate([*(f"{m} min" for m in AFTER_MIN), "the end"]):
        off, sd = (np.array([r[what][k] for r in rows]) for what in ("off", "sd"))
        share = sum(r["likely"][k] for r in rows) / sum(r["true"][k] for r in rows)
        below, above = np.mean([r["below"][k] for r in rows]), np.mean([not (r["in80"][k] or r["below"][k]) for r in rows])
        cells = [name, after, f"{share:.2f}", f"{off.mean():+.2f}", f"{off.std():.2f}", f"{np.sqrt((sd**2).mean()):.2f}",
                 f"{below:.2f}", f"{above:.2f}", f"{np.mean([r['in95'][k] for r in rows]):.2f}"]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


HEADS = ("recording", "viewers", "believed", "stretches", "imputed / true, sum", "median", "true / imputed, mean", "80 % holds",
         "95 % holds", "low..high")  # fmt: skip
AFTER = ("recording", "viewers", "believed", "until, after the stop", "imputed / true, sum", "log of true less imputed, mean",
         "its standard deviation", "as believed", "below 80 %", "above 80 %", "95 % holds")  # fmt: skip


def main() -> None:
    """Print the tables."""
    from benchmarks.other_marathons import fitted_spread, nights

    data = next((Path(a) for a in sys.argv[1:] if "=" not in a), DATA)
    fits = next((Path(a[5:]) for a in sys.argv[1:] if a.startswith("fits=")), None)
    beliefs: list[tuple[str, bool, Callable[[str], Belief]]] = [
        ("defaults", True, lambda name: Belief()), ("defaults", False, lambda name: Belief()),
        ("level and hours of the others", False, nights(data)),
    ]  # fmt: skip
    beliefs += [("spread of the others", watched, fitted_spread(data, fits, watched)) for watched in (True, False) if fits]
    lines = []
    print("| " + " | ".join(HEADS) + " |\n" + "|---" * len(HEADS) + "|")
    for words, watched, belief in beliefs:
        for name, streams in (("donations, one second", one_second), ("six marathons, one minute", marathons)):
            rows = judge(streams(data, watched), belief)
            print(row(f"{name} | {'known' if watched else 'no'} | {words}", rows), flush=True)
            lines += horizons(f"{name} | {'known' if watched else 'no'} | {words}", rows)
    print("\n| " + " | ".join(AFTER) + " |\n" + "|---" * len(AFTER) + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
