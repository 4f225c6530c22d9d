"""Whether a show differed from earlier ones beyond chance.

With three earlier shows or more, shows are the units: the new figure x against the k earlier ones, whatever went on within a
show, on the log scale (a prediction interval):

    t = (x - mean) / (s sqrt(1 + 1/k)),   Student with k - 1 degrees of freedom

With fewer, only what varies within a show can be compared: blocks of five minutes, and the delays of single payments, by the
Mann-Whitney test against those of the earlier shows together. Blocks hang together and shows differ from each other anyway,
so that test is readier to cry drift, and the page says so. All p-values of a table are corrected after Holm: the chance of one
false alarm in it is at most ERROR, where the test's own assumptions hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.postmortem.show_profile import FEATURES, ShowProfile
from sim.words import N_, _, counted

ERROR = 0.05
"""Chance of any false alarm in a table."""
SHOWS = 3
"""Earlier shows from which on shows are compared as wholes."""
LEAST = 6
"""Blocks that each side must have."""
BY_SHOW, BY_BLOCK, BY_PAYMENT = N_("shows as wholes"), N_("blocks of 5 min"), N_("single payments")


@dataclass(frozen=True)
class Drift:
    """One figure: now, mean of the earlier shows, p after Holm (NaN: not tested), how it was tested, whether it drifted, and why
    it was not tested."""

    feature: str
    now: float
    before: float
    p: float
    test: str
    drifted: bool
    why_not: str


def drift(now: ShowProfile, earlier: Sequence[ShowProfile]) -> list[Drift]:
    """Every figure against the earlier shows; no rows without any."""
    if not earlier:
        return []
    raw = {feature: _tested(feature, now, earlier) for feature in FEATURES}
    corrected = holm({feature: p for feature, (p, _, _) in raw.items() if np.isfinite(p)})
    rows = []
    for feature, (_p, test, why_not) in raw.items():
        past = [h.figures[feature] for h in earlier if np.isfinite(h.figures[feature])]
        p = corrected.get(feature, float("nan"))
        before = float(np.mean(past)) if past else float("nan")
        rows.append(Drift(feature, now.figures[feature], before, p, test, bool(p < ERROR), why_not))
    return rows


def _tested(feature: str, now: ShowProfile, earlier: Sequence[ShowProfile]) -> tuple[float, str, str]:
    """Uncorrected p, the test, and why there is none."""
    x = now.figures[feature]
    past = np.array([h.figures[feature] for h in earlier if np.isfinite(h.figures[feature])])
    if not np.isfinite(x):
        return float("nan"), "", _("this show does not tell")
    if not len(past):
        return float("nan"), "", _("no earlier show tells")
    if len(past) >= SHOWS:
        p = by_show(x, past)
        return p, BY_SHOW, "" if np.isfinite(p) else _("the earlier shows are all alike in it")
    ours, theirs, test = now.blocks.get(feature, []), [h.blocks.get(feature, []) for h in earlier], BY_BLOCK
    if feature == "pay_delay_s":
        ours, theirs, test = now.delays, [h.delays for h in earlier], BY_PAYMENT
    a, b = _finite(ours), _finite([x for part in theirs for x in part])
    if min(len(a), len(b)) < LEAST:
        return (
            float("nan"),
            "",
            counted(
                "{n} earlier show: too little for one figure a show",
                "{n} earlier shows: too little for one figure a show",
                len(past),
            ),
        )
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(a, b).pvalue), test, ""


def _finite(values: Sequence[float]) -> np.ndarray:
    array = np.array(values, float)
    return array[np.isfinite(array)]


def by_show(x: float, past: np.ndarray) -> float:
    """Two-sided p of a new figure against earlier ones, on the log scale where all are above 0.

    >>> round(by_show(30.0, np.array([10.0, 11.0, 9.0, 10.0])), 4)
    0.0012
    """
    from scipy.special import stdtr

    if x > 0 and (past > 0).all():
        x, past = float(np.log(x)), np.log(past)
    spread, k = float(past.std(ddof=1)), len(past)
    if spread == 0:
        return float("nan")
    t = abs(x - float(past.mean())) / (spread * np.sqrt(1 + 1 / k))
    return float(2 * stdtr(k - 1, -t))


def holm(p: dict[str, float]) -> dict[str, float]:
    """p-values corrected for their number (Holm 1979), never above 1 and in the order of the raw ones.

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    adjusted, floor = {}, 0.0
    for place, name in enumerate(sorted(p, key=lambda n: p[n])):
        floor = max(floor, min(1.0, p[name] * (len(p) - place)))
        adjusted[name] = floor
    return adjusted
