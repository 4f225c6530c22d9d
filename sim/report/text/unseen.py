"""What no table can show: losses that none of its shows had."""

from __future__ import annotations

from sim.report.text.layout import brief, number
from sim.words import _


def unseen(shows: int, shock: float = 0.0) -> str:
    """How rare a loss may be and not be in ``shows``, by the rule of three; ``shock``: what it could cost in one show [CNY].

    >>> unseen(50)
    'A loss in fewer than 6 % of shows (3 in 50) may be in none of these; shock= says what that could cost.'
    """
    share = min(1.0, 3 / max(shows, 1))
    if shock <= 0:
        text = _("A loss in fewer than {share} % of shows (3 in {n}) may be in none of these; shock= says what that could cost.")
        return text.format(share=brief(100 * share), n=shows)
    text = _("A loss in fewer than {share} % of shows (3 in {n}) may be in none of these; one of {shock} CNY could cost up to "
             "{cost} CNY a show more than any figure here says.")  # fmt: skip
    return text.format(share=brief(100 * share), n=shows, shock=number(shock), cost=number(share * shock))
