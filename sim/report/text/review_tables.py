"""The findings of a review as tidy tables, and its gist for a terminal."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from sim.postmortem.blame import CAUSES
from sim.postmortem.losses import KINDS
from sim.postmortem.review import Review
from sim.report.text import worth
from sim.report.text.night import bands_line, night_lines
from sim.report.text.review import basis, claimed_on
from sim.words import _


def tables(r: Review) -> dict[str, pd.DataFrame]:
    """The findings as tidy tables: one row per alert; per cause, kind and SKU; per change; per change and show."""
    skus = [k.id for k in r.show.stage.scenario.skus]
    split = [
        {"show": r.show.name, "loop": r.show.loop, "bound": r.show.bound, "sku": skus[k], "kind": kind, "cause": cause,
         "units": float(r.blame.units[c, n, k])}
        for k in range(len(skus)) for n, kind in enumerate(KINDS) for c, cause in enumerate(CAUSES)
    ]  # fmt: skip
    changes = [
        {"setting": c.tunable.key, "option": c.tunable.option, "now": c.tunable.now, "value": c.value, "unit": c.tunable.unit,
         "far": c.far, "kind": r.search.kind, "share": r.search.share, **(asdict(c.result) if c.result else {})}
        for c in r.search.changes
    ]  # fmt: skip
    rests = [
        {"word": p.change.tunable.word(p.change.value), "stands": p.stands, **row}
        for p in r.considered
        for row in p.rows + p.bounds
    ]
    drifted = [asdict(d) for d in r.drift]
    rows = {"alerts": r.alerts, "chains": r.chains, "blame": split, "changes": changes, "evidence": rests, "drift": drifted,
            "night": r.night}  # fmt: skip
    frames = {name: pd.DataFrame(entries) for name, entries in rows.items() if entries}
    return frames if r.bands is None else frames | {"bands": r.bands.rows}


def printed(r: Review) -> str:
    """The gist for a terminal."""
    b = r.search.before
    shares = sorted(zip(CAUSES, r.blame.cost.tolist(), strict=True), key=lambda pair: -pair[1])
    total = sum(cost for _, cost in shares)
    parts = [f"{_(cause)} {cost / total:.0%}" for cause, cost in shares if total > 0 and cost / total >= 0.005]
    lines = [
        basis(r),
        _("{show}, {strategy}: {oversold:,} units oversold, {missed:,} missed, net {net:,.0f} CNY, {alerts} alerts").format(
            show=r.show.name, strategy=r.policy.name, oversold=b.oversold, missed=b.missed, net=b.net, alerts=b.alerts
        ),
        _("blame by cost: {parts}").format(parts=_(", ").join(parts)) if parts else _("blame by cost: nothing was lost"),
    ]
    lines += [*night_lines(r), *([bands_line(r.bands)] if r.bands is not None else [])]
    lines += worth.gist(r.worth)
    p = r.proposal
    if p is None:
        return "\n".join([*lines, _("proposed: keep the settings")])
    proposed = _("proposed: {change} (claimed: net {mean:+,.0f} CNY a show, over {where})").format(
        change=p.change.tunable.word(p.change.value), mean=p.claim.mean, where=claimed_on(p.claim)
    )
    return "\n".join([*lines, proposed])
