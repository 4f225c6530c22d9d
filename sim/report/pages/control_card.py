"""The card for the control room: one A4 page that says, item by item, where the line stands and what happens below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.response import Action, Playbook
from sim.report.figures.style import clock
from sim.report.pages.blocks import TableBlock, number
from sim.report.pages.kit import render, script, shortened
from sim.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ((1, N_("watch")), (2, N_("prepare")), (3, N_("emergency")), (0, N_("all clear")))
DEEDS = {
    "notify": N_("tell people"), "host_prompt": N_("prompt the host"), "lower_exposure": N_("lower the exposure to {value}"),
    "freeze": N_("freeze: take no more orders"), "delist": N_("take the item off the page"), "restock": N_("ask for stock"),
    "release": N_("release {value} of the hidden stock"), "reopen": N_("take orders again"),
}  # fmt: skip
CHANNELS = {
    "popup": N_("pop-up in the control room"), "push": N_("app push"), "sms": N_("SMS"), "call": N_("phone call"),
    "in_site": N_("in-site message"), "email": N_("e-mail"), "own_eyes": N_("own eyes"),
}  # fmt: skip
CUES = {"pitch": N_("pitch"), "link_drop": N_("link drop"), "deal": N_("deal"), "countdown": N_("countdown"),
        "restock_call": N_("restock call")}  # fmt: skip
HALF_HOUR = 1800.0
MOST_COLUMNS = 8
"""Half hours that have a column; of a longer show every other one, and so on."""


@dataclass(frozen=True, eq=False)
class ControlCard:
    """What is on the card. times: moments [s], half hours first, then cues. lines: float64 [sku, time, share] (planned_lines)."""

    scenario: Scenario
    policy: Policy
    times: Sequence[float]
    lines: np.ndarray
    shows: int
    rests_on: str


def half_hours(duration_s: float) -> list[float]:
    """Moments of the columns [s].

    >>> half_hours(3600.0), len(half_hours(6 * 3600.0))
    ([0.0, 1800.0], 6)
    """
    count = math.ceil(duration_s / HALF_HOUR)
    step = math.ceil(count / MOST_COLUMNS)
    return [k * step * HALF_HOUR for k in range(math.ceil(count / step))]


def moments(scenario: Scenario) -> list[float]:
    """Half hours, then the moment of every cue."""
    return [*half_hours(scenario.duration_s), *(float(c.at_s) for c in scenario.cues)]


def levels_grid(book: Playbook) -> TableBlock:
    """What follows at each level: machines, people, host."""
    rows = []
    for level, name in LEVELS:
        actions = book.at(level)
        machine = [_deed(a) for a in actions if a.by == "auto" and a.what != "notify"]
        people = [
            _("{deed} ({channel})").format(deed=_deed(a), channel=_(CHANNELS.get(a.channel, a.channel)))
            for a in actions
            if a.by == "person" or a.what == "notify"
        ]
        rows.append([_(name), _("; ").join(machine) or "–", _("; ").join(people) or "–", _host(level, actions)])
    head = [(words, "", "") for words in (_("level"), _("the machine, at once"), _("who is told, and does what"), _("the host"))]
    return TableBlock(_("What happens at each level"), head, rows)


def _deed(a: Action) -> str:
    return _(DEEDS[a.what]).format(value=f"{a.value:.0%}")


def _host(level: int, actions: Sequence[Action]) -> str:
    """What the host does when prompted."""
    if not any(a.what == "host_prompt" for a in actions):
        return "–"
    if level == 3:
        return _("stop promising this item, go on to the next")
    return _("say how many are left, finish the pitch")


def items(card: ControlCard) -> pd.DataFrame:
    """A row per item: tier, stock, lines at half hours, lines at its cues, what the host says."""
    import pandas as pd

    show, hours = card.scenario, half_hours(card.scenario.duration_s)
    rows = []
    for k, sku in enumerate(show.skus):
        row: dict[str, Any] = {_("item"): shortened(sku.id), _("tier"): _(sku.tier), _("stock"): sku.stock}
        for n, at in enumerate(hours):
            words = _("line now, {clock}") if n == 0 else _("line at {clock}")
            row[words.format(clock=clock(at, show.start_hour))] = _line(card.lines[k, n])
        cues = [
            _("{clock} {cue}: {line}").format(clock=clock(c.at_s, show.start_hour), cue=_(CUES.get(c.kind, c.kind)),
                                              line=_line(card.lines[k, len(hours) + n]))
            for n, c in enumerate(show.cues) if c.sku == sku.id
        ]  # fmt: skip
        row[_("line at its cues")] = _("; ").join(cues) or "–"
        row[_("the host says")] = _says(card.policy.playbook, card.lines[k, 0, 1])
        rows.append(row)
    return pd.DataFrame(rows)


def _line(shares: np.ndarray) -> str:
    """The middle of the line over shows, with the range that four of five shows keep to where it moves."""
    low, middle, high = (float(v) for v in shares)
    if math.isnan(middle):
        return "–"
    return (
        number(round(middle))
        if round(low) == round(high)
        else f"{number(round(middle))} ({number(round(low))}–{number(round(high))})"
    )


def _says(book: Playbook, line: float) -> str:
    """Words for the host's mouth below the line."""
    if not any(a.what == "host_prompt" for level in (1, 2, 3) for a in book.at(level)):
        return "–"
    if math.isnan(line):
        return _("“These are the last ones; when they are gone they are gone.”")
    return _("“Fewer than {n} left, and no more tonight until I say so.”").format(n=number(math.ceil(line)))


def html(card: ControlCard) -> str:
    """The card as a page that prints on one sheet of A4."""
    table = items(card)
    head = [(str(c), "", "") for c in table.columns]
    rows = [[_cell(v) for v in row] for row in table.values.tolist()]
    grid = TableBlock(_("The items"), head, rows, frozenset({2}), _about_lines(card))
    return render("card.html", title=_("Control room card: {name}").format(name=shortened(card.scenario.name)), card=card,
                  strategy=shortened(card.policy.name), begins=clock(0.0, card.scenario.start_hour), items=grid,
                  levels=levels_grid(card.policy.playbook), style=script("page.css"),
                  size=11 if len(table) <= 8 else 9 if len(table) <= 14 else 8 if len(table) <= 20 else 6.4)  # fmt: skip


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else str(value)


def _about_lines(card: ControlCard) -> str:
    if np.isnan(card.lines).all():
        return _("This strategy watches no line: it decides by itself when to speak.")
    text = _("Lines in units: the middle of {n} rehearsed shows; in brackets where four of five of them lay, where the "
             "line moves with "
             "the show.")  # fmt: skip
    return text.format(n=card.shows)
