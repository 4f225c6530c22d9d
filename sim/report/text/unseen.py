"""What no table can show: losses that none of its shows had, and how far intervals of few shows may be trusted."""

from __future__ import annotations

from sim.report.text.layout import brief, number
from sim.words import _

ENOUGH = 50
"""Shows from which an interval holds the mean of every law tried in nine of ten studies (docs/background/coverage.md)."""
FEWEST = 3
"""Shows that the rule of three says nothing of."""


def unseen(shows: int, shock: float | None = 0.0) -> str:
    """How rare a loss may be and not be in ``shows``, by the rule of three; ``shock``: what it could cost in one show [CNY];
    None: the verb that asks has no such setting. Of few shows it also says what an interval is worth.

    >>> unseen(50)
    'A loss in fewer than 6 % of shows (3 in 50) may be in none of these; shock= says what that could cost.'
    >>> unseen(60, None)
    'A loss in fewer than 5 % of shows (3 in 60) may be in none of these.'
    >>> unseen(2, None)[:72]
    'So few shows (2) say nothing of a loss that some shows have and others h'
    """
    share = min(1.0, 3 / max(shows, 1))
    if shows <= FEWEST and not shock:
        return " ".join(
            [_("So few shows ({n}) say nothing of a loss that some shows have and others have not.").format(n=shows), *few(shows)]
        )
    text = _("A loss in fewer than {share} % of shows (3 in {n}) may be in none of these.")
    if shock is not None:
        text = _("A loss in fewer than {share} % of shows (3 in {n}) may be in none of these; shock= says what that could cost.")
    if shock:
        text = _("A loss in fewer than {share} % of shows (3 in {n}) may be in none of these; one of {shock} CNY could cost up "
                 "to {cost} CNY a show more than any figure here says.")  # fmt: skip
    sentence = text.format(share=brief(100 * share), n=shows, shock=number(shock or 0.0), cost=number(share * (shock or 0.0)))
    return " ".join([sentence, *few(shows)])


def unseen_draws(draws: int) -> str:
    """The same of one recorded night, of which what is unknown is drawn.

    >>> unseen_draws(100)
    'What fewer than 3 % of draws of this night (3 in 100) would bring may be in none of these.'
    """
    if draws <= FEWEST:
        return _("So few draws of this night ({n}) say nothing of what some draws would bring and others would not.").format(
            n=draws
        )
    text = _("What fewer than {share} % of draws of this night (3 in {n}) would bring may be in none of these.")
    return text.format(share=brief(100 * min(1.0, 3 / max(draws, 1))), n=draws)


def few(shows: int) -> list[str]:
    """What a 95 % interval is worth where shows are few and a figure has a heavy tail; nothing from ENOUGH shows on.

    >>> few(12)[0][:46]
    'Below 50 shows a 95 % interval of a figure wit'
    """
    if shows >= ENOUGH:
        return []
    text = _("Below {enough} shows a 95 % interval of a figure with a heavy tail holds the truth in 87 to 90 of 100 studies at "
             "30 shows, and in 80 to 87 at 12.")  # fmt: skip
    return [text.format(enough=ENOUGH)]
