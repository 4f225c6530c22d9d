"""How demand answers a cue: the curve of each kind, its height and its mass. The one place that knows the shapes.

Drawing from a shape is the generator's (``sim/demand/pulses.py``); a test holds the draws to the mass given here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scenarios.setting import setting, validate

KERNEL_SHAPES = ("gamma", "block", "exponential")


@dataclass(frozen=True)
class Kernel:
    """How demand answers one kind of cue: ``rate = base * peak * shape(u)``, u = seconds since the cue.

    gamma: ``(u/tau) exp(1 - u/tau)``; block: 1 up to tau, then ``exp(-(u - tau)/tau)``; exponential: ``exp(-u/tau)``; all
    end at duration.
    """

    shape: str = setting("gamma", "rise and decay, flat then decay, or decay at once", choices=KERNEL_SHAPES)
    peak: float = setting(2.4, "peak rate over the featured base rate", "x", 0, 1e4, "[PITCH]", "M")
    tau_s: float = setting(40.0, "time scale", "s", 0.1, 7200, "domain 2.4", "M")
    duration_s: float = setting(240.0, "end of the response", "s", 0.1, 86400, "domain 2.4", "M")
    viewer_lift: float = setting(1.0, "viewers drawn in, as a multiple", "x", 1, 100, "domain 2.4 福利 1.3", "A")
    expected: bool = setting(False, "the audience knows when it comes, and some do not wait for it (spread.lead_share)")

    def __post_init__(self) -> None:
        validate(self, "kernel")

    @property
    def area_s(self) -> float:
        """Integral of the whole response, peak included [s].

        >>> round(Kernel("gamma", 8.0, 20.0, 120.0).area_s, 3), round(Kernel("exponential", 1.0, 10.0, 1000.0).area_s, 3)
        (427.379, 10.0)
        """
        return self.peak * float(mass(self.shape, np.array(self.duration_s), self.tau_s, self.duration_s))

    def shape_at(self, u: np.ndarray) -> np.ndarray:
        """The response ``u`` seconds after the cue as a share of its peak."""
        return height(self.shape, u, self.tau_s, self.duration_s)


def height(shape: str, u: np.ndarray, tau_s: float, duration_s: float) -> np.ndarray:
    """A response ``u`` seconds after its cue, 1 at its peak; 0 before the cue and after its end.

    >>> height("gamma", np.array([-1.0, 40.0, 999.0]), 40.0, 240.0).tolist()
    [0.0, 1.0, 0.0]
    >>> height("exponential", np.array([0.0, 240.0]), 40.0, 240.0).round(4).tolist()
    [1.0, 0.0025]
    """
    x = np.maximum(u, 0.0) / tau_s
    past = x if shape == "exponential" else np.maximum(x - 1.0, 0.0)
    body = x * np.exp(1.0 - x) if shape == "gamma" else np.exp(-past)
    return np.where((u >= 0) & (u <= duration_s), body, 0.0)


def mass(shape: str, u: np.ndarray, tau_s: float, duration_s: float) -> np.ndarray:
    """Integral of :func:`height` from the cue up to ``u`` seconds after it [s].

    gamma ``e tau (1 - (1+x) e^-x)``, x = u/tau (domain 2.3); exponential ``tau (1 - e^-x)``; block ``u`` up to tau, then
    ``tau (2 - e^-(x-1))``.

    >>> mass("gamma", np.array([1e9]), 20.0, 120.0).round(4).tolist(), mass("exponential", np.array([1e3]), 10.0, 1e3).tolist()
    ([53.4223], [10.0])
    """
    u = np.clip(u, 0.0, duration_s)
    x = u / tau_s
    if shape == "gamma":
        return math.e * tau_s * (1 - (1 + x) * np.exp(-x))
    if shape == "exponential":
        return -tau_s * np.expm1(-x)
    return np.minimum(u, tau_s) + tau_s * (1 - np.exp(-np.maximum(u - tau_s, 0.0) / tau_s))


def half_times(shape: str, tau_s: float) -> tuple[float, float]:
    """Seconds from half height to the peak and from the peak to half height; only gamma has a rise.

    >>> [round(v, 2) for v in half_times("gamma", 40.0)]
    [30.72, 67.13]
    """
    if shape == "gamma":
        return 0.76804 * tau_s, 1.67835 * tau_s
    return 0.0, tau_s * (math.log(2) + (0.5 if shape == "block" else 0.0))


KERNELS = {
    "pitch": Kernel("gamma", 2.4, 40.0, 240.0, expected=True),
    "link_drop": Kernel("block", 12.0, 12.0, 60.0),
    "deal": Kernel("gamma", 25.0, 6.0, 30.0, 1.3),
    "countdown": Kernel("gamma", 25.0, 6.0, 30.0, expected=True),
    "restock_call": Kernel("block", 6.0, 12.0, 60.0),
}
"""Defaults by cue kind; only the pitch has published evidence (M), the others are assumptions (A)."""


@lru_cache(maxsize=4096, typed=True)
def kernel_of(
    kind: str, shape: str | None, peak: float | None, tau_s: float | None, duration_s: float | None, expected: bool | None
) -> Kernel:  # fmt: skip
    """The kernel of a kind with some values changed: made and checked once, asked for at every draw."""
    k = KERNELS[kind]
    return Kernel(shape or k.shape, peak if peak is not None else k.peak, tau_s or k.tau_s, duration_s or k.duration_s,
                  k.viewer_lift, k.expected if expected is None else expected)  # fmt: skip
