"""What mending a leak would gain, in words, beside what the best policy gains."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.text.layout import spread
from sim.stats.paired import Difference
from sim.study.leaks import CHANNELS, Cure, Mended
from sim.words import _


def words(cure: Cure) -> str:
    """A leak, what mends it, and the setting that tries it."""
    known = {
        "stale_read_s": _("checkout reads a view that is late (L3): let it read the record"),
        "poll_s": _("checkout's view is polled (L4): let it read the record"),
        CHANNELS: _("sales channels learn each other's sales late (L5): let them share one pool at once"),
        "erp_mode": _("an absolute ERP sync writes old totals over the record (L6): send changes"),
        "record_error_p": _("records are wrong (L7): count before the show"),
        "overlist_share": _("more is listed than there is (L8): list what is there"),
        "late_callback_p": _("payment callbacks come late (L9): ask the payment service before a hold ends"),
        "duplicate_p": _("orders are created twice (L10): make their creation idempotent"),
        "edits_per_show": _("people type over the record (L12): let them book changes only"),
        "lost_release_p": _("closed orders do not give their units back (U1): release them in the same transaction"),
    }
    return f"{known[cure.setting]}, {setting(cure)}"


def setting(cure: Cure) -> str:
    """The word of a command that tries a shop without the leak.

    >>> setting(Cure("L6", "erp_mode", "delta")), setting(Cure("L10", "duplicate_p", 0.0))
    ('scenario.leaks.erp_mode=delta', 'scenario.leaks.duplicate_p=0')
    """
    if cure.setting == CHANNELS:
        return _("scenario.channels.NAME.lag_s=0 for each")
    value = cure.value if isinstance(cure.value, str) else f"{cure.value:g}"
    return f"scenario.leaks.{cure.setting}={value}"


def leak_lines(mended: Sequence[Mended]) -> list[str]:
    """What a table has to say of its leaks: which of them to mend before any threshold, with both figures; else both figures."""
    if not mended:
        return []
    every, *alone = mended
    first = [m for m in alone if m.beats]
    if not every.beats:
        text = _("Open leaks: {codes}. Without them a show in which nobody acts earns {gain} CNY more; {best}, with them open, "
                 "earns {its_gain} more.")  # fmt: skip
        codes = ", ".join(c.code for c in every.cures)
        return [text.format(codes=codes, gain=figure(every.gain), best=every.best, its_gain=figure(every.its_gain))]
    told = first or [every]
    text = _("Fix the leak, no threshold does: {leak}. Without it a show in which nobody acts earns {gain} CNY more; {best}, "
             "with it open, earns {its_gain} more.")  # fmt: skip
    return [
        text.format(leak=_("; ").join(words(c) for c in m.cures), gain=figure(m.gain), best=m.best, its_gain=figure(m.its_gain))
        for m in sorted(told, key=lambda m: -m.gain.mean)
    ]


def figure(difference: Difference) -> str:
    """A paired difference with half the width of its interval.

    >>> figure(Difference(9, 1200.0, 1000.0, 1400.0, 2.0))
    '1,200 ±200'
    """
    return spread(difference.mean, (difference.high - difference.low) / 2)
