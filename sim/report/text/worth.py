"""What alerts were worth, as a table and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.report.text.layout import NOTHING, aligned, markdown, number
from sim.study.worth import MATTERS, Worth
from sim.words import _

RIGHT = tuple(range(1, 7))


def head() -> tuple[str, ...]:
    """The table's columns; money first."""
    return (_("strategy"), _("worth [CNY a show]"), _("chains a show"), _("judged"), _("useful"), _("harmful"), _("no matter"))


def rows(worths: Sequence[Worth]) -> list[list[str]]:
    """One row per policy that said anything."""
    return [
        [w.strategy, number(w.cny) if math.isfinite(w.cny) else NOTHING, number(w.chains / w.shows, 1), number(w.judged),
         number(w.useful), number(w.harmful), number(w.no_matter)]
        for w in worths if w.chains
    ]  # fmt: skip


def notes(worths: Sequence[Worth], ca: float) -> list[str]:
    """What the table means, and what was sampled."""
    told = [w for w in worths if w.chains]
    if not told:
        return []
    text = _("Worth: what a show earned less what it would have earned without one chain of alerts, all that is said about one "
             "item from the first alert to the all-clear; the same shoppers each time. Useful above +{edge} CNY, harmful below "
             "-{edge} CNY. Chains share host, staff and shoppers, so worths need not add up to what a policy gains.")  # fmt: skip
    judged, of = sum(w.judged for w in told), sum(w.chains for w in told)
    shows = max(w.shows for w in told)
    one = _("Judged: {judged:,} of the {of:,} chains of the show, at even steps.") if judged < of else _(
        "Judged: all {of:,} chains of the show.")  # fmt: skip
    many = (_("Judged: {judged:,} of the {of:,} chains of the first {shows} shows, at even steps.") if judged < of
               else _("Judged: all {of:,} chains of the first {shows} shows."))  # fmt: skip
    sampled = one if shows == 1 else many
    return [text.format(edge=f"{MATTERS * ca:g}"), sampled.format(judged=judged, of=of, shows=shows)]


def printed(worths: Sequence[Worth], ca: float) -> str:
    """For a terminal; empty where no policy said anything that could matter."""
    body = rows(worths)
    return "\n".join([*aligned([head(), *body], RIGHT), "", *notes(worths, ca)]) if body else ""


def in_markdown(worths: Sequence[Worth], ca: float) -> str:
    """For a page."""
    body = rows(worths)
    return "\n".join([*markdown(head(), body, RIGHT), "", *(f"- {note}" for note in notes(worths, ca))]) if body else ""


def gist(w: Worth) -> list[str]:
    """One policy's alerts in a sentence; nothing where none could matter."""
    if not w.chains:
        return []
    text = _("alerts: worth {cny} CNY a show, chain by chain; of {judged} judged {useful} useful, {harmful} harmful, {no_matter} "
             "no matter")  # fmt: skip
    return [text.format(cny=number(w.cny), judged=w.judged, useful=w.useful, harmful=w.harmful, no_matter=w.no_matter)]
