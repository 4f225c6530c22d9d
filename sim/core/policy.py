"""A policy: everything a team chooses. A strategy with its settings, the gate's settings, a playbook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.response import Playbook
from strategies.contract import Strategy


@dataclass(frozen=True, eq=False)
class Policy:
    """``params``: float64 [3 tiers, settings of the strategy]; ``gate``: float64 [settings of the gate]."""

    strategy: Strategy
    params: np.ndarray
    gate: np.ndarray
    playbook: Playbook
    label: str = ""

    @property
    def name(self) -> str:
        """What tables call it: its label, else the strategy's name."""
        return self.label or self.strategy.name
