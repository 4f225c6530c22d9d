"""The rules of the game: what a strategy may see, what it may remember, what it answers.

A strategy is a fold over readings of one product (SKU):

    level = fold(params, memory, signal)

* ``params``  float64 array, one entry per declared :class:`Param`, in order. Read only.
* ``memory``  float64 array of the declared size, zero at the start of the show, owned by this
  SKU alone. The fold may write to it. ``memory[LINE]`` must hold, after each call, the stock line in
  units that the strategy is watching now (0 where it has none): the gate's hysteresis, the alert
  record and the pictures use it.
* ``signal``  one :class:`Signal`: everything an observer could know at ``signal.now``.
* ``level``   0 calm, 1 watch 初级, 2 prepare 中级, 3 emergency 高级: what the strategy thinks *now*. The
  gate (``strategies/gate.py``) turns levels into alerts.

A fold sees no ledger, no file, no future and makes no random draw; a gamble uses ``signal.mark``,
a uniform number that belongs to the reading. That is why it cannot look ahead and why the same code runs
in simulation, in replay and on a live feed. It uses ``math`` and plain arithmetic only, so that it
also compiles; where it does not, it runs as plain Python, slower, with the same answers.

Times are seconds since show start, stock and demand are units, money is CNY.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CALM, WATCH, PREPARE, EMERGENCY = 0, 1, 2, 3
LEVEL_NAMES = ("calm", "watch 初级", "prepare 中级", "emergency 高级")
LINE = 0
"""Index in a strategy's memory of the stock line it watches [units]."""

TIERS = ("traffic", "profit", "longtail")
TIER_NAMES = {"traffic": "引流款", "profit": "利润款", "longtail": "长尾款"}


class Signal(NamedTuple):
    """One reading of one SKU, as the alert engine receives it.

    ``t`` is when the orders were so, ``now`` when something arrived (``now >= t``). Stock, orders, carts and traffic may come
    apart, each with its own lag, period and losses: a strategy is called at each arrival with the latest of each and its age, so
    ``t`` never falls but may stay. Cumulative figures count from show start; before the first arrival of a source its figures
    are those of the start.
    """

    now: float
    """Arrival of the reading [s since show start]."""
    t: float
    """Moment the orders describe [s since show start]; where all sources come together, the moment of all figures."""
    stock: float
    """Units the platform offers for sale, never below 0 [units]."""
    orders: float
    """Units in accepted orders so far [units, cumulative]."""
    carts: float
    """Units added to carts so far [units, cumulative]."""
    paid: float
    """Units paid so far [units, cumulative]."""
    unpaid: float
    """Units in accepted orders that are neither paid nor closed [units]."""
    viewers: float
    """People in the room [viewers]."""
    closed: float
    """1 while the SKU takes no orders (frozen or delisted), else 0."""
    initial: float
    """Units listed at show start [units]."""
    safety: float
    """Safety stock declared for the SKU [units]."""
    price: float
    """Selling price [CNY a unit]."""
    margin: float
    """Contribution margin as a share of price [0..1]."""
    tier: float
    """Index into TIERS: 0 traffic driver, 1 profit item, 2 long tail."""
    left: float
    """Seconds until the planned end of the show [s]; below 0 after it."""
    next_cue: float
    """Seconds until the next cue planned for this SKU (run of show) [s]; 1e18 where none is left."""
    next_lift: float
    """Planned peak of that cue as a multiple of the base rate; 0 where none is left."""
    mark: float
    """A uniform number in [0, 1) that belongs to this reading and SKU."""
    office: float
    """Units on the back-office screen when the reading was taken: what a person sees, late as it is [units]."""
    skus: float
    """SKUs in the show [SKUs]."""
    stock_age: float
    """Since stock, ``closed`` and ``office`` were so [s]."""
    orders_age: float
    """Since orders, paid and unpaid were so [s]; ``now - t``."""
    carts_age: float
    """Since the carts were so [s]."""
    traffic_age: float
    """Since that many people were in the room [s]."""
    hour: float
    """Hour of the day [h, 0 to 24]."""


NEVER = 1e18
"""``Signal.next_cue`` where the run of show has no further cue for the SKU [s]."""

Fold = Callable[[Any, Any, Signal], int]


@dataclass(frozen=True)
class Param:
    """One setting: name, default, bounds [low, high], unit, meaning and where the default comes from.

    ``confidence``: H official or computed, M several consistent secondary sources, L one vendor's claim,
    A an assumption of this project.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str = "project"
    confidence: str = "A"

    @property
    def whole(self) -> bool:
        """Counted or switched rather than measured: takes whole numbers only."""
        return self.unit in ("readings", "switch", "mode")


class StrategyError(ValueError):
    """A strategy or a setting that cannot be used; the message is one sentence for the person who chose it."""


class Origin(NamedTuple):
    """Where a user's strategy comes from. ``path``: its file; ``files``: names and contents of all that belongs to it (helper
    modules, data read while it was loaded), its own file first, each by its path in that file's folder."""

    path: str
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Strategy:
    """A named fold with its declared settings.

    ``memory``: how many float64 cells the fold needs, LINE included. ``playbook``: the operations setting it
    is meant to be used with (``conf/operations``); a study may choose another. ``looks``: a person looks at the
    figures himself, so what he does by ``own_eyes`` needs no notice. ``lack``: cell of its memory with the units it
    expects to lack, for a restock with ``amount: lack``; None: line less stock. ``by_tier``: settings that differ by tier,
    ``{"traffic": {"units": 200}}``; a study may override these too. ``origin``: set by the loader of a file.
    """

    name: str
    summary: str
    fold: Fold
    params: tuple[Param, ...] = ()
    memory: int = 1
    playbook: str = "standard"
    looks: bool = False
    lack: int | None = None
    by_tier: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False, repr=False)
