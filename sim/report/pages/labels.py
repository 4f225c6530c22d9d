"""How columns and the words in them are called on a page and in a workbook: the data's own names stay those of the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sim.score.metrics import METRICS
from sim.words import N_, _

LABELS = {
    "strategy": N_("strategy"), "candidate": N_("candidate"), "family": N_("kind of strategy"), "scenario": N_("scenario"),
    "same": N_("cannot be told apart from the best"),
    "world": N_("world"), "stream": N_("recording"), "replicate": N_("show no."), "replicates": N_("shows"), "shows": N_("shows"),
    "stage": N_("stage"), "trial": N_("trial"), "sku": N_("item"), "loop": N_("loop"), "bound": N_("bound"),
    "dial": N_("what gets worse"), "setting": N_("setting"), "severity": N_("by how much"), "state": N_("state"),
    "limits": N_("limits"), "unit": N_("unit"), "value": N_("value"), "default": N_("default"), "source": N_("source"),
    "confidence": N_("confidence"), "given": N_("given by you"), "meaning": N_("meaning"), "low": N_("lower end"),
    "high": N_("upper end"), "key": N_("setting"), "first": N_("by itself"), "total": N_("in all"),
    "behind": N_("behind the best"),
    "tied": N_("cannot be told apart from the best"), "level": N_("level"), "level_name": N_("level"), "stock": N_("stock seen"),
    "line": N_("line"), "at": N_("time"), "t_s": N_("time"), "start_s": N_("from"), "end_s": N_("until"), "start_at": N_("from"),
    "end_at": N_("until"), "heard_s": N_("heard at"), "handled_s": N_("dealt with at"), "episode": N_("episode"),
    "verdict": N_("what came"), "became": N_("what came"), "lead_s": N_("lead"), "usable_lead_s": N_("usable lead"),
    "alert": N_("alert"), "orders": N_("orders to machines"), "worth_cny": N_("worth"), "worth": N_("useful or not"),
    "saved_oversold": N_("oversold units saved"), "saved_missed": N_("missed units saved"), "saved_cny": N_("saved"),
    "could_oversold": N_("oversold units it could have saved"), "could_missed": N_("missed units it could have saved"),
    "could_cny": N_("could have saved"), "show": N_("show"), "kind": N_("kind of loss"), "cause": N_("cause"),
    "units": N_("units"),
    "option": N_("option"), "now": N_("now"), "far": N_("how far"), "share": N_("share saved"), "missed": N_("missed"),
    "oversold": N_("oversold"), "word": N_("change"), "stands": N_("holds there"), "oversold_before": N_("oversold before"),
    "oversold_after": N_("oversold after"), "missed_before": N_("missed before"), "missed_after": N_("missed after"),
    "net_before": N_("net before"), "net_after": N_("net after"), "alerts_before": N_("alerts before"),
    "alerts_after": N_("alerts after"), "speedup": N_("speed of the recording"), "horizon_s": N_("an alert counts for"),
    "sellouts": N_("sell-outs"), "warned": N_("warned in time"), "standing": N_("alert standing at the sell-out"),
    "lead_median_s": N_("lead, median"), "lead_least_s": N_("lead, least"), "early": N_("alerts in time"),
    "while_sold_out": N_("alerts while sold out"), "unfollowed": N_("alerts that nothing followed"), "undecided": N_("undecided"),
    "alerts_per_h": N_("alerts an hour"), "flaps": N_("flaps"), "sellout": N_("sell-out no."), "sold_out_s": N_("sold out at"),
    "sold_out_at": N_("sold out at"), "back_s": N_("stock again at"), "times": N_("sell-outs in it"),
    "watch_s": N_("first watch"),
    "prepare_s": N_("first prepare"), "emergency_s": N_("first emergency"), "imputed_units": N_("units imputed"),
    "imputed_sold": N_("imputed units sold"), "imputed_oversold": N_("imputed units oversold"),
    "recorded_refused": N_("recorded orders refused"), "saved": N_("saved over nobody acting"),
    "imputed_share": N_("share that is imputed"),
    "holds": N_("holds under all bounds"), "why": N_("why"), "likely": N_("likely"), "hot": N_("as in the last five minutes"),
    "high_is": N_("upper bound is"), "file": N_("file"), "reason": N_("reason"), "text": N_("row"),
    "ordered_units": N_("units ordered"),
    "error": N_("standard error"), "quantity": N_("quantity"), "nights": N_("nights"), "J": N_("left on the table J"),
    "objective": N_("objective"),
}  # fmt: skip
"""Columns that are no metric; metrics are called by their own names, spelt out."""
TABLES = {
    "summary": N_("summary"), "assumptions": N_("assumptions"), "alerts": N_("alerts"), "scores": N_("scores"),
    "items": N_("items"),
    "chains": N_("chains of alerts"), "candidates": N_("candidates"), "worlds": N_("worlds"), "trials": N_("trials"),
    "standings": N_("standings"), "front": N_("Pareto front"), "certificates": N_("certificates"), "shows": N_("every show"),
    "breakpoints": N_("breakpoints"), "sensitivity": N_("sensitivity"), "table": N_("sell-outs by strategy"),
    "sellouts": N_("every sell-out"), "verdict": N_("verdict"), "windows": N_("spells without stock"),
    "rejects": N_("rejected rows"),
    "blame": N_("blame"), "changes": N_("changes"), "evidence": N_("evidence"), "drift": N_("drift"),
    "parameters": N_("fitted settings"), "bands": N_("predictive bands"), "diff": N_("difference"),
    "diff_counts": N_("difference, counted"), "pooled": N_("all recordings together"), "nights": N_("nights"),
}  # fmt: skip
"""Tables of a run folder."""
CELLS = (
    N_("certified"), N_("refuted"), N_("undecided"), N_("none"), N_("judging"), N_("confirming"), N_("open"), N_("closed"),
    N_("rehearsed"), N_("recorded"), N_("low"), N_("likely"), N_("high"), N_("oversold"), N_("missed"), N_("leak"), N_("lag"),
    N_("reaction"), N_("threshold"), N_("reservation"), N_("demand"), N_("true"), N_("late"), N_("false"), N_("repeat"),
    N_("unjudged"), N_("early"), N_("unfollowed"), N_("while_sold_out"), N_("undecided"), N_("useful"), N_("harmful"),
    N_("no matter"), N_("a notice only"), N_("could have saved"), N_("saved"), N_("sold out"), N_("frozen"), N_("delisted"),
    N_("1 draw in 100"), N_("last five minutes"),
    N_("feed_lag"), N_("freeze_latency"), N_("cue_slip"), N_("payment_delay"), N_("cart_mirage"),
    N_("stock_lag"), N_("stock_period"), N_("stock_loss"), N_("strict"), N_("standard"), N_("platform"), N_("fitted"),
    N_("watch 初级"), N_("prepare 中级"), N_("emergency 高级"), N_("best"), N_("shut"), N_("too late"), N_("all clear"),
    N_("while sold out"), N_("did harm"),
    N_("nothing to save"), N_("saved units"), N_("traffic"), N_("profit"), N_("longtail"),
)  # fmt: skip
"""Words that stand in cells."""
ENDS = {
    "low": N_("{name}, lower end"), "high": N_("{name}, upper end"), "likely": N_("{name}, likely"),
    "limit": N_("limit of {name}"),
    "error": N_("{name}, standard error"),
}  # fmt: skip
BOUNDS = {"low": N_("{name}, if nobody would have come"), "high": N_("{name}, if as many as could"), "likely": ENDS["likely"]}
UNITS = {
    "_s": "s",
    "_cny": "CNY",
    "_min": "min",
    "_units": "units",
    "_minutes": "min",
    "_gmv": "CNY",
    "_oversold": "units",
    "_missed": "units",
}
"""Units told by how a column is called, where it is no metric."""
OWN_UNITS = {
    "units": "units",
    "stock": "units",
    "line": "units",
    "behind": "CNY",
    "oversold": "units",
    "missed": "units",
    "share": "share",
    "saved": "CNY",
}
_END = re.compile(r"(.+)_(low|high|likely|limit|error)")


def label(column: str, beside: Iterable[str] = ()) -> str:
    """How a column is called in the language spoken now. beside: all columns of its table, which tell an interval's end from
    a bound of what was imputed.

    >>> label("worth_cny"), label("net_low"), label("oversold_units"), label("net_low", ["net_low", "net_likely"])
    ('worth', 'net, lower end', 'oversold units', 'net, if nobody would have come')
    """
    if column in LABELS:
        return _(LABELS[column])
    if column not in METRICS and (match := _END.fullmatch(column)):
        words = BOUNDS if f"{match[1]}_likely" in beside and match[2] in BOUNDS else ENDS
        return _(words[match[2]]).format(name=label(match[1], beside))
    return spelt(column)


def spelt(column: str) -> str:
    """A metric's name, spelt out; any other as it is."""
    return _(column.replace("_", " ")) if column in METRICS else column


def candidate(name: str) -> str:
    """A candidate's name; one that stands at its defaults says so in the language spoken now.

    >>> candidate("smart (default)")
    'smart (default)'
    """
    return _("{name} (default)").format(name=name.removesuffix(DEFAULT)) if name.endswith(DEFAULT) else name


DEFAULT = " (default)"


def word(value: str) -> str:
    """A word in a cell in the language spoken now; a name stays as it is."""
    return _(value) if value in CELLS else value


def unit_of(column: str, beside: Sequence[str] = ()) -> str:
    """The unit of a column, "" where it has none. beside: the columns of its table (a line of a file is no line of a strategy).

    >>> unit_of("net"), unit_of("saved_likely_low"), unit_of("lead_s"), unit_of("strategy"), unit_of("line", ["file", "line"])
    ('CNY', 'CNY', 's', '', '')
    """
    if column == "line" and "file" in beside:
        return ""
    name = re.sub(r"(_(low|high|likely|limit|before|after|error))+$", "", column)
    if name in METRICS:
        return METRICS[name].unit
    if name in OWN_UNITS:
        return OWN_UNITS[name]
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
