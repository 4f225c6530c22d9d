"""The last parts of a review's page: the smallest change, drift, what is proposed, and what it all rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.postmortem.losses import KINDS, MISSED, OVERSOLD
from sim.postmortem.review import Proposal, Review
from sim.postmortem.show_profile import FEATURES
from sim.report.text.layout import NOTHING, markdown, number
from sim.report.text.review import claimed_on, costs, drift_notes, no_change, weight, what_it_takes
from sim.words import N_, _, columns


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    """A table of the page."""
    return "\n".join(markdown(head, rows, right))


def change(r: Review) -> list[str]:
    lines = [_("## The smallest change that would have saved it 最小改动")]
    search = r.search
    if not search.changes:
        return [*lines, " ".join(no_change(r))]
    rows = []
    for c in search.changes[:8]:
        after: Any = c.result
        now = r.policy.playbook.name if c.tunable.option else f"{c.tunable.now:g} {_(c.tunable.unit)}"
        to = c.tunable.option or f"{c.value:g} {_(c.tunable.unit)}"
        far = _("one step") if c.tunable.whole else number(c.far, 1)
        figures = [number(x) for x in (after.oversold, after.missed, after.net, after.alerts)]
        rows.append([f"`{c.tunable.key}`", now, to, far, *figures])
    head = columns(N_("setting | now | change to | doublings away | oversold | missed | net [CNY] | alerts"))
    b = search.before
    sentence = {
        KINDS[OVERSOLD]: _(
            "Each alone saves at least {share:.0f} % of the oversold units at no lower net; nearest first. As it was: "
            "{oversold:,} oversold, {missed:,} missed, net {net} CNY, {alerts:,} alerts. {tried} values of single settings "
            "were tried."
        ),
        KINDS[MISSED]: _(
            "Each alone saves at least {share:.0f} % of the missed units at no lower net; nearest first. As it was: "
            "{oversold:,} oversold, {missed:,} missed, net {net} CNY, {alerts:,} alerts. {tried} values of single settings "
            "were tried."
        ),
    }[search.kind]
    words = sentence.format(
        share=100 * search.share, oversold=b.oversold, missed=b.missed, net=number(b.net), alerts=b.alerts, tried=search.tried
    )
    return [*lines, words, table(head, rows, range(3, 8))]


def drift(r: Review) -> list[str]:
    rows = []
    for d in r.drift:
        name, zh, unit = FEATURES[d.feature]
        if d.drifted:
            judgement = _("**drifted 漂移**")
        else:
            judgement = _("no drift shown") if np.isfinite(d.p) else _("not tested: {why}").format(why=_(d.why_not))
        test = _(d.test) if d.test else NOTHING
        rows.append([f"{_(name)} {zh}", number(d.now, 2), number(d.before, 2), _(unit), number(d.p, 3), test, judgement])
    head = columns(N_("figure | this show | earlier, mean | unit | p | compared by | "))
    drifts = [table(head, rows, (1, 2, 4))] if rows else []
    return [_("## Drift against earlier shows 与往场相比"), *drifts, " ".join(drift_notes(r))]


def next_week(r: Review) -> list[str]:
    lines = [_("## Proposed for next week 下场建议")]
    refused = [one for one in r.considered if not one.stands]
    lines += [_("Not proposed: {change}; {why}.").format(change=what_it_takes(p, r), why=_why_not(p)) for p in refused]
    best = r.proposal
    if best is None:
        why = _("No change of one setting that saves this show stands elsewhere.") if refused else _("See above.")
        return [*lines, _("**Keep the settings.** {why}").format(why=why)]
    lines += [_("**Change** {change}.").format(change=what_it_takes(best, r)), weight(best, r), costs(best)]
    if best.bounds:
        lines.append(_bounds(best.bounds))
    lines.append(
        _("`proposal.yaml` holds it: `stockcue rehearse experiment=proposal.yaml scenario=...` plays it before it is used.")
    )
    return [part for part in lines if part]


def _why_not(p: Proposal) -> str:
    """Why a change that saves this show is not proposed."""
    if p.gain.mean < 0:
        return _("net falls by {loss} CNY a show on other shows").format(loss=number(-p.gain.mean))
    if p.luck.mean < 0:
        return _("net falls by {loss} CNY a show on other draws").format(loss=number(-p.luck.mean))
    if p.claim.sure:
        return _("it loses under a bound of what was not recorded")
    if p.claim.n > 1:
        text = _("over {where} its gain of {gain} CNY a show is not beyond chance")
        return text.format(where=claimed_on(p.claim), gain=number(p.claim.gain))
    return _("nothing but this show speaks for it, and it was found on this show (earlier=, shows=)")


def _bounds(rows: Sequence[dict[str, Any]]) -> str:
    cells = [
        [_(row["bound"]), *(f"{number(row[f'{k}_before'])} → {number(row[f'{k}_after'])}" for k in (*KINDS, "net"))]
        for row in rows
    ]
    return table(columns(N_("unrecorded demand 补估 | oversold | missed | net [CNY]")), cells, (1, 2, 3))


def rests(r: Review) -> list[str]:
    notes = []
    if r.bounds:
        parts = [f"{_(bound)} {verdict.lost.total[0]:,} / {verdict.lost.total[1]:,}" for bound, verdict in r.bounds.items()]
        notes.append(
            _("Oversold / missed units by what is assumed of demand nobody recorded: {parts}.").format(parts=", ".join(parts))
        )
    notes.append(
        _("Differences are between runs on the same shoppers; nothing here was measured on people who knew of the change.")
    )
    return notes
