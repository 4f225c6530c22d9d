"""The policy of a show that nobody watches: the baseline of a closed loop, and what takes the readings of an open one."""

from __future__ import annotations

import numpy as np

from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from strategies import registry
from strategies.gate import GATE_PARAMS

SILENT = "silent"


def silent_policy() -> Policy:
    """Nobody watches, nobody acts."""
    silent = registry.load(SILENT)
    gate = np.array([p.default for p in GATE_PARAMS])
    return Policy(silent, registry.settings(silent), gate, PLAYBOOKS["none"])
