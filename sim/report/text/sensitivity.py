"""A sensitivity study in words: shares of variance by setting, and what matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.report.text.layout import aligned, markdown, number
from sim.report.text.unseen import unseen
from sim.stats.sensitivity import Index
from sim.words import N_, _, columns

HEAD = N_("setting | first order | interval | total | interval")


def rows(indices: Sequence[Index]) -> list[list[str]]:
    """The table as text."""
    return [
        [i.key, number(i.first, 2), _within(i.first_low, i.first_high), number(i.total, 2), _within(i.total_low, i.total_high)]
        for i in indices
    ]  # fmt: skip


def _within(low: float, high: float) -> str:
    """An interval of a share, which lies between 0 and 1 whatever its estimate does."""
    return f"[{number(max(0.0, min(1.0, low)), 2)}, {number(max(0.0, min(1.0, high)), 2)}]"


def ranking(indices: Sequence[Index]) -> str:
    """The table in words."""
    idle = [i.key for i in indices if i.total_high < 0.05]
    if len(idle) == len(indices):
        return _("None of these settings matters over these ranges.")
    first = indices[0]
    low, high = (100 * max(0.0, min(1.0, x)) for x in (first.total_low, first.total_high))
    share = f"{100 * max(0.0, min(1.0, first.total)):.0f} % [{low:.0f}, {high:.0f}]"
    rivals = [i.key for i in indices[1:] if i.total_high >= first.total_low]
    if rivals:
        text = _(
            "{setting} has the largest share, and cannot be ranked against {rivals}: {share} of the variance of net would stay "
            "if it alone were unknown. More points= or replicates= would tell."
        )
    else:
        text = _("{setting} matters most: {share} of the variance of net would stay if it alone were unknown.")
    parts = [text.format(setting=first.key, rivals=", ".join(rivals), share=share)]
    if idle:
        parts.append(_("Beside that hardly matter, over these ranges: {settings}.").format(settings=", ".join(idle)))
    if max(max(i.total, i.first) for i in indices) > 1.05:
        parts.append(_("Shares above 100 % are estimates from too few points: raise points=."))
    return " ".join(parts)


def kept(means: np.ndarray) -> str:
    """What was earned over all settings. means: net, GMV and J of every setting, float64 [setting, 3] [CNY a show]."""
    net, gmv, left = (number(x) for x in means.mean(0))
    low, high = (number(x) for x in (means[:, 0].min(), means[:, 0].max()))
    text = _(
        "Over these ranges a show keeps net {net} of GMV {gmv} and leaves {left} on the table, means of all settings [CNY]; net "
        "lies between {low} and {high}, setting by setting."
    )
    return text.format(net=net, gmv=gmv, left=left, low=low, high=high)


def sentences(indices: Sequence[Index], shows: int, money: str) -> list[str]:
    """All that is said: the table in words, what was earned, and what ``shows`` a setting may not have shown."""
    return [ranking(indices), money, unseen(shows, None)]


def title(family: str, scenario: str, shows: int) -> str:
    """What was looked at."""
    text = _("What net depends on: {family} in {scenario}, {shows} shows a setting")
    return text.format(family=family, scenario=scenario, shows=shows)


def printed(indices: Sequence[Index], shows: int, money: str) -> str:
    """For a terminal."""
    return "\n".join(["", *aligned([columns(HEAD), *rows(indices)], (1, 3)), "", *sentences(indices, shows, money)])


def page(heading: str, repeat: str, indices: Sequence[Index], shows: int, money: str, pictures: Sequence[str]) -> str:
    """``report.md``. pictures: as far as they are drawn."""
    parts = [
        f"# {heading}",
        repeat,
        "\n".join(markdown(columns(HEAD), rows(indices), (1, 3))),
        " ".join(sentences(indices, shows, money)),
        *(f"![{_('sensitivity')}]({name})" for name in pictures),
        _(
            "First order: share of the variance of the mean net, over the ranges given, that goes once the setting is known. "
            "Total: share that stays as long as it alone is not. A total well above the first order means that it acts "
            "together with others. Intervals: 95 %, from shows and points drawn again."
        ),
    ]
    return "\n\n".join(parts) + "\n"
