"""A sweep's table for its page: every candidate's figures, and the account by what it is a price of, so that prices can be
moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.report.pages.kit import shortened
from sim.stats.paired import student

if TYPE_CHECKING:
    import pandas as pd

QUANTITY = {"co": "cancelled_units", "co_ratio": "cancelled_margin", "co_share": "cancelled_value"}
"""What the compensation is a price of, by the setting that fixes it."""
PRICED = ("refused_margin", "cancelled", "alerts_handled", "annoyances")
"""What the four sliders are prices of, after the part of net that no slider moves."""
FIGURES = (
    "gmv",
    "oversold_units",
    "session_oversold",
    "missed_units",
    "missed_gmv",
    "notices_per_operator_hour",
    "alerts",
    "recall",
)
"""Figures of a candidate beside its money, those that were kept."""
MOST_INTERVALS = 3000
"""Candidates beyond which intervals of re-priced figures are left out: fifteen figures each."""


def compensation(score: Mapping[str, Any]) -> tuple[str, float]:
    """Which setting of the account fixes the compensation, and its value: the first that is given."""
    for name in ("co", "co_ratio"):
        if score.get(name) is not None:
            return name, float(score[name])
    return "co_share", float(score.get("co_share", 0.6))


class Columns(Protocol):
    """Figures of a sweep by name, float64 [candidate, show], means over worlds; NaN: not played. Each is made when it is asked
    for, so that one at a time is held."""

    shows: int

    def __contains__(self, name: str) -> bool: ...

    def __call__(self, name: str) -> np.ndarray: ...


def of_trials(
    trials: Columns, candidates: pd.DataFrame, standings: pd.DataFrame | None, score: Mapping[str, Any]
) -> dict[str, Any]:
    """Columns for ``js/sweep.js``. score: the account's settings, by name.

    ``base``: what no slider moves; ``PRICED``: quantities; all means over shows, of the mean over worlds [CNY, units].
    ``cov``: upper
    triangle of the covariance of their means, fifteen figures a candidate; ``t``: Student's quantile.
    """
    setting, value = compensation(score)
    called = {name: QUANTITY[setting] if name == "cancelled" else name for name in PRICED}
    priced = all(name in trials for name in called.values())
    names, figures = [str(n) for n in candidates["candidate"]], [name for name in FIGURES if name in trials]
    means = {name: _means(trials(called.get(name, name))) for name in ("net", *(called if priced else ()), *figures)}
    data: dict[str, Any] = {
        "candidate": [shortened(n) for n in names], "family": [shortened(f) for f in candidates["family"]], "figures": figures,
        "net": means["net"], **{name: means[name] for name in figures},
        "setting": setting, "prices": [float(score.get("recapture", 0.2)), value, float(score.get("ca", 1.5)),
        float(score.get("cx", 0.5))],
        "shows": trials.shows,
    }  # fmt: skip
    if priced:
        rho, co, ca, cx = data["prices"]
        over = co * (1 - rho) if setting == "co_ratio" else co
        worth = np.array([rho, -over, -ca, -cx])
        data["base"] = means["net"] - np.stack([means[name] for name in PRICED], axis=-1) @ worth
        data |= {name: means[name] for name in PRICED}
        if len(names) <= MOST_INTERVALS:
            data |= _spread(trials, [called[name] for name in PRICED], worth)
    data |= _settings(candidates)
    data |= _standing(standings, names)
    return data


def _means(values: np.ndarray) -> np.ndarray:
    """Means over the shows that were played, NaN where there are none. values: float64 [candidate, show]."""
    played = np.count_nonzero(~np.isnan(values), axis=1)
    return np.where(played > 0, np.nansum(values, axis=1) / np.maximum(played, 1), np.nan)


def _spread(trials: Columns, priced: list[str], worth: np.ndarray) -> dict[str, Any]:
    """Covariances of the means, by candidate: upper triangle over base and PRICED; and Student's quantile."""

    def apart(k: int) -> np.ndarray:
        """How far figure k of every show lies from its mean; 0 where it was not played."""
        values = trials(priced[k - 1]) if k else trials("net")
        for name, price in zip(priced, worth, strict=True) if not k else ():
            part = trials(name)
            part *= price
            values -= part
        values -= _means(values)[:, None]
        return np.nan_to_num(values, copy=False)

    shows = np.count_nonzero(~np.isnan(trials("net")), axis=1)
    over = np.maximum(shows * (shows - 1), 1)
    columns = []
    for a in range(1 + len(priced)):  # two figures at a time are all that is held
        one = apart(a)
        columns += [np.einsum("cs,cs->c", one, one if a == b else apart(b)) / over for b in range(a, 1 + len(priced))]
    n = int(shows.max(initial=0))
    return {"cov": np.stack(columns, axis=-1).ravel(), "t": student(0.95, n - 1) if n > 1 else 0.0}


def _settings(candidates: pd.DataFrame) -> dict[str, Any]:
    """What was varied: numbers as columns, anything else as names."""
    import pandas as pd

    keys = [str(c) for c in candidates.columns if c not in ("candidate", "family")]
    columns: dict[str, Any] = {"varied": [shortened(k.removeprefix("strategy.")) for k in keys], "keys": keys}
    for number, key in enumerate(keys):
        column = candidates[key]
        if pd.api.types.is_numeric_dtype(column) and column.dtype != bool:
            columns[f"v{number}"] = column.to_numpy(float)
        else:
            columns[f"v{number}"] = [None if v is None or v != v else shortened(v) for v in column]
    return columns


def _standing(standings: pd.DataFrame | None, names: list[str]) -> dict[str, Any]:
    """How far behind the best each is, and whether the verdict tells the two apart."""
    if standings is None:
        return {"tied": np.zeros(len(names))}
    standing = standings.set_index("candidate").reindex(names)
    columns = {name: standing[name].to_numpy(float) for name in ("behind", "behind_low", "behind_high")}
    return columns | {"tied": standing["tied"].fillna(False).to_numpy(bool).astype(float)}
