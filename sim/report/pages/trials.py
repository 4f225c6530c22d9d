"""A sweep's table for its page: every candidate's figures, and the account by what it is a price of, so that prices can be
moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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


def needed(score: Mapping[str, Any]) -> list[str]:
    """Columns of the trials that re-pricing rests on."""
    return ["net", "refused_margin", QUANTITY[compensation(score)[0]], "alerts_handled", "annoyances"]


def of_trials(
    trials: pd.DataFrame, candidates: pd.DataFrame, standings: pd.DataFrame | None, score: Mapping[str, Any]
) -> dict[str, Any]:
    """Columns for ``js/sweep.js``. trials: world, candidate, replicate and figures. score: the account's settings, by name.

    ``base``: what no slider moves; ``PRICED``: quantities; all means over shows, of the mean over worlds [CNY, units].
    ``cov``: upper
    triangle of the covariance of their means, fifteen figures a candidate; ``t``: Student's quantile.
    """
    setting, value = compensation(score)
    frame = trials.rename(columns={QUANTITY[setting]: "cancelled"}) if QUANTITY[setting] in trials else trials
    priced = all(name in frame for name in ("net", *PRICED))
    figures = [name for name in FIGURES if name in frame]
    used = ["net", *(PRICED if priced else ()), *figures]
    shows = frame.groupby(["candidate", "replicate"], sort=False, observed=True)[used].mean().reset_index("replicate", drop=True)
    means = shows.groupby(level=0, sort=False, observed=True).mean()
    names = [str(n) for n in candidates["candidate"]]
    means = means.reindex(names)
    data: dict[str, Any] = {
        "candidate": [shortened(n) for n in names], "family": [shortened(f) for f in candidates["family"]], "figures": figures,
        "net": means["net"].to_numpy(float), **{name: means[name].to_numpy(float) for name in figures},
        "setting": setting, "prices": [float(score.get("recapture", 0.2)), value, float(score.get("ca", 1.5)),
        float(score.get("cx", 0.5))],
        "shows": int(frame["replicate"].nunique()),
    }  # fmt: skip
    if priced:
        rho, co, ca, cx = data["prices"]
        over = co * (1 - rho) if setting == "co_ratio" else co
        worth = np.array([rho, -over, -ca, -cx])
        data["base"] = means["net"].to_numpy(float) - means[list(PRICED)].to_numpy(float) @ worth
        data |= {name: means[name].to_numpy(float) for name in PRICED}
        if len(names) <= MOST_INTERVALS:
            data |= _spread(shows, names, worth)
    data |= _settings(candidates)
    data |= _standing(standings, names)
    return data


def _spread(shows: pd.DataFrame, names: list[str], worth: np.ndarray) -> dict[str, Any]:
    """Covariances of the means, by candidate: upper triangle over base and PRICED; and Student's quantile."""
    values = shows[["net", *PRICED]].to_numpy(float, copy=True)
    values[:, 0] -= values[:, 1:] @ worth
    order = {name: k for k, name in enumerate(names)}
    upper = np.triu_indices(5)
    cov, n = np.zeros((len(names), len(upper[0]))), 0
    codes = np.array([order[str(name)] for name in shows.index])
    by_name = np.argsort(codes, kind="stable")
    for k, own in enumerate(np.split(values[by_name], np.searchsorted(codes[by_name], np.arange(1, len(names))))):
        n = max(n, len(own))
        if len(own) > 1:
            cov[k] = (np.cov(own.T) / len(own))[upper]
    return {"cov": cov.ravel(), "t": student(0.95, n - 1) if n > 1 else 0.0}


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
