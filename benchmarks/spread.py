"""How uncertain a show is: shipped scenarios beside recordings, by the same estimators; and what drawing it costs.

The recordings are charity marathons by the minute (donations stand for orders, run starts for cues) and one log by the second;
they are not part of the project: the folder ``data`` of STOCKCUE_SHARED, or of ``../shared`` beside the project. Without them
the drawn columns stand alone. A marathon is drawn as six days of a steady room with a pitch an hour, in the spread and certain.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scenarios.contract import Audience, Cue, Host, Scenario, Shoppers, Sku
from scenarios.registry import load, names
from scenarios.spread import Spread, certain
from scenarios.staffing import Feed
from sim.core.tape import ORDER
from sim.demand.draw import draw_tape

DATA = Path(os.environ.get("STOCKCUE_SHARED", "../shared")) / "data"
DAYS, EVENTS, SHOWS = 6.6, 6, 60
STARTS = np.arange(3600.0, DAYS * 86_400 - 1800, 3600.0)
"""Cues of a drawn marathon [s]."""
AROUND = 120
"""Minutes over which the local mean goes."""
LAGS_MIN, LAGS_S = (1, 5, 15), (1, 60, 300, 900)


class MinuteSeries(NamedTuple):
    """One marathon: orders by the minute, minutes of its cues, expected orders by the minute where the hour of day is known."""

    orders: np.ndarray
    cues: np.ndarray
    plan: np.ndarray


def marathon(spread: Spread, replicate: int) -> np.ndarray:
    """Orders of a drawn marathon by the second: 4.4 a minute, a pitch every hour as long and as large as a run's start."""
    length = DAYS * 86_400
    cues = tuple(Cue(at, "item", peak=1.7, tau_s=200.0, duration_s=1500.0) for at in STARTS.tolist())
    room = Audience(4.0 / 0.001 / Audience().mean_stay_s() * 60)
    show = Scenario("marathon", "none", length, (Sku("item", 10**6),), cues, host=Host(slip_s=150.0), audience=room,
                    shoppers=Shoppers(buy_rate=0.001, shelf_rate=0.001, direct_share=1.0, wait_share=0.0, substitute_share=0.0),
                    spread=spread, feed=Feed(period_s=3600.0))  # fmt: skip
    tape = draw_tape(show, 1, replicate)
    t = tape.t[tape.kind == ORDER] // 1_000_000
    return np.bincount(t[t < length], minlength=int(length))


def by_minute(seconds: np.ndarray) -> MinuteSeries:
    """A drawn marathon by the minute; its room is steady."""
    orders = seconds[: len(seconds) // 60 * 60].reshape(-1, 60).sum(1)
    return MinuteSeries(orders, (STARTS // 60).astype(int), np.ones(len(orders)))


def recorded() -> list[MinuteSeries]:
    """The recorded marathons, the hour of day taken from the other events; none where there are no recordings."""
    if not (DATA / "gdq-live-minute").is_dir():
        return []
    import pandas as pd

    polls = pd.read_csv(DATA / "gdq-live-minute" / "timeseries.csv.gz")
    runs = pd.read_csv(DATA / "gdq-live-minute" / "schedule.csv")
    polls["t"], runs["t"] = (pd.to_datetime(frame[name], utc=True) for frame, name in ((polls, "time"), (runs, "start_time")))
    minutes = {}
    for event, frame in polls.groupby("event"):
        starts = runs.t[runs.event == event].sort_values()
        grid = pd.date_range(starts.iloc[0].floor("min"), starts.iloc[-1] + pd.Timedelta(hours=1), freq="min")
        counter = frame.set_index("t").donations_cum.dropna()
        counter = counter[~counter.index.duplicated()].sort_index()
        counts = counter.reindex(grid.union(counter.index)).interpolate("time").reindex(grid).diff()
        minutes[event] = counts.where((counts >= 0) & (counts <= 1000)).dropna(), starts
    day = {e: (n / n.mean()).groupby(n.index.hour).mean() for e, (n, _) in minutes.items()}
    series = []
    for event, (orders, starts) in minutes.items():
        hours = pd.concat([day[e] for e in day if e != event], axis=1).mean(axis=1)
        at = orders.index.searchsorted(starts)
        series.append(MinuteSeries(orders.to_numpy(), at[at < len(orders)], hours.reindex(orders.index.hour).to_numpy()))
    return series


def local(x: np.ndarray, width: int) -> np.ndarray:
    """Moving mean over ``width`` entries."""
    total = np.concatenate([[0.0], np.cumsum(x)])
    k = np.arange(len(x))
    a, b = np.maximum(k - width // 2, 0), np.minimum(k + width // 2, len(x))
    return (total[b] - total[a]) / (b - a)


def response(series: MinuteSeries) -> tuple[np.ndarray, np.ndarray]:
    """Expected orders by the minute, the local mean times the mean response to a cue; and that response at minutes -30 to 30."""
    base = np.maximum(local(series.orders, AROUND), 1e-9)
    inside = series.cues[(series.cues >= 30) & (series.cues < len(base) - 31)]
    around = inside[:, None] + np.arange(-30, 31)
    profile = series.orders[around].sum(0) / base[around].sum(0)
    expected = base.copy()
    expected[around.ravel()] = (base[around] * profile).ravel()
    return expected, profile


def excess(n: np.ndarray, expected: np.ndarray) -> float:
    """Variance beyond Poisson, as a share of the squared expectation."""
    return float(np.sum((n - expected) ** 2 - expected) / np.sum(expected**2))


def log_pairs(n: np.ndarray, expected: np.ndarray, lag: int) -> float:
    """Log pair correlation at ``lag`` bins: 0 where orders know nothing of each other."""
    return float(np.log(np.sum(n[lag:] * n[:-lag]) / np.sum(expected[lag:] * expected[:-lag])))


def stretch_cv(series: MinuteSeries, minutes: int) -> float:
    """Coefficient of variation, beyond Poisson, of totals of stretches of one length, the hour of day taken out."""
    whole = len(series.orders) // minutes * minutes
    n, plan = (x[:whole].reshape(-1, minutes).sum(1) for x in (series.orders, series.plan))
    expected = plan * n.sum() / plan.sum()
    return float(np.sqrt(max(0.0, np.mean((n / expected - 1) ** 2 - 1 / expected))))


def bursts(series: MinuteSeries) -> np.ndarray:
    """Extra orders of every burst: 3-minute means above 3 times the local median and 8 a minute."""
    from scipy.ndimage import median_filter

    smooth, base = local(series.orders, 3), np.maximum(median_filter(series.orders.astype(float), AROUND), 0.5)
    hot = np.concatenate([[0], ((smooth > 3 * base) & (smooth >= 8)).astype(int), [0]])
    starts, ends = np.flatnonzero(np.diff(hot) == 1), np.flatnonzero(np.diff(hot) == -1)
    return np.array([(series.orders[a:b] - base[a:b]).sum() for a, b in zip(starts, ends, strict=True)])


def cv(x: Iterable[float]) -> float:
    """Coefficient of variation."""
    sample = np.array(list(x), float)
    return float(sample.std(ddof=1) / sample.mean())


def facts(marathons: list[MinuteSeries]) -> dict[str, float]:
    """The figures of the table for some marathons: medians over them."""
    fits = [response(s) for s in marathons]
    extra = np.concatenate([bursts(s) for s in marathons])
    figures = {"totals of whole events, CV": cv(s.orders.sum() for s in marathons)}
    for minutes, what in ((1440, "a day"), (120, "two hours"), (60, "an hour")):
        figures[f"totals of {what}, CV"] = float(np.median([stretch_cv(s, minutes) for s in marathons]))
    beyond = [excess(s.orders, e) for s, (e, _) in zip(marathons, fits, strict=True)]
    figures["excess by minute, variance"] = float(np.median(beyond))
    for lag in LAGS_MIN:
        pairs = [log_pairs(s.orders, e, lag) for s, (e, _) in zip(marathons, fits, strict=True)]
        figures[f"log pair correlation at {lag} min"] = float(np.median(pairs))
    figures["five minutes before a cue, x local mean"] = float(np.median([p[25] for _, p in fits]))
    figures["busiest minute / mean"] = float(np.median([s.orders.max() / s.orders.mean() for s in marathons]))
    figures["bursts a day"] = len(extra) / (DAYS * len(marathons))
    for q in (10, 50, 99):
        figures[f"extra orders of a burst, p{q}"] = float(np.percentile(extra, q)) if len(extra) else 0.0
    return figures


def tables() -> list[str]:
    """Recordings beside drawn marathons, by the minute and by the second."""
    ways = {"spread": Spread(), "certain": certain(load("first_show")).spread}
    drawn = {name: [marathon(spread, k) for k in range(EVENTS)] for name, spread in ways.items()}
    columns = {"recorded": recorded()} | {name: [by_minute(x) for x in shows] for name, shows in drawn.items()}
    rows = {name: facts(series) for name, series in columns.items() if series}
    lines = [f"{'six marathons':<42}" + "".join(f"{name:>10}" for name in rows)]
    lines += [f"{row:<42}" + "".join(f"{rows[name][row]:>10.2f}" for name in rows) for row in next(iter(rows.values()))]
    single = donations() | {name: shows[0] for name, shows in drawn.items()}
    lines += ["", f"{'log pair correlation, one log':<30}" + "".join(f"{lag:>8} s" for lag in LAGS_S)]
    for name, n in single.items():
        lines.append(f"{name:<30}" + "".join(f"{log_pairs(n, local(n, 60 * AROUND), lag):>10.2f}" for lag in LAGS_S))
    return lines


def donations() -> dict[str, np.ndarray]:
    """The log by the second, where it is there."""
    place = DATA / "gdq-agdq2020-donations" / "donations.csv"
    if not place.is_file():
        return {}
    import pandas as pd

    t = pd.to_datetime(pd.read_csv(place).time, utc=True).sort_values()
    t = t[t >= "2020-01-05T16:30Z"]
    return {"recorded": np.bincount((t - t.iloc[0]).dt.total_seconds().astype(int))}


def shipped(shows: int = SHOWS) -> list[str]:
    """Totals and cues of shipped scenarios over shows, and what drawing costs: time by row, as shows differ in size."""
    head = f"{'shipped':<18}{'hours':>6}{'totals CV':>11}{'certain':>9}{'largest cue CV':>16}{'certain':>9}"
    head += f"{'draw us/row':>13}{'certain':>9}"
    lines, costs = [head], []
    for name in names():
        show = load(name)
        ways = (show, certain(show))
        shows_of = [[one_show(w, k) for k in range(shows)] for w in ways]
        totals, cues = ([cv(x[i] for x in way) for way in shows_of] for i in (0, 1))
        spent = [sum(x[2] for x in way) / sum(x[3] for x in way) for way in shows_of]
        costs.append(np.array(spent) * np.mean([x[3] for x in shows_of[1]]))
        lines.append(f"{name:<18}{show.duration_s / 3600:>6.1f}{totals[0]:>11.2f}{totals[1]:>9.3f}{cues[0]:>16.2f}{cues[1]:>9.3f}"
                     f"{spent[0] * 1e6:>13.2f}{spent[1] * 1e6:>9.2f}")  # fmt: skip
    with_it, without = np.sum(costs, axis=0)
    return [*lines, f"drawing all of them takes {with_it / without:.2f} times as long as without the spread (at most 1.3)"]


def one_show(show: Scenario, replicate: int) -> tuple[int, int, float, int]:
    """Of one show: orders, those of the cue that has most by plan, processor time it took to draw [s], rows."""
    start = time.process_time()
    tape = draw_tape(show, 1, replicate)
    spent = time.process_time() - start
    own = tape.cue[tape.kind == ORDER]
    size = tape.cues["peak"] * tape.cues["tau"] * (tape.cues["planned"] >= 0)
    most = int(np.argmax(size)) if len(size) else -1
    return len(own), int((own == most).sum()), spent, len(tape)


def main(argv: list[str] | None = None) -> int:
    """Print both tables."""
    print("\n".join([*tables(), "", *shipped(12 if "--quick" in (argv or []) else SHOWS)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
