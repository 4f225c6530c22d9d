"""The card for the control room, from what a rehearsal would play: a recommendation, an experiment, or plain arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.app.frame import settled
from sim.app.nouns import drawn, policies_of
from sim.app.pages import spoken
from sim.jobs.durable import write_whole
from sim.report.pages.control_card import ControlCard, html, items, levels_grid, moments
from sim.report.pages.workbook import workbook
from sim.setup.settings import RehearseSettings, SettingError
from sim.setup.settings_few import CardSettings
from sim.study.planned_lines import planned_lines
from sim.words import _, speaking


def card(
    scenario: Any, policy: Any, *, shows: int | None = None, seed: int | None = None, uncertain: Any = False,
    lang: str | None = None, out: str | Path = "card.html", rests_on: str = "",
) -> Path:  # fmt: skip
    """Make the control room's card: a page that prints on one sheet of A4, or a workbook where ``out`` ends with .xlsx.

    Parameters
    ----------
    scenario, policy
        As in :func:`stockcue.play`.
    shows, seed : int
        Shows over which a moving line is taken, 1 to 1,000, and their seed; None: 20 and 1.
    uncertain : bool, path or Result
        As in :func:`stockcue.rehearse`.
    lang : str
        ``en`` or ``zh``; None: the language spoken now.
    out : path
        The file.
    rests_on : str
        Where the setting comes from; shown on the card.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold.
    """
    chosen = spoken(lang)
    s, seeded = settled(CardSettings, "card", shows=shows, out=str(out)), settled(RehearseSettings, "card", seed=seed)
    show, uncertainty = drawn(scenario, uncertain)
    policies = policies_of(policy)
    if len(policies) != 1:
        raise SettingError(_("a card is of one strategy, and {n} are given; choose one with strategy=").format(n=len(policies)))
    times = moments(show)
    with speaking(chosen):
        lines = planned_lines(show, policies[0], times, s.shows, seeded.seed, uncertainty)
        page = ControlCard(show, policies[0], times, lines, s.shows, rests_on)
        path = Path(s.out).expanduser()
        if path.suffix == ".xlsx":
            import pandas as pd

            levels = levels_grid(page.policy.playbook)
            second = pd.DataFrame(levels.rows, columns=[name for name, _unit, _meaning in levels.head])
            title = _("Control room card: {name}").format(name=show.name)
            tables = {_("items"): items(page), _("levels"): second}
            write_whole(path, workbook(title, [rests_on] if rests_on else [], tables))
        else:
            write_whole(path, html(page).encode("utf-8"))
    return path
