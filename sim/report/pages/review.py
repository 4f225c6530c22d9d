"""The page of a review as Markdown: sections titled in both languages, tables of what was found, words on what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.postmortem.blame import CAUSES, PARTS
from sim.postmortem.counterfactual import COULD, HARM, NEITHER, NOTICE, SAVED
from sim.postmortem.losses import MISSED, OVERSOLD
from sim.postmortem.review import Review
from sim.report.figures.blame import NAMES
from sim.report.pages.review_change import change, drift, next_week, rests, table
from sim.report.pages.worth import worth_section
from sim.report.text.layout import NOTHING, number
from sim.report.text.night import bands_page, night_page
from sim.report.text.review import (
    basis,
    in_code,
    open_leaks,
    order_note,
    safe,
)
from sim.words import N_, _, columns, counted
from strategies.contract import LEVEL_NAMES

MOST_ROWS = 24
"""Alerts on the page; the folder has them all."""
WORTH = {
    SAVED: N_("saved units 救回"), COULD: N_("could have saved 本可救回"), HARM: N_("did harm 帮倒忙"),
    NEITHER: N_("nothing to save 无可救"), NOTICE: N_("a notice only 仅通知"),
}  # fmt: skip
VERDICTS = {
    "true": N_("true 准"), "late": N_("late 晚"), "false": N_("false 误报"), "repeat": N_("repeat 重复"),
    "unjudged": N_("unjudged 未定"),
}  # fmt: skip
At = Callable[[float], str]


def page(r: Review, command: str, at: At, notes: Sequence[str], pictures: Sequence[str], recorded: Sequence[str] = ()) -> str:
    """The whole page. at: a moment of the show [s] as its clock writes it. notes: what is to be said of the data. recorded: what
    the recording itself says, which stands first."""
    parts = [
        _("# Post-show review 复盘: {name}").format(name=safe(r.show.name)),
        _("**{basis}.** Strategy {strategy}, playbook {playbook}. To repeat it: {command}").format(
            basis=basis(r),
            strategy=safe(r.policy.name),
            playbook=safe(r.policy.playbook.name),
            command=in_code(command),
        ),
        *([_("## As recorded 实录"), " ".join(safe(text) for text in recorded)] if recorded else []),
        *_outcome(r),
        *night_page(r),
        *bands_page(r.bands, at),
        *_fired(r, at, pictures),
        *worth_section(r, at, MOST_ROWS),
        *_saved(r, at),
        *_blame(r, pictures),
        *change(r),
        *drift(r),
        *next_week(r),
        _("## What this rests on 依据"),
        "\n".join(f"- {safe(note)}" for note in [*rests(r), *notes]),
    ]
    return "\n\n".join(parts) + "\n"


OUTCOME = (
    (N_("units asked for 需求"), "demand_units", N_("units")),
    (N_("sold 售出"), "sold_units", N_("units")),
    (N_("oversold 超卖"), "oversold_units", N_("units")),
    (N_("missed 少卖"), "missed_units", N_("units")),
    (N_("beyond all stock 真断货"), "missed_true_stockout", N_("units")),
    (N_("unsold 剩余"), "unsold_units", N_("units")),
    (N_("turnover 成交额"), "gmv", "CNY"),
    (N_("net 净收益"), "net", "CNY"),
    (N_("the same, nobody acting 无人值守"), "net_silent", "CNY"),
    (N_("most possible 事后最优"), "net_hindsight", "CNY"),
    (N_("left on the table J 可改进空间"), "J", "CNY"),
    (N_("alerts 预警"), "alerts", ""),
)
"""Rows of the outcome: name, metric, unit."""


def _outcome(r: Review) -> list[str]:
    row, before = r.row, r.search.before
    rows = [[_(name), number(row[key], 0), _(unit) if unit else ""] for name, key, unit in OUTCOME]
    words = [
        _("{oversold:,} units oversold, {missed:,} missed though they could have been sold.").format(
            oversold=before.oversold, missed=before.missed
        ),
        _("Beyond all stock: {units} units were asked for that did not exist.").format(units=number(row["missed_true_stockout"])),
    ]
    if row["J"] > row["J_silent"]:
        words.append(
            _("**Acting cost more than it saved:** with nobody acting the show would have earned {net} CNY.").format(
                net=number(row["net_silent"])
            )
        )
    return [_("## In figures 结果"), " ".join(words), table(("", "", _("unit")), rows, (1,))]


def _fired(r: Review, at: At, pictures: Sequence[str]) -> list[str]:
    lines = [_("## What fired, and when 触发了什么")]
    if not r.told:
        return [*lines, _("No alert was sent.")]
    rows = [
        [
            at(a["t_s"]),
            safe(a["sku"]),
            _(LEVEL_NAMES[a["level"]]),
            number(a["stock"]),
            number(a["line"]),
            _(VERDICTS[a["verdict"]]),
            number(a["lead_s"]),
            at(a["heard_s"]) if np.isfinite(a["heard_s"]) else NOTHING,
        ]
        for a in r.alerts[:MOST_ROWS]
    ]
    head = columns(N_("time | SKU | level 级别 | stock seen | line | judged 判定 | lead [s] 提前量 | heard at 响应"))
    lines.append(table(head, rows, (3, 4, 6)))
    lines.append(
        _(
            "Judged against the same show with nobody acting. Every effect of an alert has a window: from the time it takes, "
            "for {horizon_s:g} s; true if an item gets into trouble in one of them, late if before the first, a repeat while "
            "an alert as high is still open, unjudged where a window ends after the show."
        ).format(horizon_s=r.profile.horizon_s)
        + "".join(f" {text}" for text in _more(r))
    )
    return [*lines, *(f"![{_('timeline')}]({name})" for name in pictures if name.startswith("timeline"))]


def _more(r: Review) -> list[str]:
    """Alerts that the page does not show."""
    hidden = r.told - min(len(r.alerts), MOST_ROWS)
    if len(r.alerts) != r.told:
        return [_("Only the first {n} of {all:,} were played out (alerts=...).").format(n=len(r.alerts), all=r.told)]
    return [counted("{n:,} more alert in `alerts.csv`.", "{n:,} more alerts in `alerts.csv`.", hidden)] if hidden else []


def _saved(r: Review, at: At) -> list[str]:
    lines = [_("## What each alert could still have saved 每次预警还能救回多少")]
    acting = [a for a in r.alerts if a["worth"] not in (NOTICE, NEITHER)]
    count = {word: sum(a["worth"] == word for a in r.alerts) for word in WORTH}
    total = _(", ").join(f"{n} {_(WORTH[word])}" for word, n in count.items() if n) or _("no alert was sent")
    if not acting:
        return [*lines, _("No alert changed what was lost, or could have: {total}.").format(total=total)]
    rows = [
        [
            at(a["t_s"]),
            safe(a["sku"]),
            _(LEVEL_NAMES[a["level"]]),
            _(WORTH[a["worth"]]),
            *(number(a[f"{word}_{what}"]) for word in ("saved", "could") for what in ("oversold", "missed", "cny")),
        ]
        for a in acting[:MOST_ROWS]
    ]
    head = columns(
        N_("time | SKU | level 级别 | worth 作用 | saved: oversold | missed | CNY | could have: oversold | missed | CNY")
    )
    return [
        *lines,
        table(head, rows, range(4, 10)),
        _(
            "{total}. *Saved*: the loss had this alert alone been ignored, less the loss as it was; below zero the alert did "
            "harm. *Could have*: what it could still have saved at its moment, carried out at once and without the later "
            "alerts about its item. CNY are of the whole account, net."
        ).format(total=total),
    ]


def _blame(r: Review, pictures: Sequence[str]) -> list[str]:
    b = r.blame
    shown = _tenths(b.parts.sum(2))
    rows = []
    for k, cause in enumerate(CAUSES):
        alone = [number(float(u)) for u in b.alone[k]] if k < len(b.alone) else [NOTHING, NOTHING]
        rows.append([_(NAMES[cause]), *(number(float(u), 1) for u in shown[k]), number(float(b.cost[k])), *alone])
    total = [f"{int(x):,}" for x in b.lost.units.sum(1)]
    rows.append([_("all 合计"), *total, number(float(b.cost.sum())), NOTHING, NOTHING])
    head = columns(N_("cause 原因 | oversold 超卖 | missed 少卖 | CNY | alone: oversold | missed"))
    against = (
        counted(
            "Threshold is held against the best lines of {n} other show.",
            "Threshold is held against the best lines of {n} other shows.",
            b.others,
        )
        if b.others
        else _("Threshold is held against lines found on this show itself, so demand is blamed too little.")
    )
    words = [order_note(), against]
    if r.by_order is not None:
        words.append(
            _(
                "The ledger deducts on payment 付款减库存 (L1); deducting on order 拍下减库存 it would have oversold "
                "{oversold:,} and missed {missed:,} units."
            ).format(oversold=r.by_order[OVERSOLD], missed=r.by_order[MISSED])
        )
    if open_leaks(r):
        words.append(_("Open leaks: {leaks}.").format(leaks=_("; ").join(open_leaks(r))))
    words += _by_bound(r)
    return [
        _("## Who is to blame 责任拆分"),
        table(head, rows, range(1, 6)),
        " ".join(words),
        _by_sku(r),
        *(f"![{_('blame split')}]({name})" for name in pictures if name.startswith("blame")),
    ]


def _by_bound(r: Review) -> list[str]:
    """How much of the split rests on demand that nobody recorded."""
    if len(r.bounds) < 2:
        return []
    parts = []
    for bound, verdict in r.bounds.items():
        total = float(verdict.cost.sum())
        shares = [
            f"{_(NAMES[c])} {cost / total:.0%}"
            for c, cost in zip(CAUSES, verdict.cost.tolist(), strict=True)
            if total > 0 and cost / total >= 0.005
        ]
        parts.append(f"{_(bound)}: {', '.join(shares) or _('nothing lost')}")
    return [
        _("By what is assumed of demand nobody recorded 补估, shares of the cost are {parts}.").format(parts="; ".join(parts))
    ]


def _by_sku(r: Review) -> str:
    """Every SKU that lost anything: units by cause, oversold / missed."""
    b, skus = r.blame, r.show.stage.scenario.skus
    hit = [k for k in range(len(skus)) if b.parts[:, :, k].any() or b.lost.units[:, k].any()]
    if not hit:
        return _("No SKU lost a unit.")
    hit.sort(key=lambda k: -float(b.lost.units[:, k].sum()))
    rows = []
    for k in hit[:MOST_ROWS]:
        units = _tenths(b.parts[:, :, k])
        cells = [NOTHING if not u.any() else f"{number(float(u[0]), 1)} / {number(float(u[1]), 1)}" for u in units]
        rows.append([safe(skus[k].id), _(skus[k].tier), " / ".join(f"{int(x):,}" for x in b.lost.units[:, k]), *cells])
    head = (*columns(N_("SKU | tier 分层 | oversold / missed")), *(_(NAMES[c]) for c in CAUSES))
    return table(head, rows, range(2, len(head)))


def _tenths(parts: np.ndarray) -> np.ndarray:
    """Shares in units to one decimal, rounded so that every column still adds up: the largest remainders are rounded up.

    >>> _tenths(np.array([[2], [2], [2]])).ravel().tolist()
    [0.4, 0.3, 0.3]
    """
    exact = parts.astype(np.int64) * 10
    low = exact // PARTS
    short = exact.sum(0) // PARTS - low.sum(0)
    rank = np.argsort(np.argsort(-(exact % PARTS), axis=0, kind="stable"), axis=0, kind="stable")
    tenths: np.ndarray = (low + (rank < short)) / 10
    return tenths
