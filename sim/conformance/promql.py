"""What Prometheus would make of a series: ``rate``, ``deriv`` and the life of an alert, as its source has them.

Only what the exported rules use, so that their distance from the strategy they stand for can be measured without a server.
"""

from __future__ import annotations

import numpy as np


def rate(t: np.ndarray, v: np.ndarray, at: float, window_s: float) -> float:
    """``rate(v[window])`` of a counter without resets [1/s]; NaN with fewer than two samples in the window.

    The increase between the first and the last sample, extended to the ends of the window where a sample is near them and by half
    a step where not, but not below zero (Prometheus, promql/functions.go, extrapolatedRate).

    >>> t = np.arange(0.0, 100.0, 10.0)
    >>> rate(t, 2 * t, 90.0, 60.0)
    2.0
    """
    inside = (t > at - window_s) & (t <= at)
    x, y = t[inside], v[inside]
    if len(x) < 2:
        return float("nan")
    sampled, grown = float(x[-1] - x[0]), float(y[-1] - y[0])
    step = sampled / (len(x) - 1)
    before, after = float(x[0]) - (at - window_s), at - float(x[-1])
    if grown > 0 and y[0] >= 0:
        before = min(before, sampled * float(y[0]) / grown)
    reach = sampled + (before if before < 1.1 * step else step / 2) + (after if after < 1.1 * step else step / 2)
    return grown * reach / sampled / window_s


def deriv(t: np.ndarray, v: np.ndarray, at: float, window_s: float) -> float:
    """``deriv(v[window])``: the least-squares slope [1/s]; NaN with fewer than two samples in the window.

    >>> t = np.arange(0.0, 100.0, 10.0)
    >>> round(deriv(t, 3 * t + 1, 90.0, 60.0), 9)
    3.0
    """
    inside = (t > at - window_s) & (t <= at)
    x, y = t[inside], v[inside]
    if len(x) < 2:
        return float("nan")
    x = x - x.mean()
    return float((x * y).sum() / (x * x).sum())


def firing(true: np.ndarray, every_s: float, for_s: float, keep_s: float) -> np.ndarray:
    """Whether an alert fires at each evaluation: ``for`` it was true without a break, ``keep_firing_for`` it is no more.

    true: of the expression, at evaluations ``every_s`` apart.

    >>> firing(np.array([0, 1, 1, 1, 0, 0, 1], bool), 10.0, 20.0, 10.0).astype(int).tolist()
    [0, 0, 0, 1, 1, 0, 0]
    """
    out, since, last, fires = np.zeros(len(true), bool), -1.0, -np.inf, False
    for k, now_true in enumerate(true):
        now = k * every_s
        if now_true:
            since, last = (now if since < 0 else since), now
            fires = fires or now - since >= for_s
        else:
            fires = fires and now - last <= keep_s and keep_s > 0
            since = since if fires else -1.0
        out[k] = fires
    return out
