"""Control planes for what-if runs: the same show, with some alerts not acted on, acted on in the same moment, or never sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.core.response import Action
from sim.engine.control import Control
from strategies.contract import CALM, EMERGENCY

AS_PLANNED, IGNORED, AT_ONCE = range(3)
"""What becomes of one alert: its actions as the playbook has them, none of them, or all in the moment of the alert."""
Heed = Callable[[int, int, int], int]
"""(number of the alert, or -2 - k of order k to a machine, SKU, level) to one of these three. Up to the first that is treated
differently a what-if run is the run itself, so numbers are the same there."""


class WhatIf(Control):
    """Asks ``heed`` before every alert that has actions; otherwise the control plane of every run."""

    def __init__(self, *parts: Any, heed: Heed) -> None:
        super().__init__(*parts)
        self.heed = heed
        self.heeded = list(self.emergency)

    def respond(self, sku: int, level: int, number: int, orders: list[tuple[int, Action]]) -> None:
        """Carry out what follows, or not. An emergency nobody acts on makes no earlier all-clear out of date."""
        how = self.heed(number, sku, level)
        if level == EMERGENCY:
            self.heeded[sku] = self.heeded[sku] if how == IGNORED else self.now
            self.emergency[sku] = self.heeded[sku]
        if how == AT_ONCE:
            for what, action in orders:
                self.take_effect(sku, number, what, action)
        elif how == AS_PLANNED:
            super().respond(sku, level, number, orders)


class Unsent(Control):
    """The same show without one chain of alerts (item, moment of its first decision [us]), or without any: nobody is told,
    nothing is done, and the all-clear that belongs to it goes with it. Both gates remember what they decided as sent."""

    def __init__(self, *parts: Any, chain: tuple[int, int] | None) -> None:
        super().__init__(*parts)
        self.chain = chain
        self.open: set[bool] = set()
        self.over = False

    def goes_out(self, sku: int, level: int, by_machine: bool) -> bool:
        """Nothing of the chain does: up to the all-clears of whichever gates had spoken."""
        if self.chain is None:
            return False
        if self.over or sku != self.chain[0] or self.now < self.chain[1]:
            return True
        if level > CALM:
            self.open.add(by_machine)
        else:
            self.open.discard(by_machine)
            self.over = not self.open
        return False
