"""Predictive bands: the orders of shows drawn from the fitted scenario, by the code that rehearses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.contract import Scenario
from sim.calibrate.fitness import Band, Busiest, bands
from sim.calibrate.grid import SkuRow
from sim.calibrate.scenario import scenario_of, simple
from sim.core.tape import ORDER
from sim.core.units import US
from sim.demand.draw import draw_tape
from sim.demand.streams import stream
from sim.setup.uncertain import Uncertainty, scenario_for, uncertainty_from

if TYPE_CHECKING:
    from sim.calibrate.fit import Calibrated
    from sim.calibrate.observed import Observed

DRAWS, ROWS = 200, 4_000_000
"""Shows drawn for a band; orders drawn in all, about, from which fewer are."""
LEAST = 60


def counted(
    scenario: Scenario, rows: list[SkuRow], step_s: float, draws: int, seed: int, known: Uncertainty | None
) -> np.ndarray:
    """Orders per bin of shows drawn from a scenario, all rows of a record together [draw, bin], where these rows were open.

    known: what is not known of its parameters, drawn anew each time; None: they are taken as they stand.
    """
    names = [s.id for s in scenario.skus]
    bins = len(rows[0].y)
    counts = np.zeros((draws, bins), np.int64)
    for d in range(draws):
        tape = draw_tape(scenario_for(scenario, known, seed, d), seed, d)
        first = (tape.kind == ORDER) & (tape.t < scenario.duration_s * US)
        at, sku = np.minimum((tape.t[first] / (US * step_s)).astype(np.int64), bins - 1), tape.sku[first]
        for number, row in enumerate(rows):
            own = np.bincount(at[sku == names.index(row.sku)], minlength=bins) * row.used
            partly = np.flatnonzero((row.open < 1) & (own > 0))
            if len(partly):
                own[partly] = stream(seed, d, "open", number).binomial(own[partly], row.open[partly])
            counts[d] += own
    return counts


def predicted(fit: Calibrated, seed: int, draws: int = 0) -> tuple[list[Band], list[Busiest]]:
    """Bands of every show of the record, each with its own run of show and viewers; what is not known of the parameters is
    drawn with what varies by nature."""
    draws = draws or int(np.clip(ROWS / max(fit.grid.orders(), 1), LEAST, DRAWS))
    shows = [_simulated(fit, show, number, draws, seed) for number, show in enumerate(fit.shows)]
    return bands(fit.model, shows, seed)


def _simulated(fit: Calibrated, show: Observed, number: int, draws: int, seed: int) -> np.ndarray:
    values, _ = scenario_of(fit, "predicted", show=show)
    rows = [r for r in fit.grid.rows if r.show == number and r.what == "orders"]
    return counted(simple(values), rows, fit.grid.step_s, draws, seed, uncertainty_from(values["uncertainty"]))
