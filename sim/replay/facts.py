"""What a recording says, row by row, once its cells are understood, and the account of a whole file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.replay.clock import Clock
from sim.replay.source import Reject


class Event(NamedTuple):
    """An order, cart, return or restock: ``what`` is a row kind of the tape; ``order``: its number, if any."""

    line: int
    us: int
    sku: str
    what: int
    qty: int
    order: str = ""


class Level(NamedTuple):
    """A poll of one item's stock."""

    line: int
    us: int
    sku: str
    stock: int
    enrolled: int | None
    total: int | None


class Planned(NamedTuple):
    """A planned cue; ``sku`` is empty where the sheet names the cue only."""

    line: int
    us: int
    sku: str
    name: str
    kind: str


class Declared(NamedTuple):
    """Stock declared for a SKU, and what else the sheet says of it."""

    line: int
    sku: str
    stock: int
    rest: dict[str, Any]


@dataclass
class Sifted:
    """The usable rows of one file in time order, and an account of all of them."""

    where: str
    kind: str
    rows: int
    clock: Clock | None
    items: list[Any]
    rejects: list[Reject]
    aside: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    out_of_order: int = 0
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """One row of the table of counts."""
        return {"file": self.where, "kind": self.kind, "rows": self.rows, "used": len(self.items),
                "set_aside": sum(self.aside.values()), "rejected": len(self.rejects),
                "out_of_order": self.out_of_order}  # fmt: skip
