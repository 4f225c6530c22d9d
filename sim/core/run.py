"""What one replicate leaves behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from scenarios.contract import Scenario
from sim.core.moves import Journal
from sim.core.policy import Policy
from sim.core.tape import Tape

ALERT_DTYPE = np.dtype([("t", "i8"), ("sku", "i4"), ("level", "i4"), ("reading", "i4"), ("stock", "f8"), ("line", "f8"),
                        ("heard", "i8"), ("handled", "i8")])  # fmt: skip
"""One decision of the gate: time [us], SKU, level (0: episode over), reading it rests on, stock and line it saw [units],
when a person acknowledged it and when he was done [us] (-1: never)."""

ORDER_DTYPE = np.dtype([("t", "i8"), ("sku", "i4"), ("level", "i4"), ("reading", "i4"), ("stock", "f8"), ("line", "f8"),
                        ("lack", "f8")])  # fmt: skip
"""One decision of the machine's gate: time [us], SKU, level to follow (0: undo), reading it rests on, stock and line it saw,
units the strategy expected to lack."""

ACTION_DTYPE = np.dtype([("t", "i8"), ("sku", "i4"), ("what", "i4"), ("alert", "i4"), ("value", "f8")])
"""One thing that took effect: time [us], SKU, what (response.WHAT_NAMES), the alert behind it (-1: none; -2 - k: order
k to a machine), its size."""


@dataclass(frozen=True, eq=False)
class ShowRun:
    """One replicate of one scenario under one policy.

    ``outcome``: int8 per row of ``tape`` (which may have gained rows by improvised cues). ``stock``: final ledger, int64
    [sku, N_STOCK]. ``readings``: int32 [reading, sku, N_READ]. ``notices``: notices sent to people. ``minded``: of these, those
    somebody acknowledged. ``busy_us``: operator time spent [us]. ``dropped_readings``: readings that came behind newer ones.
    ``suppressed``: by the gate, per cause. ``pitched_empty``: cues the host began for an item that was sold out. ``journal``:
    every change of stock, where it was kept. ``lacks``: per alert of an acting run, the units its strategy expected to lack.
    ``orders``: decisions of the machine's gate (ORDER_DTYPE).
    """

    scenario: Scenario
    policy: Policy
    tape: Tape
    outcome: np.ndarray
    stock: np.ndarray
    alerts: np.ndarray
    actions: np.ndarray
    readings: np.ndarray
    cue_cut: np.ndarray
    notices: int = 0
    minded: int = 0
    busy_us: int = 0
    dropped_readings: int = 0
    suppressed: tuple[int, ...] = ()
    pitched_empty: int = 0
    acting: bool = True
    journal: Journal | None = None
    lacks: np.ndarray = field(default_factory=lambda: np.zeros(0))
    orders: np.ndarray = field(default_factory=lambda: np.zeros(0, ORDER_DTYPE))

    def digest(self) -> str:
        """SHA-256 over everything that happened; two engines agree when their digests do."""
        h = hashlib.sha256(self.tape.digest().encode())
        for part in (self.outcome, self.stock, self.alerts, self.orders, self.actions, self.readings, self.cue_cut):
            h.update(np.ascontiguousarray(part).tobytes())
        tail = (self.notices, self.minded, self.busy_us, self.dropped_readings, self.suppressed, self.pitched_empty)
        h.update(repr(tail).encode())
        return h.hexdigest()
