"""The account of a recording in words: what became of its rows, and what is left to judge by."""

from __future__ import annotations

import pandas as pd

from sim.core.tape import TAKE
from sim.replay import Loaded
from sim.replay.ingest.reasons import why
from sim.report.text.reasons import reason
from sim.words import _, ngettext

FEW = 2
"""Usable rows under which a recording judges nothing."""


def account(counts: pd.DataFrame) -> list[str]:
    """One line a file; its figures add up."""
    text = _("{file}: {rows} rows, {used} used, {set_aside} set aside, {rejected} rejected")
    return [text.format(**{str(k): v for k, v in row.items()}) for row in counts.to_dict("records")]


def faults(loaded: Loaded, rejects: str) -> list[str]:
    """Why rows were rejected and where they are; and a warning where next to nothing is left."""
    kinds = loaded.rejects["reason"].map(why).value_counts(sort=True)
    listed = _(", ").join(_("{what} ({n})").format(what=reason(str(kind)), n=n) for kind, n in kinds.items())
    lines = [_("rejected: {list} -> {place}").format(list=listed, place=rejects)] if listed else []
    stream = loaded.stream
    levels = stream.kind == "levels"
    left = int(loaded.counts["used"].iloc[0]) if levels else int((stream.what == TAKE).sum())
    if left >= FEW:
        return lines
    text = (
        ngettext(
            "warning: {n} usable stock level row, too few to judge a strategy by",
            "warning: {n} usable stock level rows, too few to judge a strategy by",
            left,
        )
        if levels
        else ngettext(
            "warning: {n} usable order row, too few to judge a strategy by",
            "warning: {n} usable order rows, too few to judge a strategy by",
            left,
        )
    )
    return [*lines, text.format(n=left)]


def notes(loaded: Loaded, rejects: str, several: bool) -> list[str]:
    """All of it, and what a reader of the results must know. several: say which stream a note is about."""
    own = f"{loaded.stream.name}: " if several else ""
    return [*account(loaded.counts), *faults(loaded, rejects), *(own + note for note in loaded.notes)]
