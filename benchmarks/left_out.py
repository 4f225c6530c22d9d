"""What a fitted scenario is worth on an event it has not seen: bands of shows drawn from it, by the code that rehearses it.

``python -m benchmarks.left_out FOLDER [out=FILE] [event ...]``: FOLDER holds ``timeseries.csv.gz`` and ``schedule.csv`` of the
marathons (``benchmarks/leave_one_event_out.py``). Each event in turn is left out; a scenario is fitted to the others, given the
schedule and the viewers of the one left out, and drawn. Figures go to FILE, a line an event; events in it are not fitted again.
Prints a Markdown table. The data may not be copied into the project.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.leave_one_event_out import shows_of
from sim.calibrate.fit import Calibrated, calibrate
from sim.calibrate.grid import rows_like
from sim.calibrate.intensity import Model
from sim.calibrate.observed import Observed
from sim.calibrate.predicted import counted
from sim.calibrate.room import Rooms
from sim.calibrate.scenario import scenario_of, simple
from sim.demand.streams import stream
from sim.setup.uncertain import uncertainty_from
from sim.stats.latent import Process, filtered

WINDOWS_MIN = (1, 5, 15, 60)
DRAWS, SEED, PARTICLES, RUNS = 400, 6, 500, 4
INSIDE = 0.90
SCORES = {"score": "interval score", "crps": "CRPS"}


def scores(drawn: np.ndarray, seen: np.ndarray, used: np.ndarray, bins: int, rng: np.random.Generator) -> dict[str, float]:
    """Windows of ``bins`` that count: share inside by randomised PIT, interval score and CRPS over the mean count."""
    n = len(seen) // bins
    mostly = used[: n * bins].reshape(n, bins).mean(1) >= 0.5
    x = np.sort(drawn[:, : n * bins].reshape(-1, n, bins).sum(2)[:, mostly], axis=0)
    y = seen[: n * bins].reshape(n, bins).sum(1)[mostly]
    below, same = (x < y).sum(0), (x == y).sum(0)
    pit = (below + rng.random(len(y)) * (same + 1)) / (len(x) + 1)
    low, high = np.quantile(x, (0.5 - INSIDE / 2, 0.5 + INSIDE / 2), axis=0)
    score = (high - low) + 2 / (1 - INSIDE) * (np.maximum(low - y, 0) + np.maximum(y - high, 0))
    m = len(x)
    gaps = (x * (2 * np.arange(1, m + 1) - m - 1)[:, None]).sum(0) / (m * (m - 1))
    crps = np.abs(x - y).mean(0) - gaps
    return {"inside": float((np.abs(pit - 0.5) <= INSIDE / 2).mean()), "score": float(score.mean() / y.mean()),
            "crps": float(crps.mean() / y.mean())}  # fmt: skip


def particles(parts: tuple[Process, ...], bin_s: float, seen: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Log-likelihood of the counts by a guided particle filter, one value a run: how far the filter that assumes normal states is
    off.

    A particle's sum of processes moves where the count would have it: to a normal about the mode, a tenth wider, corrected by the
    weight (Doucet, Godsill & Andrieu 2000); the processes follow their sum. A filter that moves first and looks afterwards loses
    every particle in a burst.
    """
    rng = stream(SEED, "particles")
    phi = np.array([np.exp(-bin_s / p.tau_s) for p in parts])[:, None, None]
    sd = np.array([p.sd for p in parts])[:, None, None]
    shift, mean, own = float((sd**2).sum()) / 2, np.zeros((len(parts), RUNS, PARTICLES)), sd**2
    weights = np.zeros(RUNS)
    for y, m in zip(seen.tolist(), due.tolist(), strict=True):
        x, width = mean, float(own.sum())
        if m > 0:
            before = mean.sum(0) - shift
            mode, wide = _mode(y, m, before, width)
            z = mode + wide * rng.standard_normal(mode.shape)
            logs = y * z - m * np.exp(z) - (z - before) ** 2 / (2 * width) + (z - mode) ** 2 / (2 * wide**2) + np.log(wide)
            logs -= 0.5 * np.log(width)
            top = logs.max(1, keepdims=True)
            weight = np.exp(logs - top)
            weights += top[:, 0] + np.log(weight.mean(1))
            x = mean + own / width * (z - before) + _rest(rng, own, width, mean.shape)
            edges = np.cumsum(weight, axis=1)
            at = (np.arange(PARTICLES) + rng.random((RUNS, 1))) / PARTICLES * edges[:, -1:]
            for r in range(RUNS):
                x[:, r] = x[:, r, np.searchsorted(edges[r], at[r]).clip(0, PARTICLES - 1)]
        else:
            x = mean + np.sqrt(own) * rng.standard_normal(mean.shape)
        mean, own = phi * x, sd**2 * (1 - phi**2)
    return weights


def _mode(y: float, m: float, before: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a normal sum about ``before`` is most likely given the count, and 1.1 of the standard deviation of the curvature."""
    z = np.maximum(before, np.log((y + 0.1) / m) - 1.0)
    for _ in range(8):
        rate = m * np.exp(np.minimum(z, 50.0))
        z = z + np.clip((y - rate - (z - before) / width) / (rate + 1 / width), -2, 2)
    return z, 1.1 / np.sqrt(m * np.exp(np.minimum(z, 50.0)) + 1 / width)


def _rest(rng: np.random.Generator, own: np.ndarray, width: float, shape: tuple[int, ...]) -> np.ndarray:
    """What is left of independent normal processes of variance ``own`` where their sum is known."""
    free = np.sqrt(own) * rng.standard_normal(shape)
    return np.asarray(free - own / width * free.sum(0))


def judged(fit: Calibrated, show: Observed) -> dict[str, Any]:
    """One event under a fit to the others."""
    grid = rows_like(show, fit.grid)
    rooms = Rooms(Model(fit.model.spec, grid))
    assert fit.moving is not None
    hyper, row = fit.moving.settled.hyper, grid.rows[0]
    cells = rooms.ahead(fit.fit.at, hyper, 0)
    use = row.used
    rate = rooms.model.rate(row, fit.fit.at)
    parts = hyper.parts(rooms.span_s, grid.step_s)
    runs = particles(parts, grid.step_s, np.where(use, row.y, 0), np.where(use, rate, 0.0))
    rest = float(cells[use].sum()) - float(_normal(parts, grid.step_s, row.y, rate, use))
    values, _ = scenario_of(fit, "left out", show=show)
    drawn = counted(simple(values), [row], grid.step_s, DRAWS, SEED, uncertainty_from(values["uncertainty"]))
    seen, rng = row.y * use, stream(SEED, "pit")
    figures: dict[str, Any] = {"minutes": int(use.sum()), "loglik": float(cells[use].mean()),
                             "by_particles": (float(runs.mean()) + rest) / use.sum(),
                             "particles_se": float(runs.std(ddof=1)) / 2 / use.sum(),
                             "expected": float(drawn.sum(1).mean() / seen.sum()), "spread": hyper._asdict()}  # fmt: skip
    figures |= {f"{m} min": scores(drawn, seen, use, m, rng) for m in WINDOWS_MIN}
    low, high = np.quantile(drawn.max(1), (0.05, 0.95))
    return figures | {"busiest": float(seen.max()), "busiest_low": float(low), "busiest_high": float(high)}


def _normal(parts: tuple[Process, ...], step_s: float, y: np.ndarray, rate: np.ndarray, use: np.ndarray) -> float:
    return float(filtered(parts, step_s, np.where(use, y, 0.0), np.where(use, rate, 0.0)).sum())


def table(value: dict[str, dict[str, Any]]) -> str:
    """Every event, and the means: coverage and likelihood, and below it the scores of every window."""
    head = ["event", "minutes", *(f"inside, {m} min" for m in WINDOWS_MIN), "log-likelihood a minute", "by particles",
            "busiest minute (90 % band)", "expected / seen"]  # fmt: skip
    lines = [head, ["---"] * len(head)]
    for event, f in value.items():
        hit, inside = "" if _held(f) else " out", [f"{f[f'{m} min']['inside']:.2f}" for m in WINDOWS_MIN]
        lines.append([event, f"{f['minutes']:,}", *inside,
                 f"{f['loglik']:.3f}", f"{f['by_particles']:.3f} ± {f['particles_se']:.4f}",
                 f"{f['busiest']:.0f} ({f['busiest_low']:.0f}-{f['busiest_high']:.0f}){hit}",
                 f"{f['expected']:.2f}"])  # fmt: skip
    ll, pf = (np.mean([f[k] for f in value.values()]) for k in ("loglik", "by_particles"))
    lines.append(["**mean**", "", *(f"{_mean(value, m, 'inside'):.2f}" for m in WINDOWS_MIN), f"{ll:.3f}", f"{pf:.3f}",
                  f"{sum(map(_held, value.values()))} of {len(value)} in", ""])  # fmt: skip
    wide = [(k, m) for k in SCORES for m in WINDOWS_MIN]
    scored = [["event", *(f"{SCORES[k]}, {m} min" for k, m in wide)], ["---"] * (1 + len(wide))]
    scored += [[event, *(f"{f[f'{m} min'][k]:.3f}" for k, m in wide)] for event, f in value.items()]
    scored.append(["**mean**", *(f"{_mean(value, m, k):.3f}" for k, m in wide)])
    return "\n\n".join("\n".join("| " + " | ".join(row) + " |" for row in rows) for rows in (lines, scored))


def _held(figures: dict[str, Any]) -> bool:
    """Whether the busiest minute lies in its band."""
    return bool(figures["busiest_low"] <= figures["busiest"] <= figures["busiest_high"])


def _mean(value: dict[str, dict[str, Any]], minutes: int, which: str) -> float:
    return float(np.mean([f[f"{minutes} min"][which] for f in value.values()]))


def main() -> None:
    """Fit, draw, print."""
    folder = Path(sys.argv[1])
    out = next((Path(a[4:]) for a in sys.argv[2:] if a.startswith("out=")), None)
    judgements = {r["event"]: r for r in map(json.loads, out.read_text().splitlines())} if out and out.is_file() else {}
    shows = shows_of(folder)
    asked = [a for a in sys.argv[2:] if not a.startswith("out=")] or [s.name for s in shows]
    for show in shows:
        if show.name in judgements or show.name not in asked:
            continue
        start = time.process_time()
        fit = calibrate(
            [s for s in shows if s is not show], lambda what: print(what, file=sys.stderr), name="room", predict=False
        )
        judgements[show.name] = {"event": show.name, **judged(fit, show), "cpu": time.process_time() - start}
        if out:
            with out.open("a") as file:
                file.write(json.dumps(judgements[show.name]) + "\n")
    print(table(dict(sorted(judgements.items()))))


if __name__ == "__main__":
    main()
