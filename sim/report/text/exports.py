"""What an export says of itself: how far its rules stand from the strategy, and what the files are."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.exports.lines import CLOSED, ORDERS, STOCK, UNPAID
from sim.report.text.layout import brief
from sim.study.agreement import MATCH_S, Agreement
from sim.words import _


def agreement_sentences(agreement: Agreement, policy: str, show: str, shows: int, every_s: float) -> list[str]:
    """How far the rules stand from the strategy."""
    text = _(
        "Over {shows} shows of {show} with nobody acting, rules evaluated every {every:g} s stand at the level of {policy} in "
        "{share} % of item-time."
    )
    lines = [text.format(shows=shows, show=show, every=every_s, policy=policy, share=brief(100 * agreement.share))]
    text = _("Alerts within {match:g} s of each other: {both}; of {policy} alone: {ours}; of the rules alone: {theirs}.")
    lines.append(text.format(match=MATCH_S, both=agreement.both, policy=policy, ours=agreement.ours, theirs=agreement.theirs))
    if agreement.both:
        late = _("Where both send, the rules send {shift} s later (median).")
        text = late if agreement.shift_s >= 0 else _("Where both send, the rules send {shift} s earlier (median).")
        lines.append(text.format(shift=brief(abs(agreement.shift_s))))
    return lines


def page(files: Sequence[str], lines: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    what = {
        "rules.yml": _(
            "alerting rules; they read {stock}, {orders}, {closed} and, where stock leaves on payment, {unpaid}, one series an "
            "item (label sku)").format(stock=STOCK, orders=ORDERS, closed=CLOSED, unpaid=UNPAID),
        "rules_test.yml": _("their unit tests: promtool test rules rules_test.yml"),
        "alertmanager.yml": _("who is told over which channel; the addresses are to be filled in"),
        "dashboard.json": _("a dashboard to import into Grafana"),
    }  # fmt: skip
    rows = "\n".join(f"- `{name}`: {what[name]}" for name in files)
    return "\n\n".join([_("# Rules for Prometheus"), repeat, "\n".join(f"- {line}" for line in lines), rows]) + "\n"
