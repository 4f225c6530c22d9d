"""The page of a review as Markdown: sections titled in both languages, tables of what was found, words on what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.postmortem.blame import CAUSES, PARTS
from sim.postmortem.counterfactual import COULD, HARM, NEITHER, NOTICE, SAVED
from sim.postmortem.losses import KINDS, MISSED, OVERSOLD
from sim.postmortem.review import Review
from sim.postmortem.show_profile import FEATURES
from sim.report.figures.blame import NAMES
from sim.report.pages.worth import worth_section
from sim.report.text.layout import NOTHING, markdown, number
from sim.report.text.night import bands_page, night_page
from sim.report.text.review import (
    basis,
    costs,
    drift_notes,
    in_code,
    no_change,
    open_leaks,
    order_note,
    safe,
    weight,
    what_it_takes,
)
from strategies.contract import LEVEL_NAMES, TIER_NAMES

MOST_ROWS = 24
"""Alerts on the page; the folder has them all."""
WORTH = {SAVED: "救回", COULD: "本可救回", HARM: "帮倒忙", NEITHER: "无可救", NOTICE: "仅通知"}
VERDICTS = {"true": "true 准", "late": "late 晚", "false": "false 误报", "repeat": "repeat 重复", "unjudged": "unjudged 未定"}
LOOPS = {"closed": "闭环", "rehearsed": "演练"}
At = Callable[[float], str]


def page(r: Review, command: str, at: At, notes: Sequence[str], pictures: Sequence[str], recorded: Sequence[str] = ()) -> str:
    """The whole page. at: a moment of the show [s] as its clock writes it. notes: what is to be said of the data. recorded: what
    the recording itself says, which stands first."""
    parts = [
        f"# Post-show review 复盘: {safe(r.show.name)}",
        f"**{basis(r)} {LOOPS[r.show.loop]}.** Strategy {safe(r.policy.name)}, playbook {safe(r.policy.playbook.name)}. "
        f"To repeat it: {in_code(command)}",
        *(["## As recorded 实录", " ".join(safe(text) for text in recorded)] if recorded else []),
        *_outcome(r),
        *night_page(r),
        *bands_page(r.bands, at),
        *_fired(r, at, pictures),
        *worth_section(r, at, MOST_ROWS),
        *_saved(r, at),
        *_blame(r, pictures),
        *_change(r),
        *_drift(r),
        *_next_week(r),
        "## What this rests on 依据",
        "\n".join(f"- {safe(note)}" for note in [*_rests(r), *notes]),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    return "\n".join(markdown(head, rows, right))


def _outcome(r: Review) -> list[str]:
    row, before = r.row, r.search.before
    rows = [[f"{name} {zh}", number(row[key], 0), unit] for name, zh, key, unit in (
        ("units asked for", "需求", "demand_units", "units"), ("sold", "售出", "sold_units", "units"),
        ("oversold", "超卖", "oversold_units", "units"), ("missed", "少卖", "missed_units", "units"),
        ("beyond all stock", "真断货", "missed_true_stockout", "units"), ("unsold", "剩余", "unsold_units", "units"),
        ("turnover", "成交额", "gmv", "CNY"), ("net", "净收益", "net", "CNY"),
        ("the same, nobody acting", "无人值守", "net_silent", "CNY"),
        ("most possible", "事后最优", "net_hindsight", "CNY"), ("left on the table J", "可改进空间", "J", "CNY"),
        ("alerts", "预警", "alerts", ""),
    )]  # fmt: skip
    words = [f"{before.oversold:,} units oversold, {before.missed:,} missed though they could have been sold.",
             f"Beyond all stock: {number(row['missed_true_stockout'])} units were asked for that did not exist."]  # fmt: skip
    if row["J"] > row["J_silent"]:
        words.append(
            f"**Acting cost more than it saved:** with nobody acting the show would have earned {number(row['net_silent'])} CNY."
        )
    return ["## In figures 结果", " ".join(words), _table(("", "", "unit"), rows, (1,))]


def _fired(r: Review, at: At, pictures: Sequence[str]) -> list[str]:
    made = ["## What fired, and when 触发了什么"]
    if not r.told:
        return [*made, "No alert was sent."]
    rows = [
        [at(a["t_s"]), safe(a["sku"]), LEVEL_NAMES[a["level"]], number(a["stock"]), number(a["line"]), VERDICTS[a["verdict"]],
         number(a["lead_s"]), at(a["heard_s"]) if np.isfinite(a["heard_s"]) else NOTHING]
        for a in r.alerts[:MOST_ROWS]
    ]  # fmt: skip
    head = ("time", "SKU", "level 级别", "stock seen", "line", "judged 判定", "lead [s] 提前量", "heard at 响应")
    made.append(_table(head, rows, (3, 4, 6)))
    made.append(
        "Judged against the same show with nobody acting. Every effect of an alert has a window: from the time it takes, for "
        f"{r.profile.horizon_s:g} s; true if an item gets into trouble in one of them, late if before the first, a repeat while "
        "an alert as high is still open, unjudged where a window ends after the show." + _more(r)
    )
    return [*made, *(f"![timeline]({name})" for name in pictures if name.startswith("timeline"))]


def _more(r: Review) -> str:
    hidden = r.told - min(len(r.alerts), MOST_ROWS)
    played = "" if len(r.alerts) == r.told else f" Only the first {len(r.alerts)} of {r.told:,} were played out (alerts=...)."
    return (f" {hidden:,} more alerts in `alerts.csv`." if hidden and len(r.alerts) == r.told else "") + played


def _saved(r: Review, at: At) -> list[str]:
    made = ["## What each alert could still have saved 每次预警还能救回多少"]
    acting = [a for a in r.alerts if a["worth"] not in (NOTICE, NEITHER)]
    count = {word: sum(a["worth"] == word for a in r.alerts) for word in WORTH}
    total = ", ".join(f"{n} {word} {WORTH[word]}" for word, n in count.items() if n) or "no alert was sent"
    if not acting:
        return [*made, f"No alert changed what was lost, or could have: {total}."]
    rows = [
        [at(a["t_s"]), safe(a["sku"]), LEVEL_NAMES[a["level"]], f"{a['worth']} {WORTH[a['worth']]}",
         *(number(a[f"{word}_{what}"]) for word in ("saved", "could") for what in ("oversold", "missed", "cny"))]
        for a in acting[:MOST_ROWS]
    ]  # fmt: skip
    head = (
        "time",
        "SKU",
        "level 级别",
        "worth 作用",
        "saved: oversold",
        "missed",
        "CNY",
        "could have: oversold",
        "missed",
        "CNY",
    )
    return [
        *made,
        _table(head, rows, range(4, 10)),
        f"{total}. *Saved*: the loss had this alert alone been ignored, less the loss as it was; below zero the alert did harm. "
        "*Could have*: what it could still have saved at its moment, carried out at once and without the later alerts about its "
        "item. CNY are of the whole account, net.",
    ]


def _blame(r: Review, pictures: Sequence[str]) -> list[str]:
    b = r.blame
    shown = _tenths(b.parts.sum(2))
    rows = []
    for k, cause in enumerate(CAUSES):
        alone = [number(float(u)) for u in b.alone[k]] if k < len(b.alone) else [NOTHING, NOTHING]
        rows.append([" ".join(NAMES[cause]), *(number(float(u), 1) for u in shown[k]), number(float(b.cost[k])), *alone])
    total = [f"{int(x):,}" for x in b.lost.units.sum(1)]
    rows.append(["all 合计", *total, number(float(b.cost.sum())), NOTHING, NOTHING])
    head = ("cause 原因", "oversold 超卖", "missed 少卖", "CNY", "alone: oversold", "missed")
    best = (f"the best lines of {b.others} other show{'s' if b.others > 1 else ''}" if b.others
            else "lines found on this show itself, so demand is blamed too little")  # fmt: skip
    words = [order_note(), f"Threshold is held against {best}."]
    if r.by_order is not None:
        words.append(f"The ledger deducts on payment 付款减库存 (L1); deducting on order 拍下减库存 it would have oversold "
                     f"{r.by_order[OVERSOLD]:,} and missed {r.by_order[MISSED]:,} units.")  # fmt: skip
    if open_leaks(r):
        words.append(f"Open leaks: {'; '.join(open_leaks(r))}.")
    words += _by_bound(r)
    return ["## Who is to blame 责任拆分", _table(head, rows, range(1, 6)), " ".join(words), _by_sku(r),
            *(f"![blame split]({name})" for name in pictures if name.startswith("blame"))]  # fmt: skip


def _by_bound(r: Review) -> list[str]:
    """How much of the split rests on demand that nobody recorded."""
    if len(r.bounds) < 2:
        return []
    parts = []
    for bound, found in r.bounds.items():
        total = float(found.cost.sum())
        shares = [f"{' '.join(NAMES[c])} {cost / total:.0%}" for c, cost in zip(CAUSES, found.cost.tolist(), strict=True)
                  if total > 0 and cost / total >= 0.005]  # fmt: skip
        parts.append(f"{bound}: {', '.join(shares) or 'nothing lost'}")
    return [f"By what is assumed of demand nobody recorded 补估, shares of the cost are {'; '.join(parts)}."]


def _by_sku(r: Review) -> str:
    """Every SKU that lost anything: units by cause, oversold / missed."""
    b, skus = r.blame, r.show.stage.scenario.skus
    hit = [k for k in range(len(skus)) if b.parts[:, :, k].any() or b.lost.units[:, k].any()]
    if not hit:
        return "No SKU lost a unit."
    hit.sort(key=lambda k: -float(b.lost.units[:, k].sum()))
    rows = []
    for k in hit[:MOST_ROWS]:
        units = _tenths(b.parts[:, :, k])
        cells = [NOTHING if not u.any() else f"{number(float(u[0]), 1)} / {number(float(u[1]), 1)}" for u in units]
        rows.append([safe(skus[k].id), TIER_NAMES[skus[k].tier], " / ".join(f"{int(x):,}" for x in b.lost.units[:, k]), *cells])
    head = ("SKU", "tier 分层", "oversold / missed", *(" ".join(NAMES[c]) for c in CAUSES))
    return _table(head, rows, range(2, len(head)))


def _tenths(parts: np.ndarray) -> np.ndarray:
    """Shares in units to one decimal, rounded so that every column still adds up: the largest remainders are rounded up.

    >>> _tenths(np.array([[2], [2], [2]])).ravel().tolist()
    [0.4, 0.3, 0.3]
    """
    exact = parts.astype(np.int64) * 10
    low = exact // PARTS
    short = exact.sum(0) // PARTS - low.sum(0)
    rank = np.argsort(np.argsort(-(exact % PARTS), axis=0, kind="stable"), axis=0, kind="stable")
    made: np.ndarray = (low + (rank < short)) / 10
    return made


def _change(r: Review) -> list[str]:
    made = ["## The smallest change that would have saved it 最小改动"]
    found = r.search
    if not found.changes:
        return [*made, " ".join(no_change(r))]
    rows = []
    for c in found.changes[:8]:
        after: Any = c.result
        now = r.policy.playbook.name if c.knob.option else f"{c.knob.now:g}"
        to = c.knob.option or f"{c.value:g} {c.knob.unit}"
        far = "one step" if c.knob.whole else number(c.far, 1)
        rows.append(
            [
                f"`{c.knob.key}`",
                now,
                to,
                far,
                number(after.oversold),
                number(after.missed),
                number(after.net),
                number(after.alerts),
            ]
        )
    head = ("setting", "now", "change to", "doublings away", "oversold", "missed", "net [CNY]", "alerts")
    b = found.before
    words = (f"Each alone saves at least {100 * found.share:.0f} % of the {found.kind} units at no lower net; nearest first. "
             f"As it was: {b.oversold:,} oversold, {b.missed:,} missed, net {number(b.net)} CNY, {b.alerts:,} alerts. "
             f"{found.tried} values of single settings were tried.")  # fmt: skip
    return [*made, words, _table(head, rows, range(3, 8))]


def _drift(r: Review) -> list[str]:
    rows = []
    for d in r.drift:
        name, zh, unit = FEATURES[d.feature]
        said = "**drifted 漂移**" if d.drifted else "no drift shown" if np.isfinite(d.p) else f"not tested: {d.why_not}"
        rows.append([f"{name} {zh}", number(d.now, 2), number(d.before, 2), unit, number(d.p, 3), d.test or NOTHING, said])
    head = ("figure", "this show", "earlier, mean", "unit", "p", "compared by", "")
    table = [_table(head, rows, (1, 2, 4))] if rows else []
    return ["## Drift against earlier shows 与往场相比", *table, " ".join(drift_notes(r))]


def _next_week(r: Review) -> list[str]:
    made = ["## Proposed for next week 下场建议"]
    refused = [one for one in r.considered if not one.stands]
    for p in refused:
        lost = next((f"net falls by {number(-d.mean)} CNY a show on {where}" for d, where in
                     ((p.gain, "other shows"), (p.luck, "other draws")) if d.mean < 0), "")  # fmt: skip
        unsure = f"over {p.claim.n} {p.claim.on} its gain of {number(p.claim.found)} CNY a show is not beyond chance"
        alone = "nothing but this show speaks for it, and it was found on this show (earlier=, shows=)"
        why = lost or ("it loses under a bound of what was not recorded" if p.claim.sure else unsure if p.claim.n > 1 else alone)
        made.append(f"Not proposed: {what_it_takes(p, r)}; {why}.")
    best = r.proposal
    if best is None:
        why = "No change of one setting that saves this show stands elsewhere." if refused else "See above."
        return [*made, f"**Keep the settings.** {why}"]
    made += [f"**Change** {what_it_takes(best, r)}.", weight(best, r), costs(best)]
    if best.bounds:
        made.append(_bounds(best.bounds))
    made.append("`proposal.yaml` holds it: `stockcue rehearse experiment=proposal.yaml scenario=...` plays it before it is used.")
    return [part for part in made if part]


def _bounds(rows: Sequence[dict[str, Any]]) -> str:
    cells = [
        [row["bound"], *(f"{number(row[f'{k}_before'])} → {number(row[f'{k}_after'])}" for k in (*KINDS, "net"))] for row in rows
    ]
    return _table(("unrecorded demand 补估", "oversold", "missed", "net [CNY]"), cells, (1, 2, 3))


def _rests(r: Review) -> list[str]:
    notes = []
    if r.bounds:
        parts = [f"{bound} {found.lost.total[0]:,} / {found.lost.total[1]:,}" for bound, found in r.bounds.items()]
        notes.append(f"Oversold / missed units by what is assumed of demand nobody recorded: {', '.join(parts)}.")
    notes.append("Differences are between runs on the same shoppers; nothing here was measured on people who knew of the change.")
    return notes
