"""Hidden parts of real recordings: stretches of the marathons' donations with a declared stock, imputed beyond it, compared.

``python -m benchmarks.closed_real [data folder]`` prints a Markdown table. A stretch is four hours; run starts stand for cues.
The data may not be copied into the project. Stock is declared in two ways:

* *moment*: it goes with the first order behind a moment that lies 40 to 70 % into the stretch (drawn by a keyed stream), so when
  it goes says nothing of what comes;
* *share*: it is 40 to 70 % of what was ordered in the whole stretch. That looks ahead: of a stretch in a rise that goes on, the
  part hidden lies in the rise, of one that breaks off behind it, so the test knows what no recording does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scenarios.contract import Cue, Sku
from sim.core.tape import TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.censor import hide
from sim.replay.clock import SECONDS, Clock
from sim.replay.closedloop import band
from sim.replay.draws import draw, high
from sim.replay.impute import impute
from sim.replay.stream import Stream

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
STRETCH_S, LEAST, DRAWS = 4 * 3600.0, 100, 200
MOST_MINUTE = 1000
"""Larger jumps of the polled counter are resets, not orders."""


def stretches(t: np.ndarray, n: np.ndarray, cues: np.ndarray, bin_s: float, name: str, ahead: bool) -> list[Stream]:
    """Stretches of four hours; t: seconds since the first run, n: orders then. ahead: whether stock is a share
    of what the whole stretch brought."""
    parts = []
    for k in range(int(t.max() // STRETCH_S)):
        a = k * STRETCH_S
        which = (t > a) & (t <= a + STRETCH_S) & (n > 0)
        total = int(n[which].sum())
        if total < LEAST:
            continue
        part = 0.4 + 0.3 * random_stream(7, name, k).random()
        later = int(np.searchsorted(t[which], a + part * STRETCH_S, "right")) + 1
        stock = int(total * part) if ahead else int(n[which][:later].sum())
        own = tuple(Cue(float(c - a), "a", "pitch") for c in cues if a <= c < a + STRETCH_S)
        rows = int(which.sum())
        parts.append(Stream(
            f"{name} {k}", "orders", (Sku("a", stock),), ((t[which] - a) * US).astype(np.int64), np.full(rows, TAKE, np.int8),
            np.zeros(rows, np.int16), n[which].astype(np.int32), own, Clock(SECONDS), 0, STRETCH_S, 1.0, max(bin_s, 5.0),
            bin_s=bin_s,
        ))  # fmt: skip
    return parts


def one_second(data: Path, ahead: bool = False) -> list[Stream]:
    """The log of single donations."""
    raw = pd.read_csv(data / "gdq-agdq2020-donations" / "donations.csv")
    at = pd.to_datetime(raw["time"], utc=True).sort_values()
    t, on, cues = _on_air(data, "agdq2020", at)
    return stretches(t[on], np.ones(int(on.sum())), cues, 0.0, "one-second log", ahead)


def marathons(data: Path, ahead: bool = False) -> list[Stream]:
    """The polled counters."""
    series = pd.read_csv(data / "gdq-live-minute" / "timeseries.csv.gz")
    streams = []
    for event, part in series.groupby("event"):
        t, on, cues = _on_air(data, str(event), pd.to_datetime(part["time"], utc=True))
        n = part["donations_cum"].diff().fillna(0).to_numpy()
        n = np.where((n < 0) | (n > MOST_MINUTE), 0, n)
        streams += stretches(t[on], n[on], cues, 60.0, str(event), ahead)
    return streams


def _on_air(data: Path, event: str, at: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of a marathon's rows [s since its first run], which of them lie before the end of its last run, starts of its runs.
    What is given before and after is no show's demand."""
    plan = pd.read_csv(data / "gdq-live-minute" / "schedule.csv")
    plan = plan[plan["event"] == event]
    starts = pd.to_datetime(plan["start_time"], utc=True)
    ends = starts + pd.to_timedelta(plan["duration"])
    t, cues, last = ((x - starts.min()).dt.total_seconds().to_numpy() for x in (at, starts, ends))
    return t, (t >= 0) & (t <= last.max()), cues


def judged(whole: Stream, seed: int = 3, draws: int = DRAWS) -> dict[str, Any] | None:
    """True and imputed orders of one stretch; None where stock lasted."""
    kept, gone = hide(whole)
    imputation = impute(kept)
    if not imputation.windows:
        return None
    true = int(gone.qty.sum()) if whole.bin_s else len(gone.t)
    n = np.array([draw(imputation, seed, r).likely.sum() for r in range(draws)])
    inner, outer = band(n, 0.8), band(n)
    most = sum(count for count, _, _ in high(imputation))
    return {"true": true, "likely": n.mean(), "in80": inner[0] <= true <= inner[2], "in95": outer[0] <= true <= outer[2],
            "held": true <= most}  # fmt: skip


def row(name: str, streams: list[Stream]) -> str:
    """One row of the table."""
    table = pd.DataFrame([r for r in map(judged, streams, range(len(streams))) if r])
    middle = np.median(table["likely"] / table["true"].clip(lower=1))
    whole = table["likely"].sum() / table["true"].sum()
    error = np.sqrt(((table["likely"] - whole * table["true"]) ** 2).sum()) / table["true"].sum()
    each = table["true"] / table["likely"].clip(lower=1)
    return (f"| {name} | {len(table)} | {whole:.2f} ± {error:.2f} | {middle:.2f} | "
            f"{each.mean():.2f} ± {each.std(ddof=1) / np.sqrt(len(each)):.2f} | {table['in80'].mean():.2f} | "
            f"{table['in95'].mean():.2f} | {table['held'].mean():.2f} |")  # fmt: skip


def main() -> None:
    """Print the table."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    heads = (
        "recording",
        "stock ends",
        "stretches",
        "imputed / true, sum",
        "median",
        "true / imputed, mean",
        "80 % holds",
        "95 % holds",
        "low..high",
    )
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for ahead in (False, True):
        when = "share" if ahead else "moment"
        print(row(f"donations, one second | {when}", one_second(data, ahead)), flush=True)
        print(row(f"six marathons, one minute | {when}", marathons(data, ahead)), flush=True)


if __name__ == "__main__":
    main()
