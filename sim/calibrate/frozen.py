"""A model near a point: logarithms of what it expects are straight lines in its parameters.

How much a room moves is searched for under it. Responses, the dear part of a model, are then laid once and not at every look, and
the expected information is the true one, so that a fit settles in a few steps. Levels, lifts and covariates are straight anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.calibrate.grid import SkuRow
from sim.calibrate.intensity import CONV, TINY, WAIT, Model


class Frozen(Model):
    """``model`` about ``at``; for models in which nobody follows anybody. still: nothing but the mood moves at all."""

    def __init__(self, model: Model, at: np.ndarray, still: bool = False) -> None:
        super().__init__(model.spec, model.grid)
        self.about, self.still = at.copy(), still
        self.fixed = self.fixed | still
        self.kept = {(r.show, r.sku, r.what): self._frozen(model, r, at) for r in model.grid.rows}

    def _frozen(self, model: Model, row: SkuRow, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int], np.ndarray]:
        """What the mood multiplies, what it does not, the parameters, and their slopes [parameter, bin], all without a mood."""
        rate, index, jac, moved = model.slopes(replace(row, mood=1.0), at)
        return moved, np.maximum(rate - moved, 0.0), index, jac

    def slopes(self, row: SkuRow, at: np.ndarray) -> tuple[np.ndarray, list[int], np.ndarray, np.ndarray]:
        """As the model's, along straight lines."""
        moved, rest, index, jac = self.kept[row.show, row.sku, row.what]
        if self.still:
            return np.maximum(moved * row.mood + rest, TINY), [], jac[:0], moved * row.mood
        away = (at - self.about)[index]
        own = self._own(index)
        lift = row.mood * np.exp(np.clip((away[own] @ jac[own]) / np.maximum(moved, TINY), -30, 30))
        slopes = jac.copy()
        slopes[own] *= lift
        return np.maximum(moved * lift + np.maximum(rest + away[~own] @ jac[~own], 0.0), TINY), index, slopes, moved * lift

    def _own(self, index: Sequence[int]) -> np.ndarray:
        """Parameters of what the mood multiplies; the others say how recorded carts become orders."""
        return np.array([self.names[k] not in (CONV, WAIT) for k in index])
