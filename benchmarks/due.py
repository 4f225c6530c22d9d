"""What was due of a show's hidden orders: the sizes of the cues that nobody saw left out.

One cue in a hundred is some fourteen times as large and brings an eighth of all demand. Of a cue that came after the stop no
recording can know whether it was one, and sixty shows hold a handful of such cues at most, so the sum of their hidden orders is
ruled by that. An order that counts ``1 / size`` of such a cue leaves every mean what it was and that luck out: a control variate
(Glasserman 2003, Monte Carlo Methods in Financial Engineering, 4.1). The mood after the stop stays in: what else still sells
tells of it.
"""

from __future__ import annotations

import numpy as np

from sim.core import tape as T
from sim.core.run import ShowRun
from sim.core.units import US
from sim.demand.mood import cue_size

LEADS = 3.0
"""Mean leads before a cue until which nobody who comes early tells of its size."""


class Due:
    """Sizes of the cues of one show, from the run with stock for everybody."""

    def __init__(self, run: ShowRun) -> None:
        tape, spread = run.tape, run.scenario.spread
        assert tape.key is not None
        # The last place is that of no cue.
        self.sizes = np.array([*(cue_size(spread, *tape.key, "cue", n) for n in range(len(tape.cues))), 1.0])
        self.known_from = np.array([*(tape.cues["start"] - LEADS * spread.lead_s * US), -np.inf])
        order = np.isin(tape.kind, [T.ORDER, T.RETRY, T.COPY])
        rows = zip(tape.t[order].tolist(), tape.sku[order].tolist(), strict=True)
        self.cue = dict(zip(rows, tape.cue[order].tolist(), strict=True))

    def weights(self, t: np.ndarray, sku: int, stop: int) -> np.ndarray:
        """What hidden orders of a SKU at ``t`` count, its stock having run out at ``stop`` [us]."""
        cue = np.array([self.cue[one, sku] for one in t.tolist()], int)
        return np.where(self.known_from[cue] < stop, 1.0, 1 / self.sizes[cue])
