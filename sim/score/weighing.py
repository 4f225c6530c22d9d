"""The compiled pass over a run, and what it reads and writes: shared by the row of scores and by ``outcomes``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import numpy as np

from scenarios.contract import Scenario
from scenarios.staffing import NOTICE_CHANNELS
from sim.core.run import ACTION_DTYPE, ALERT_DTYPE, ORDER_DTYPE
from sim.core.units import to_us
from sim.native import CompiledEntry, compiled, numba_or_none, or_plain
from sim.score import alert_loops as A
from sim.score import loops as L
from sim.score import settle as S
from sim.score.places import COUNTED
from sim.score.stories import Stories

CHANNELS = tuple(c.name for c in NOTICE_CHANNELS)
NAMES = (*COUNTED, *(f"notices_{name}" for name in CHANNELS), "notices_other")
"""What stands in ``Sheet.metrics``, in order."""
FLOOD_US = to_us(600)
NO_ALERTS, NO_ORDERS, NO_ACTIONS = np.zeros(0, ALERT_DTYPE), np.zeros(0, ORDER_DTYPE), np.zeros(0, ACTION_DTYPE)


def blank_sheet(st: Stories, skus: int, events: int = 0, alerts: int = 0) -> L.Sheet:
    """Room for runs on one tape with so many alerts."""
    n, (out, fate) = len(st.row), np.empty((2, len(st.row)), np.int8)
    return L.Sheet(
        out, fate, np.zeros((skus, S.N_BOOK), np.int64), np.zeros((skus, S.CAUSES), np.int64),
        np.empty((n, 2), np.int64), np.zeros((L.N_UNITS, skus), np.int64), np.zeros(len(NAMES)), np.zeros(skus + 1, np.int64),
        np.empty(alerts, np.int64), np.empty(alerts, np.int64), np.empty((A.N_EPISODE, alerts), np.int64),
        np.empty((A.N_EVENT, events), np.int64), np.empty((A.N_COUNT, A.N_LEVELS), np.int64),
    )  # fmt: skip


def units_alone(could: np.ndarray) -> L.Book:
    """A book for a pass that settles orders and does nothing else."""
    none, levels = np.zeros(0, np.int64), np.zeros((A.N_LEVELS, 0), np.int64)
    return L.Book(none, none, could, none, levels, none, levels, levels, none, np.zeros(2))


def numbers_of(scenario: Scenario, horizon_s: float = 0.0, units_only: bool = False) -> np.ndarray:
    """The plain numbers of passes over runs of a scenario (``L.HORIZON`` and so on); those of a run are filled in by who weighs
    it: COOLDOWN, DRAWN, SETTLED."""
    return np.array([
        to_us(horizon_s), to_us(scenario.duration_s), 0, FLOOD_US, 0, scenario.ledger.mode == "deduct_on_payment", 0, units_only
    ], np.int64)  # fmt: skip


@or_plain(L.weigh)
def compiled_weigh() -> Callable[..., int]:
    """The compiled :func:`~sim.score.loops.weigh`."""
    numba = numba_or_none()
    t = numba.types

    def array(kind: Any, dims: int = 1) -> Any:
        return t.Array(kind, dims, "C")

    def fields(record: Any) -> Any:
        hints = (get_args(hint) for hint in get_type_hints(record, include_extras=True).values())
        return t.NamedTuple(tuple(array(getattr(t, kind), dims) for _, kind, dims in hints), record)

    kinds = dict.fromkeys(Stories._fields, t.int64) | dict.fromkeys(("retry", "cart"), t.int32)
    kinds |= dict.fromkeys(("keeps", "copy", "soon", "certain"), t.boolean)
    stories = t.NamedTuple(tuple(array(kind) for kind in kinds.values()), Stories)
    lists = (numba.typeof(none) for none in (NO_ALERTS, NO_ORDERS, NO_ACTIONS))
    return CompiledEntry(compiled(L.weigh, t.int64(stories, fields(L.Book), fields(L.Sheet), array(t.int64), array(t.int8),
                                           array(t.int64, 2), *lists)))  # fmt: skip
