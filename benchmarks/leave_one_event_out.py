"""What a fit is worth on a show it has not seen.

Six Games Done Quick marathons, a week each: viewers and a donation counter once a minute, and a published schedule. A donation
stands for an order, the start and the end of a run for cues. Each event in turn is left out, models are fitted on the other
five, and the sixth is predicted minute by minute: ``python -m benchmarks.leave_one_event_out FOLDER`` (two to three minutes of
one core). The recordings may not ship with the project.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from sim.calibrate.course import PRIOR
from sim.calibrate.grid import AUDIENCE, CLOCK, CLOSING, TREND, VIEWERS, Grid, make_grid
from sim.calibrate.intensity import Spec
from sim.calibrate.leave_out import Left, leave_one_out
from sim.calibrate.observed import MARK_DTYPE, WINDOW_DTYPE, Observed, events
from sim.report.text.layout import aligned

STALL_MIN, LEAP, AROUND_MIN, CHANCE = 10, 1000, 10, 1e-4
"""Silence that is a stall at any pace [min]; most donations of a minute; minutes on both sides that tell a counter's pace; chance
below which a shorter silence is a stall too."""
NOBODY, HOUR_MIN = 0.1, 60
"""Share of the viewers of two hours around below which a reading is none."""
RUN_START = 0
EDGES_MIN = (-30, -20, -10, -5, 0, 5, 10, 20, 30)


def counted(minute: np.ndarray, counter: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minutes, donations in the minute after each, and shut stretches [minutes] of one event's counter.

    A polled counter is differenced. A poller that stood still and then caught up, minutes that are missing, drops and leaps are
    not counts: those minutes are shut out of every likelihood. It stood still where nobody gives for ten minutes, or for so long
    that at the pace around chance would have it once in 10,000 times.
    """
    steps, gaps = np.diff(counter), np.diff(minute)
    shut = [(minute[k], minute[k + 1]) for k in np.flatnonzero((gaps > 1) | (steps < 0) | (steps > LEAP))]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], steps == 0, [False]]).astype(int))).reshape(-1, 2)
    shut += [(minute[a], minute[min(b + 1, len(minute) - 1)]) for a, b in edges if b - a >= STALL_MIN or _still(steps, a, b)]
    good = (gaps == 1) & (steps >= 0) & (steps <= LEAP)
    return minute[:-1][good], steps[good], np.array(shut).reshape(-1, 2)


def _still(steps: np.ndarray, a: int, b: int) -> bool:
    """Whether a silence from a to b is no chance at the pace around it."""
    around = np.concatenate([steps[max(a - AROUND_MIN, 0) : a], steps[b + 1 : b + 1 + AROUND_MIN]])
    return len(around) > 0 and float(np.median(around)) * (b - a) > -np.log(CHANCE)


def counted_viewers(rows: pd.DataFrame) -> np.ndarray:
    """Which readings of viewers are readings, by minute."""
    watched = rows["viewers"].where(rows["viewers"] > 0)
    return np.asarray(watched > NOBODY * watched.rolling(2 * HOUR_MIN + 1, center=True, min_periods=1).median())


def observed(name: str, rows: pd.DataFrame, schedule: pd.DataFrame) -> Observed:
    """One event as a calibration sees it, from the start of its first run to the planned end of its last."""
    unix = rows["time"].dt.as_unit("s").astype("int64").to_numpy()
    counter = rows["donations_cum"].to_numpy(float)
    known = ~np.isnan(counter)
    begins = schedule["start_time"].dt.as_unit("s").astype("int64").to_numpy()
    ends = begins + pd.to_timedelta(schedule["duration"]).dt.total_seconds().to_numpy()
    known &= (unix >= begins.min()) & (unix <= ends[begins.argmax()])
    minute, counter = (unix[known] - unix[0]) // 60, counter[known]
    alive = np.flatnonzero(np.diff(counter) != 0)
    minute, counter = minute[alive[0] : alive[-1] + 2], counter[alive[0] : alive[-1] + 2]
    start, span = unix[0] + 60 * int(minute[0]), 60.0 * float(minute[-1] - minute[0])
    t, n, shut = counted(minute - minute[0], counter)
    seen = counted_viewers(rows)
    cues = [(float(at), 0, RUN_START, np.inf) for at in begins - start if 0 <= at < span]
    none = events(np.zeros(0), np.zeros(0, int))
    return Observed(
        name, span, ("donation",), events(t * 60.0, np.zeros(len(t), int), n.astype(int)), none,
        np.sort(np.array(cues, MARK_DTYPE), order="at_s"), bin_s=60.0, start_unix_s=float(start),
        viewers=((unix[seen] - start).astype(float), rows["viewers"].to_numpy(float)[seen]),
        shut=np.array([(0, 60.0 * a, 60.0 * b) for a, b in shut], WINDOW_DTYPE),
    )  # fmt: skip


def with_cues(grid: Grid) -> tuple[Grid, tuple[str, ...]]:
    """The grid with, for each stretch around a run start, how many starts a minute lies around.

    A schedule is good to some minutes, and donations rise before a run begins (the finale of the one before). So the response
    to a cue is not forced into the generator's shape: one free step for each stretch from 30 min before a start to 30 after.
    """
    names = tuple(f"cue {a} to {b} min" for a, b in pairwise(EDGES_MIN))
    rows = []
    for row in grid.rows:
        middle = (np.arange(len(row.y)) + 0.5) * grid.step_s
        starts = np.sort(row.cues.get(RUN_START, np.zeros(0)))
        below = [np.searchsorted(starts, middle - 60 * edge, "right") for edge in EDGES_MIN]
        around = [(a - b).astype(float) for a, b in pairwise(below)]
        rows.append(replace(row, x=np.column_stack([row.x, *around]), cues={}))
    return grid._replace(rows=rows, columns=(*grid.columns, *names)), names


def models(cues: tuple[str, ...]) -> dict[str, Spec]:
    """What is tried, by name: each has everything the one above it has, but for self-excitation without cues.

    Only self-excitation looks at the event's own past; the others know the other events, the clock, the viewers, the schedule.
    """
    plain, shared = (VIEWERS, AUDIENCE, *TREND, CLOSING, *CLOCK), {f"x:{AUDIENCE}": PRIOR}
    return {
        "homogeneous": Spec(),
        "time of day": Spec(columns=CLOCK),
        "viewers, course": Spec(columns=plain, fixed=shared),
        "cues": Spec(columns=(*plain, *cues), fixed=shared),
        "self-excitation": Spec(columns=plain, herding=True, fixed=shared),
        "both": Spec(columns=(*plain, *cues), herding=True, fixed=shared),
    }


def shows_of(folder: Path) -> list[Observed]:
    """The events of a folder (``timeseries.csv.gz``, ``schedule.csv``) as a calibration sees them, by name."""
    series = pd.read_csv(folder / "timeseries.csv.gz", parse_dates=["time"])
    schedule = pd.read_csv(folder / "schedule.csv", parse_dates=["start_time"])
    names = sorted(series["event"].unique())
    return [observed(n, series[series["event"] == n].sort_values("time"), schedule[schedule["event"] == n]) for n in names]


def table(folder: Path) -> list[tuple[str, Left]]:
    """Every event under every model, left out of its fit."""
    shows = shows_of(folder)
    grid, cues = with_cues(make_grid(shows, trend=3))
    return [(shows[row.show].name, row) for row in leave_one_out(grid, models(cues))]


HEAD = ("event", "model", "minutes", "Poisson", "neg. binomial", "over homogeneous", "se", "expected/seen")


def main(words: list[str]) -> None:
    """Print the table of the events in the folder named."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        raise SystemExit("give the folder of the events, as in python -m benchmarks.leave_one_event_out FOLDER")
    judged = table(Path(words[0]))
    print("Held-out log-likelihood per minute\n")
    rows = [[name, r.model, f"{r.bins:,}", f"{r.poisson:.3f}", f"{r.negbin:.3f}", f"{r.over_first:+.3f}",
             "-" if np.isnan(r.error) else f"{r.error:.3f}", f"{r.total:.2f}"] for name, r in judged]  # fmt: skip
    print("\n".join(aligned([HEAD, *rows], range(2, len(HEAD)))))
    print()
    for model in dict.fromkeys(r.model for _, r in judged):
        own = [r for _, r in judged if r.model == model]
        print(f"{model:<16} mean over events: Poisson {np.mean([r.poisson for r in own]):.3f}, negative binomial "
              f"{np.mean([r.negbin for r in own]):.3f}, better than homogeneous in "
              f"{sum(r.over_first > 0 for r in own)} of {len(own)}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
