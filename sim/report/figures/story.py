"""The arrays behind a timeline: one SKU of one run, seen by everybody concerned. Pictures only draw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.contract import CUE_KINDS
from sim.core.history import paths, seen, watched
from sim.core.response import DELIST_SKU, FREEZE_SKU, LOWER_EXPOSURE, REOPEN, RESTOCK, WHAT_NAMES
from sim.core.run import ShowRun
from sim.core.units import NEVER_US, US, to_us

BIN_S = 10.0
MOST_BINS = 400
MOST_STEPS = 4000
"""A line is thinned to about this many steps: a picture is no wider."""
STOPS = (FREEZE_SKU, DELIST_SKU)

Steps = tuple[np.ndarray, np.ndarray]
Span = tuple[float, float]
CueSpan = tuple[float, float, bool, str]


@dataclass(frozen=True, eq=False)
class Story:
    """One SKU of one run. Times in s since show start; ``Steps``: times and the values that hold from them on.

    left: units that exist and are not promised (true stock). record: units the platform believes it can sell. seen: what
    the alert engine knew. line: what the strategy watched (0 where it had none). sold_out: first moment nothing true was
    left, else NaN. oversold: units promised beyond what exists at the end. alerts: time, level, stock seen, row by row.
    closed: spans without orders. marks: other actions as (time, name, size). bins: edges of the rate bins; orders, carts
    [units per bin], refused [attempts per bin]. cues: (start, end, planned or improvised, kind) per cue. start_hour [h].
    """

    scenario: str
    strategy: str
    sku: str
    replicate: int
    seed: int
    duration_s: float
    left: Steps
    record: Steps
    seen: Steps
    line: Steps
    sold_out: float
    oversold: int
    alerts: np.ndarray
    closed: tuple[Span, ...]
    marks: tuple[tuple[float, str, float], ...]
    bins: np.ndarray
    orders: np.ndarray
    carts: np.ndarray
    refused: np.ndarray
    cues: tuple[CueSpan, ...]
    start_hour: float = 20.0


def story(run: ShowRun, sku: int, watching: Steps | None = None) -> Story:
    """Everything a timeline shows about SKU number ``sku``. watching: the line its strategy watched, where that is known."""
    show, end = run.scenario, run.scenario.duration_s
    path = paths(run, sku)
    t = path["t"] / US
    arrived, _, known = seen(run, sku)
    if watching is None:
        at, line, _ = watched(run, sku)
        watching = at / US, line
    told = run.alerts[(run.alerts["sku"] == sku) & (run.alerts["level"] > 0)]
    acts = run.actions[run.actions["sku"] == sku]
    out = np.flatnonzero((path["left"] <= 0) & (path["t"] <= to_us(end)))
    bins = bin_edges(end)
    return Story(
        scenario=show.name,
        strategy=run.policy.name,
        sku=show.skus[sku].id,
        replicate=run.tape.key[1],
        seed=run.tape.key[0],
        duration_s=end,
        left=thinned(t, path["left"]),
        record=thinned(t, path["record"]),
        seen=thinned(arrived / US, known),
        line=thinned(*watching),
        sold_out=float(t[out[0]]) if len(out) else np.nan,
        oversold=max(0, -int(path["left"][-1])),
        alerts=np.array([(a["t"] / US, a["level"], a["stock"]) for a in told]).reshape(-1, 3),
        closed=_closed(acts, end),
        marks=_marks(acts),
        bins=bins,
        orders=per_bin(t, path["ordered"], bins),
        carts=per_bin(t, path["carted"], bins),
        refused=per_bin(t, path["refused"], bins),
        cues=cues_of(run, sku),
        start_hour=show.start_hour,
    )


def time_unit(duration_s: float) -> tuple[str, float]:
    """The unit a time axis is best labelled in, and its seconds.

    >>> time_unit(3600.0)
    ('min', 60.0)
    """
    units = (("s", 1.0, 600.0), ("min", 60.0, 4 * 3600.0), ("h", 3600.0, 4 * 86400.0))
    return next(((name, size) for name, size, most in units if duration_s <= most), ("d", 86400.0))


def bin_edges(duration_s: float) -> np.ndarray:
    """Bins of 10 s, or of a multiple of it where a show would need too many."""
    width = BIN_S * max(1, int(np.ceil(duration_s / BIN_S / MOST_BINS)))
    return np.arange(0.0, duration_s + width, width)


def per_bin(t: np.ndarray, total: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """How much a running total grew in each bin.

    >>> per_bin(np.array([0.0, 3.0, 12.0]), np.array([0, 2, 5]), np.array([0.0, 10.0, 20.0])).tolist()
    [2, 3]
    """
    return np.diff(total[np.searchsorted(t, bins, "left").clip(1) - 1], append=total[-1])[: len(bins) - 1]


def thinned(t: np.ndarray, value: np.ndarray) -> Steps:
    """Steps without those that change nothing, and no more than can be drawn; the last step always stays."""
    if len(t) == 0:
        return t, value
    kept = np.flatnonzero(np.append(True, np.diff(value) != 0))
    if len(kept) > MOST_STEPS:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_STEPS).astype(int)]
    kept = np.unique(np.append(kept, len(t) - 1))
    return t[kept], value[kept]


def _closed(acts: np.ndarray, end: float) -> tuple[Span, ...]:
    spans: list[Span] = []
    since: float | None = None
    for act in acts:
        at = act["t"] / US
        if act["what"] in STOPS and since is None:
            since = at
        elif act["what"] == REOPEN and since is not None:
            spans.append((since, at))
            since = None
    return (*spans, (since, end)) if since is not None and since < end else tuple(spans)


def _marks(acts: np.ndarray) -> tuple[tuple[float, str, float], ...]:
    quiet = (*STOPS, REOPEN)
    return tuple((a["t"] / US, WHAT_NAMES[a["what"]], _size(a)) for a in acts if a["what"] not in quiet)


def _size(act: np.void) -> float:
    sized = act["what"] in (RESTOCK, LOWER_EXPOSURE) or WHAT_NAMES[act["what"]] in ("arrival", "release")
    return float(act["value"]) if sized else np.nan


def cues_of(run: ShowRun, sku: int) -> tuple[CueSpan, ...]:
    rows = []
    for number, cue in enumerate(run.tape.cues):
        cut = int(run.cue_cut[number]) if number < len(run.cue_cut) else NEVER_US
        stop = min(int(cue["end"]), cut)
        if cue["sku"] == sku and stop > cue["start"]:
            rows.append((cue["start"] / US, stop / US, bool(cue["planned"] >= 0), CUE_KINDS[cue["kind"]]))
    return tuple(rows)
