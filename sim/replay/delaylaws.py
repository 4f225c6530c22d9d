"""How long shoppers take to pay and to ask for their money back, as distributions: shares by an age, draws between two ages."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scenarios.contract import Shoppers


class PayLaw(NamedTuple):
    """The delay from order to payment (:func:`sim.demand.orders.payment_s`). median [s]; sigma: of its logarithm, 0 for the
    exponential law."""

    median_s: float
    sigma: float

    @classmethod
    def of(cls, shoppers: Shoppers) -> PayLaw:
        """The law of a scenario's shoppers."""
        return cls(max(shoppers.pay_median_s, 1e-9), 0.0 if shoppers.pay_law == "exponential" else max(shoppers.pay_sigma, 1e-9))

    def by(self, age_s: np.ndarray) -> np.ndarray:
        """Share of payers who have paid by an age.

        >>> PayLaw(18.0, 1.0).by(np.array([18.0, -1.0])).tolist(), PayLaw(18.0, 0.0).by(np.array([36.0])).tolist()
        ([0.5, 0.0], [0.75])
        """
        from scipy.special import ndtr

        age = np.maximum(age_s, 1e-9)
        if self.sigma == 0:
            share = 1 - 0.5 ** (age / self.median_s)
        else:
            share = ndtr((np.log(age) - math.log(self.median_s)) / self.sigma)
        return np.where(age_s > 0, share, 0.0)

    def between(self, u: np.ndarray, low_s: np.ndarray, high_s: np.ndarray) -> np.ndarray:
        """Delays [s] of payers who paid between two ages, at uniform numbers ``u``.

        >>> PayLaw(18.0, 1.0).between(np.array([0.5]), np.array([0.0]), np.array([np.inf])).round(6).tolist()
        [18.0]
        """
        from scipy.special import ndtri

        a, b = self.by(low_s), self.by(high_s)
        q = np.clip(a + u * (b - a), 1e-15, 1 - 1e-12)
        delay = -self.median_s * np.log2(1 - q) if self.sigma == 0 else self.median_s * np.exp(self.sigma * ndtri(q))
        return np.clip(delay, low_s, high_s)


def refunded_by(shoppers: Shoppers, age_s: np.ndarray) -> np.ndarray:
    """Of those who will cancel, the share who have by an age after their payment [s]."""
    return -np.expm1(-np.maximum(age_s, 0.0) / shoppers.cancel_s)
