"""What a full log of a simulated show says to a calibration: from its tape, or from a run of it."""

from dataclasses import replace

import numpy as np

from scenarios.contract import Scenario
from sim.calibrate.observed import MARK_DTYPE, WINDOW_DTYPE, Delays, Observed, events, fewest, while_open
from sim.core import tape as T
from sim.core.history import paths
from sim.core.run import ShowRun
from sim.core.tape import Tape
from sim.core.units import US


def from_tape(scenario: Scenario, tape: Tape, outcome: np.ndarray | None = None) -> Observed:
    """What a full log of a simulated show would say. Without ``outcome`` every first attempt is taken as accepted."""
    t, kind = tape.t / US, tape.kind
    tried = kind == T.ORDER
    if outcome is not None:
        tried |= (kind == T.RETRY) | (kind == T.COPY)
        tried &= outcome >= T.ACCEPTED
    rows, carts = np.flatnonzero(tried), np.flatnonzero((kind == T.CART) & (outcome is None or outcome == T.CARTED))
    by_cart = (tape.cause[rows] >= 0) & (kind[tape.cause[rows]] == T.CART)
    span = max(scenario.duration_s, 1.0)
    asked, came = t[rows] < span, carts[t[carts] < span]
    rows, by_cart, whole = rows[asked], by_cart[asked], rows
    end = scenario.duration_s + scenario.tail_s
    return Observed(
        scenario.name,
        span,
        tuple(s.id for s in scenario.skus),
        events(t[rows], tape.sku[rows], units=tape.qty[rows]),
        events(t[came], tape.sku[came], units=tape.qty[came]),
        _spoken(tape, planned=False),
        first=~by_cart,
        converting=_converting(t, tape, whole, came, end),
        paying=_paying(t, tape, rows, end, outcome),
        viewers=None if tape.room is None else (tape.room[0], tape.room[1]),
        stock=tuple(s.stock for s in scenario.skus),
    )


def _spoken(tape: Tape, planned: bool) -> np.ndarray:
    cues = tape.cues[tape.cues["planned"] >= 0] if planned else tape.cues
    rows = np.zeros(len(cues), MARK_DTYPE)
    rows["at_s"], rows["sku"], rows["kind"] = cues["planned" if planned else "start"] / US, cues["sku"], cues["kind"]
    rows["length_s"] = np.inf
    return rows


def _converting(t: np.ndarray, tape: Tape, orders: np.ndarray, carts: np.ndarray, end: float) -> Delays:
    after = np.full(len(tape), np.nan)
    linked = orders[tape.cause[orders] >= 0]
    after[tape.cause[linked]] = t[linked] - t[tape.cause[linked]]
    return Delays(after[carts], end - t[carts])


def _paying(t: np.ndarray, tape: Tape, orders: np.ndarray, end: float, outcome: np.ndarray | None) -> Delays:
    happened = np.ones(len(tape), bool) if outcome is None else outcome == T.DONE
    after, until = np.full(len(tape), np.nan), np.full(len(tape), end)
    closed = np.flatnonzero((tape.kind == T.EXPIRE) & happened)
    until[tape.cause[closed]] = t[closed]
    paid = np.flatnonzero((tape.kind == T.PAY) & happened)
    after[tape.cause[paid]] = t[paid] - t[tape.cause[paid]]
    return Delays(after[orders], until[orders] - t[orders])


def from_run(run: ShowRun) -> Observed:
    """What a full log of a run would say; sold-out and frozen stretches are shut."""
    seen = from_tape(run.scenario, run.tape, run.outcome)
    least, shut = fewest(seen.orders, len(seen.skus)), []
    cut = np.minimum(run.cue_cut, run.tape.cues["end"])
    # A host who moves on ends a response: nobody acts on that cue any more.
    length = np.where(cut < run.tape.cues["end"], (cut - run.tape.cues["start"]) / US, np.inf)
    seen.cues["length_s"] = np.maximum(length, 0.0)
    for k in range(len(seen.skus)):
        path = paths(run, k)
        out = (path["record"] < least[k]) | (path["closed"] > 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], out, [False]]).astype(int)))
        for a, b in edges.reshape(-1, 2).tolist():
            until = path["t"][b] / US if b < len(out) else seen.span_s
            shut.append((k, path["t"][a] / US, until))
    table = np.array(shut, WINDOW_DTYPE)
    converting = while_open(seen.converting, seen.carts.t, seen.carts.sku, table) if seen.converting is not None else None
    return replace(seen, shut=table, converting=converting)


def as_planned(seen: Observed, tape: Tape) -> Observed:
    """The same show with the cue sheet that was written beforehand instead of the times at which cues really came."""
    return replace(seen, cues=_spoken(tape, planned=True))
