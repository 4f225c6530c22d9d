"""The section of a review's page on what every chain of alerts was worth."""

from __future__ import annotations

import math
from collections.abc import Callable

from sim.postmortem.review import Review
from sim.report.text import worth
from sim.report.text.layout import NOTHING, markdown, number
from sim.report.text.review import safe
from sim.study.worth import HARMFUL, NO_MATTER, USEFUL
from sim.words import N_, _
from strategies.contract import LEVEL_NAMES

BOTH = {USEFUL: N_("useful 有用"), HARMFUL: N_("harmful 有害"), NO_MATTER: N_("no matter 无关紧要")}


def worth_section(r: Review, at: Callable[[float], str], most: int) -> list[str]:
    """Title, table and words. at: a moment of the show as its clock writes it. most: chains shown, those that mattered most."""
    title = _("## What alerts were worth 预警价值")
    if not r.chains:
        return [title, _("No alert made anybody do anything.")]
    picked = sorted(r.chains, key=lambda c: -abs(c["worth_cny"]))[:most]
    rows = [
        [at(c["t_s"]), at(c["end_s"]) if math.isfinite(c["end_s"]) else NOTHING, safe(c["sku"]), _(LEVEL_NAMES[c["level"]]),
         number(c["alerts"]), number(c["orders"]), number(c["worth_cny"]), _(BOTH[c["worth"]])]
        for c in sorted(picked, key=lambda c: c["t_s"])
    ]  # fmt: skip
    head = (
        _("from"), _("all-clear"), "SKU", _("level 级别"), _("alerts"), _("orders to machines"), _("worth [CNY]"), _("worth 作用")
    )  # fmt: skip
    more = _("The {n} that mattered most; `chains.csv` has all {of}.").format(n=most, of=len(r.chains))
    lines = [*worth.notes([r.worth], r.profile.ca), *([more] if len(r.chains) > most else [])]
    return [title, "\n".join(markdown(head, rows, (4, 5, 6))), *worth.gist(r.worth), " ".join(lines)]
