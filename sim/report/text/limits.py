"""Certificates in words: which limit holds, by how much, and how many shows would settle it."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.text.layout import number
from sim.stats.certify import CERTIFIED, REFUTED, UNDECIDED, Certificate, Check
from sim.words import N_, _, ngettext

FIGURES = {
    "seller_cancel_rate": N_("orders cancelled by the seller"), "session_oversold": N_("shows with an oversell"),
    "missed_rate": N_("avoidably missed units"), "notices_per_operator_hour": N_("notices per operator-hour"),
}  # fmt: skip


def certificate(c: Certificate, worlds: Sequence[str] = ()) -> str:
    """One certificate in words; of several ``worlds`` (names) it says which is meant.

    "undecided (shows with an oversell 0 %, up to 1.5 % in 200 shows, limit 1 %: 99 further shows without one would certify it)"
    """
    given = {"shows": c.shows, "worlds": len(worlds), "sure": 100 * c.confidence}
    if c.state == CERTIFIED and len(worlds) > 1:
        return _("certified ({shows} shows in each of {worlds} worlds, {sure:g} % confidence)").format(**given)
    if c.state == CERTIFIED:
        return _("certified ({shows} shows, {sure:g} % confidence)").format(**given)
    parts = _("; ").join(_open(check, c) for check in c.open)
    if len(worlds) > 1:
        return _("{state} in {world} ({limits})").format(state=_(c.state), world=worlds[c.world], limits=parts)
    return _("{state} ({limits})").format(state=_(c.state), limits=parts)


def _open(check: Check, c: Certificate) -> str:
    """A limit that is not kept for sure, and what would settle it."""
    text, n = limit(check, c.shows), check.shows - c.shows
    if n <= 0 or c.state != UNDECIDED:  # what is refuted for another reason is not to be helped
        return text
    settled = (
        ngettext(
            "{limit}: {n:,} further shows without one would certify it",
            "{limit}: {n:,} further shows without one would certify it",
            n,
        )
        if len(c.open) == 1
        else ngettext(
            "{limit}: {n:,} further shows without one would settle this limit",
            "{limit}: {n:,} further shows without one would settle this limit",
            n,
        )
    )
    return settled.format(limit=text, n=n)


def limit(check: Check, shows: int) -> str:
    """One limit in words: value, the bound that decides, the limit.

    "oversold orders 1.11 %, at least 0.799 % in 40 shows, limit 0.1 %"
    """
    counted = check.limit > 1
    value, edge, most = check.value, check.low if check.state == REFUTED else check.high, check.limit
    shown = [number(x, d) if counted else f"{100 * x:.3g} %" for x, d in ((value, 2), (edge, 2), (most, 1))]
    text = (
        _("{figure} {value}, at least {edge} in {shows} shows, limit {limit}")
        if check.state == REFUTED
        else _("{figure} {value}, up to {edge} in {shows} shows, limit {limit}")
    )
    return text.format(figure=_(FIGURES[check.name]), value=shown[0], edge=shown[1], limit=shown[2], shows=shows)
