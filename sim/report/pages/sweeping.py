"""What a sweep came to, in three sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.pages.blocks import number
from sim.report.pages.kit import shortened
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd


def plain(data: Mapping[str, Any], candidates: pd.DataFrame, verdict: Sequence[str]) -> list[str]:
    """The verdict for the host. data: columns of :func:`~sim.report.pages.trials.of_trials`. verdict: the study's own
    sentences."""
    net = np.asarray(data["net"], float)
    if not np.isfinite(net).any():
        return list(verdict[:3])
    best = int(np.nanargmax(net))
    row = candidates.iloc[best].to_dict()
    settings = ", ".join(f"{key} {_value(row[key])}" for key in data["keys"] if row[key] is not None and row[key] == row[key])
    text = _("Of {n} settings tried, {best} did best: with {settings} a show earns about {net} CNY.")
    lines = [text.format(n=number(len(net)), best=data["candidate"][best], settings=settings or "–", net=number(net[best], 0))]
    oversold, missed = (
        np.asarray(data.get(name, np.full(len(net), np.nan)), float)[best] for name in ("oversold_units", "missed_units")
    )
    text = _("With it {oversold} units a show are sold that are not there, and {missed} units could have been sold and are not.")
    lines.append(text.format(oversold=number(oversold, 1), missed=number(missed, 0)))
    tied = int(np.nansum(data["tied"])) - 1
    if tied > 0:
        text = _("{n} other settings cannot be told apart from it with {shows} shows: among them choose the one that is "
                 "easiest to live with.")  # fmt: skip
        lines.append(text.format(n=number(tied), shows=data["shows"]))
    elif "behind" in data:
        lines.append(_("No other setting tried comes close, beyond chance, over {shows} shows.").format(shows=data["shows"]))
    return lines


def _value(value: Any) -> str:
    return shortened(f"{value:.4g}" if isinstance(value, float) else value)
