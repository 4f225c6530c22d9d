"""What happened to one SKU: the journal of a run as step functions, and the same show as the alert engine saw it."""

from __future__ import annotations

import numpy as np

from sim.core import tape as T
from sim.core import world as W
from sim.core.feed import ask, news, signal_of
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.words import _
from strategies.contract import LINE

FIGURES = {
    "physical": W.PHYSICAL, "record": W.RECORD, "held": W.HELD, "pending": W.PENDING, "paid": W.PAID_UNITS,
    "listed": W.LISTED, "hidden": W.HIDDEN, "closed": W.CLOSED, "ordered": W.ORDERED, "carted": W.CARTED_UNITS,
    "received": W.RECEIVED, "refused": W.REFUSED, "shown_but_failed": W.SHOWN_FAIL, "lost": W.LOST,
}  # fmt: skip
"""Names of the paths and the ledger columns they follow."""


def paths(run: ShowRun, sku: int) -> dict[str, np.ndarray]:
    """Step arrays of one SKU: ``t`` [us], the FIGURES [units; refused, shown_but_failed: attempts] and ``left``, physical less
    held less paid.

    Element k holds from ``t[k]`` on, after everything that happened then; element 0 is the opening stock at 0. ``left``
    below 0 means that more is promised than exists. The run must have kept its journal, as those of ``play`` do.
    """
    if run.journal is None:
        raise ValueError(_("this run kept no journal; play it alone"))
    columns = np.eye(W.N_STOCK, dtype=np.int64)[:, list(FIGURES.values())]
    ((t, figures),) = run.journal.of(sku).steps(columns, run.stock[[sku]] @ columns)
    path = {"t": t} | dict(zip(FIGURES, figures, strict=True))
    return path | {"left": path["physical"] - path["held"] - path["paid"]}


def seen(run: ShowRun, sku: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What reached the alert engine, late readings dropped: arrival [us], moment they were true [us], stock [units]."""
    tape, rows = run.tape, news(run.tape)
    apart = T.sources_apart(tape)
    taken = apart[tape.who[rows], W.S_STOCK] if len(apart) else tape.cause[rows]
    new = (taken >= 0) & (np.diff(taken, prepend=-1) != 0)
    rows, taken = rows[new], taken[new]
    return tape.t[rows], tape.t[taken], run.readings[tape.who[taken], sku, W.R_STOCK]


def watched(run: ShowRun, sku: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the strategy made of it: arrival [us], the stock line it watched [units], its level; the fold is run again."""
    world = set_stage(run.scenario, run.tape).world(run.policy)._replace(readings=run.readings)
    fold, rows = run.policy.strategy.fold, news(run.tape)
    line, level = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    for k, i in enumerate(rows.tolist()):
        level[k] = ask(fold, world.params[sku], world.memory[sku], signal_of(world, i, sku))
        line[k] = world.memory[sku, LINE]
    return run.tape.t[rows], line, level
