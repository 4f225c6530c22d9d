"""The verdict of the other verbs in sentences a host understands, from the tables of their run folders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sim.report.pages import records
from sim.report.pages.blocks import number
from sim.report.pages.kit import shortened
from sim.report.pages.labels import candidate, label, unit_of
from sim.report.pages.studies import dial_words, ends, of_candidates
from sim.stats.certify import CERTIFIED, REFUTED
from sim.stats.paired import difference, mean_of
from sim.words import _

Tables = Mapping[str, Any]


def tuned(t: Tables) -> list[str]:
    """What is recommended, what it earned on shows nobody chose by, and against what was there before."""
    shows = of_candidates(t["shows"])
    fresh = shows[shows["stage"] == "confirming"]
    names = list(dict.fromkeys(fresh["candidate"]))
    best, start = names[0], names[1] if len(names) > 1 else ""
    confirmed = fresh[fresh["candidate"] == best].sort_values("replicate")
    net, low, high = mean_of(confirmed["net"])
    text = _("Recommended: {name}. On {n} fresh shows it earned {net} CNY a show, between {low} and {high}.")
    sentences = [
        text.format(
            name=shortened(candidate(str(best))),
            n=len(confirmed),
            net=number(net, 0),
            low=number(low, 0),
            high=number(high, 0),
        )
    ]
    text = _("It sold {oversold} units a show that were not there, and missed {missed} units that could have been sold.")
    sentences.append(
        text.format(oversold=number(confirmed["oversold_units"].mean(), 1), missed=number(confirmed["missed_units"].mean(), 0))
    )
    before = fresh[fresh["candidate"] == start].sort_values("replicate")
    if start and len(before) == len(confirmed):
        gain = difference(confirmed["net"].to_numpy(float), before["net"].to_numpy(float))
        if gain.mean >= 0:
            text = _(
                "That is {gain} CNY a show more than {name}, which is what stands now (a difference between {low} and {high})."
            )
        else:
            text = _(
                "That is {gain} CNY a show less than {name}, which is what stands now (a difference between {low} and {high})."
            )
        sentences.append(
            text.format(
                name=shortened(candidate(str(start))),
                gain=number(abs(gain.mean), 0),
                low=number(gain.low, 0),
                high=number(gain.high, 0),
            )
        )
    elif not start:
        sentences.append(_("That is what stands already: nothing that was tried is worth changing it for."))
    return sentences


def broken(t: Tables) -> list[str]:
    """Whether each strategy keeps to its limits as things are, and what breaks it first."""
    sentences = []
    for name, rows in t["breakpoints"].groupby("strategy", sort=False):
        as_is = rows[rows["severity"].isna()]
        state = str(as_is["state"].iloc[0]) if len(as_is) else ""
        if state == REFUTED:
            sentences.append(_over(shortened(name), as_is.iloc[0]))
            continue
        turned = rows[rows["severity"].notna() & (rows["dial"] != "none")]
        if state == CERTIFIED:
            start = _("{name} keeps to the limits as things are.")
        else:
            start = _("Whether {name} keeps to the limits as things are cannot be said with so few shows.")
        sentences.append(" ".join([start.format(name=shortened(name)), *_worst(turned)]))
    return sentences


def _over(name: str, row: Any) -> str:
    """A strategy that breaks a limit before anything gets worse: which, by how much."""
    limits = [str(c).removesuffix("_limit") for c in row.index if str(c).endswith("_limit")]
    over = [m for m in limits if float(row[m]) > float(row[f"{m}_limit"])]
    if not over:
        return _("{name} breaks the limits already as things are, before anything gets worse.").format(name=name)
    most = max(over, key=lambda m: float(row[m]) / max(1e-12, float(row[f"{m}_limit"])))
    share = 100 if unit_of(most) == "share" else 1
    text = _("{name} breaks the limits already as things are: {limit} {value} where {most} is allowed.")
    unit = " %" if share == 100 else ""
    return text.format(name=name, limit=label(most), value=number(share * float(row[most])) + unit,
                       most=number(share * float(row[f"{most}_limit"])) + unit)  # fmt: skip


def _worst(turned: Any) -> list[str]:
    """What certainly breaks it, else up to where it certainly holds."""
    breaks, holds = [], []
    for dial, points in turned.groupby("dial", sort=False):
        good, bad = ends(points)
        words = {"dial": dial_words(str(dial)), "unit": _(str(points["unit"].iloc[0]))}
        if bad is not None:
            breaks.append(_("{dial} ({at} {unit})").format(**words, at=number(bad)))
        elif good is not None:
            holds.append(_("{dial} ({at} {unit})").format(**words, at=number(good)))
    sentences = []
    if breaks:
        sentences.append(_("It breaks where {things}.").format(things=_(" or ").join(breaks)))
    if holds:
        sentences.append(_("It certainly bears {things}.").format(things=_(", ").join(holds)))
    return sentences or ([_("Nothing that was tried certainly breaks it.")] if len(turned) else [])


def sensitive(t: Tables) -> list[str]:
    """What matters most, how sure that is, and what hardly does."""
    rows = t["sensitivity"].sort_values("total", ascending=False)
    first = rows.iloc[0]
    text = _("What matters most is {setting}: {share} % of the ups and downs of net hang on it, between {low} and {high}.")
    shares = (number(100 * min(1.0, max(0.0, float(first[k]))), 0) for k in ("total", "total_low", "total_high"))
    sentences = [text.format(setting=shortened(first["key"]), **dict(zip(("share", "low", "high"), shares, strict=True)))]
    rivals = [shortened(r["key"]) for r in rows.iloc[1:].to_dict("records") if float(r["total_high"]) > float(first["total_low"])]
    if rivals:
        sentences.append(_("Too few points were played to rank it against {rivals}.").format(rivals=_(", ").join(rivals[:4])))
    idle = [shortened(r["key"]) for r in rows.to_dict("records") if float(r["total_high"]) < 0.05]
    if idle:
        sentences.append(_("Hardly anything hangs on {settings}, over these ranges.").format(settings=_(", ").join(idle)))
    return sentences


def replayed(t: Tables) -> list[str]:
    """Open loop: who would have warned of how many sell-outs."""
    if "verdict" in t:
        return _closed(t["pooled"] if "pooled" in t else t["verdict"])
    table = t["pooled"] if "pooled" in t else t["table"]
    if "sellouts" not in table:
        return []
    sentences = []
    for name, rows in table.groupby("strategy", sort=False):
        text = _("{name} would have warned of {warned} of {sellouts} sell-outs in time, with {alerts} alerts in all.")
        sentences.append(text.format(name=shortened(name), warned=number(rows["warned"].sum()),
             sellouts=number(rows["sellouts"].sum()),
                                alerts=number(rows["alerts"].sum())))  # fmt: skip
    return [
        *sentences[:2],
        _("Nothing was done in this replay: it tells when alerts would have come, not what they would have saved."),
    ]


def _closed(table: Any) -> list[str]:
    """Closed loop: who would have saved most, how sure that is, what it rests on."""
    rows = table[table["strategy"] != "silent"]
    best = rows.sort_values("saved_likely", ascending=False).iloc[0].to_dict()
    low, high = (number(float(best[f"saved_{bound}"]), 0) for bound in ("low", "high"))
    words = {"name": shortened(best["strategy"]), "saved": number(abs(float(best["saved_likely"])), 0)}
    if float(best["saved_likely"]) > 0:
        sentences = [_("With {name} this show would have earned about {saved} CNY more than with nobody acting.").format(**words)]
    else:
        text = _(
            "No strategy tried would have helped here: the best of them, {name}, earns about {saved} CNY less than nobody acting."
        )
        sentences = [text.format(**words)]
    text = _("Depending on how many people would have come while nothing could be had, that is {low} to {high} CNY.")
    sentences.append(text.format(low=low, high=high))
    text = _("With it {oversold} units are sold that are not there and {missed} that could have been sold are not; {share} % "
             "of this rests "
             "on demand that nobody recorded.")  # fmt: skip
    share = float(best.get("imputed_share") or 0.0)
    sentences.append(text.format(oversold=number(float(best["oversold_units_likely"]), 1),
                            missed=number(float(best["missed_units_likely"]), 0), share=number(100 * share, 0)))  # fmt: skip
    return sentences


CAUSES = {cause: words for cause, (words, _colour) in records.CAUSES.items()}


def reviewed(t: Tables) -> list[str]:
    """What was lost, who is to blame most, what the alerts were worth."""
    blame = t["blame"]
    likely = blame[blame["bound"].fillna("").isin(("likely", ""))] if "bound" in blame else blame
    lost = likely.groupby("kind")["units"].sum()
    text = _("This show oversold {oversold} units and missed {missed} that could have been sold.")
    sentences = [text.format(oversold=number(lost.get("oversold", 0.0)), missed=number(lost.get("missed", 0.0)))]
    by = likely.groupby("cause")["units"].sum().sort_values(ascending=False)
    if len(by) and by.iloc[0] > 0:
        cause = _(CAUSES.get(str(by.index[0]), str(by.index[0])))
        sentences.append(_("Most of it goes to {cause}: {units} units.").format(cause=cause, units=number(float(by.iloc[0]))))
    if "chains" in t and len(t["chains"]):
        worth = t["chains"]["worth"].value_counts()
        text = _("Of {n} chains of alerts {useful} were useful and {harmful} did harm, {cny} CNY in all.")
        sentences.append(text.format(n=len(t["chains"]), useful=int(worth.get("useful", 0)), harmful=int(worth.get("harmful", 0)),
                                cny=number(float(t["chains"]["worth_cny"].sum()), 0)))  # fmt: skip
    return sentences


def fitted(t: Tables) -> list[str]:
    """How many settings were fitted, and which is known worst."""
    rows = t["parameters"]
    sentences = [_("The scenario was fitted to the record: {n} settings have a figure of their own.").format(n=len(rows))]
    columns = [c for c in ("low", "high") if c in rows]
    if len(columns) == 2 and "value" in rows:
        width = (rows["high"] - rows["low"]) / rows["value"].abs().replace(0, math.nan)
        if width.notna().any():
            row = rows.loc[width.idxmax()]
            text = _("Known worst is {setting}: {value}, between {low} and {high}.")
            sentences.append(text.format(setting=shortened(row.iloc[0]), value=number(float(row["value"])),
                 low=number(float(row["low"])),
                                    high=number(float(row["high"]))))  # fmt: skip
    return [*sentences, _("Rehearse it with uncertain=true, so that what is not known is drawn anew in every show.")]


PLAIN: dict[str, Callable[[Tables], list[str]]] = {
    "tune": tuned, "breakpoint": broken, "sensitivity": sensitive, "replay": replayed, "review": reviewed, "calibrate": fitted,
}  # fmt: skip


def plain(verb: str, tables: Tables, otherwise: list[str], most: int = 3) -> list[str]:
    """Sentences for the host; where the tables are of another version or cut short, the study's own."""
    try:
        sentences = PLAIN[verb](tables) if verb in PLAIN else []
    except (KeyError, IndexError, ValueError, TypeError):
        sentences = []
    return (sentences or otherwise)[:most]
