"""What an export says of itself: how far its rules stand from the strategy, and what the files are."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.exports.lines import CLOSED, ORDERS, STOCK
from sim.report.text.layout import brief
from sim.study.agreement import MATCH_S, Agreement
from sim.words import _


def agreement_sentences(found: Agreement, policy: str, show: str, shows: int, every_s: float) -> list[str]:
    """How far the rules stand from the strategy."""
    text = _(
        "Over {shows} shows of {show} with nobody acting, rules evaluated every {every:g} s stand at the level of {policy} in "
        "{share} % of item-time."
    )
    said = [text.format(shows=shows, show=show, every=every_s, policy=policy, share=brief(100 * found.share))]
    text = _("Alerts within {match:g} s of each other: {both}; of {policy} alone: {ours}; of the rules alone: {theirs}.")
    said.append(text.format(match=MATCH_S, both=found.both, policy=policy, ours=found.ours, theirs=found.theirs))
    if found.both:
        said.append(_("Where both send, the rules send {shift} s later (median).").format(shift=brief(found.shift_s)))
    return said


def page(files: Sequence[str], said: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    what = {
        "rules.yml": _("alerting rules; they read {stock}, {orders} and {closed}, one series an item (label sku)").format(
            stock=STOCK, orders=ORDERS, closed=CLOSED),
        "rules_test.yml": _("their unit tests: promtool test rules rules_test.yml"),
        "alertmanager.yml": _("who is told over which channel; the addresses are to be filled in"),
        "dashboard.json": _("a dashboard to import into Grafana"),
    }  # fmt: skip
    rows = "\n".join(f"- `{name}`: {what[name]}" for name in files)
    return "\n\n".join([_("# Rules for Prometheus"), repeat, "\n".join(f"- {line}" for line in said), rows]) + "\n"
