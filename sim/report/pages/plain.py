"""The verdict of the other verbs in sentences a host understands, from the tables of their run folders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.pages.blocks import number
from sim.report.pages.kit import shortened
from sim.stats.certify import CERTIFIED, REFUTED
from sim.stats.paired import difference
from sim.words import _

if TYPE_CHECKING:
    pass

Tables = Mapping[str, Any]


def tuned(t: Tables) -> list[str]:
    """What is recommended, what it earned on shows nobody chose by, and against what was there before."""
    shows = t["shows"]
    fresh = shows[shows["stage"] == "confirming"]
    names = list(dict.fromkeys(fresh["candidate"]))
    best, start = names[0], names[1] if len(names) > 1 else ""
    own = fresh[fresh["candidate"] == best].sort_values(["world", "replicate"])
    net = difference(own["net"].to_numpy(float), np.zeros(len(own)))
    text = _("Recommended: {name}. On {n} fresh shows it earned {net} CNY a show, between {low} and {high}.")
    lines = [
        text.format(name=shortened(best), n=len(own), net=number(net.mean, 0), low=number(net.low, 0), high=number(net.high, 0))
    ]
    text = _("It sold {oversold} units a show that were not there, and missed {missed} units that could have been sold.")
    lines.append(text.format(oversold=number(own["oversold_units"].mean(), 1), missed=number(own["missed_units"].mean(), 0)))
    before = fresh[fresh["candidate"] == start].sort_values(["world", "replicate"])
    if start and start != best and len(before) == len(own):
        gain = difference(own["net"].to_numpy(float), before["net"].to_numpy(float))
        text = _("Against {name}, which is what stands now, that is {gain} CNY a show, between {low} and {high}.")
        lines.append(
            text.format(name=shortened(start), gain=number(gain.mean, 0), low=number(gain.low, 0), high=number(gain.high, 0))
        )
    return lines


def broken(t: Tables) -> list[str]:
    """Whether each strategy keeps to its limits, and which dial breaks it first."""
    lines = []
    for name, rows in t["breakpoints"].groupby("strategy", sort=False):
        as_is = rows[rows["severity"].isna()]
        state = str(as_is["state"].iloc[0]) if len(as_is) else ""
        if state == REFUTED:
            lines.append(
                _("{name} breaks the limits already as things are, before anything gets worse.").format(name=shortened(name))
            )
            continue
        if state == CERTIFIED:
            lines.append(_("{name} keeps to the limits as things are.").format(name=shortened(name)))
        turned = rows[rows["severity"].notna() & (rows["dial"] != "none")]
        for dial, points in turned.groupby("dial", sort=False):
            bad = points[points["state"] == REFUTED]["severity"]
            good = points[points["state"] == CERTIFIED]["severity"]
            words = {"name": shortened(name), "dial": shortened(dial), "unit": points["unit"].iloc[0]}
            if len(bad):
                lines.append(_("{name}: {dial} of {breaks} {unit} breaks them.").format(**words, breaks=number(float(bad.min()))))
            elif len(good):
                lines.append(_("{name} stands {dial} up to {holds} {unit}.").format(**words, holds=number(float(good.max()))))
    return lines


def sensitive(t: Tables) -> list[str]:
    """What matters most, and what hardly does."""
    rows = t["sensitivity"].sort_values("total", ascending=False)
    first = rows.iloc[0]
    text = _("What matters most is {setting}: {share} % of the ups and downs of net hang on it, between {low} and {high}.")
    shares = (number(100 * max(0.0, float(first[k])), 0) for k in ("total", "total_low", "total_high"))
    lines = [text.format(setting=shortened(first["key"]), **dict(zip(("share", "low", "high"), shares, strict=True)))]
    idle = [shortened(k) for k, total in zip(rows["key"], rows["total"], strict=True) if float(total) < 0.05]
    if idle:
        lines.append(_("Hardly anything hangs on {settings}, over these ranges.").format(settings=_(", ").join(idle)))
    return lines


def replayed(t: Tables) -> list[str]:
    """Open loop: who would have warned of how many sell-outs."""
    table = t["pooled"] if "pooled" in t else t["table"]
    if "sellouts" not in table:
        return []
    lines = []
    for name, rows in table.groupby("strategy", sort=False):
        text = _("{name} would have warned of {warned} of {sellouts} sell-outs in time, with {alerts} alerts in all.")
        warned, sellouts, alerts = (number(rows[column].sum()) for column in ("warned", "sellouts", "alerts"))
        lines.append(text.format(name=shortened(name), warned=warned, sellouts=sellouts, alerts=alerts))
    return [*lines, _("Nothing was done in this replay: it tells when alerts would have come, not what they would have saved.")]


CAUSES = {
    "leak": "leak 漏洞", "lag": "data lag 数据延迟", "reaction": "reaction 响应", "threshold": "threshold 阈值",
    "reservation": "reservation expiry 预占过期", "demand": "demand surprise 需求意外",
}  # fmt: skip


def reviewed(t: Tables) -> list[str]:
    """What was lost, who is to blame most, what the alerts were worth."""
    blame = t["blame"]
    likely = blame[blame["bound"].isin(("likely", ""))] if "bound" in blame else blame
    lost = likely.groupby("kind")["units"].sum()
    text = _("This show oversold {oversold} units and missed {missed} that could have been sold.")
    lines = [text.format(oversold=number(lost.get("oversold", 0.0)), missed=number(lost.get("missed", 0.0)))]
    by = likely.groupby("cause")["units"].sum().sort_values(ascending=False)
    if len(by) and by.iloc[0] > 0:
        cause = _(CAUSES.get(str(by.index[0]), str(by.index[0])))
        lines.append(_("Most of it goes to {cause}: {units} units.").format(cause=cause, units=number(float(by.iloc[0]))))
    if "chains" in t and len(t["chains"]):
        worth = t["chains"]["worth"].value_counts()
        text = _("Of {n} chains of alerts {useful} were useful and {harmful} did harm, {cny} CNY in all.")
        lines.append(text.format(n=len(t["chains"]), useful=int(worth.get("useful", 0)), harmful=int(worth.get("harmful", 0)),
                                cny=number(float(t["chains"]["worth_cny"].sum()), 0)))  # fmt: skip
    return lines


def fitted(t: Tables) -> list[str]:
    """How many settings were fitted, and which is known worst."""
    rows = t["parameters"]
    lines = [_("The scenario was fitted to the record: {n} settings have a figure of their own.").format(n=len(rows))]
    columns = [c for c in ("low", "high") if c in rows]
    if len(columns) == 2 and "value" in rows:
        width = (rows["high"] - rows["low"]) / rows["value"].abs().replace(0, math.nan)
        if width.notna().any():
            row = rows.loc[width.idxmax()]
            text = _("Known worst is {setting}: {value}, between {low} and {high}.")
            value, low, high = (number(float(row[column])) for column in ("value", "low", "high"))
            lines.append(text.format(setting=shortened(row.iloc[0]), value=value, low=low, high=high))
    return [*lines, _("Rehearse it with uncertain=true, so that what is not known is drawn anew in every show.")]


PLAIN: dict[str, Callable[[Tables], list[str]]] = {
    "tune": tuned, "breakpoint": broken, "sensitivity": sensitive, "replay": replayed, "review": reviewed, "calibrate": fitted,
}  # fmt: skip


def plain(verb: str, tables: Tables, otherwise: list[str], most: int = 3) -> list[str]:
    """Sentences for the host; where the tables are of another version or cut short, the study's own."""
    try:
        lines = PLAIN[verb](tables) if verb in PLAIN else []
    except (KeyError, IndexError, ValueError, TypeError):
        lines = []
    return (lines or otherwise)[:most]
