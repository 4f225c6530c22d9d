"""Verbs that make something to open out of a run folder: a page, a workbook, a card."""

from __future__ import annotations

from sim.cli.words import WordError
from sim.core.export import for_terminal
from sim.words import _


def page(words: list[str]) -> int:
    """``stockcue page FOLDER [lang=zh] [out=FILE]``."""
    from sim.app.pages import page as made

    folder, out = _folder(words, "page")
    _told(_("page: {path}").format(path=made(folder, out=out)))
    return 0


def _folder(words: list[str], verb: str) -> tuple[str, str | None]:
    """The one folder that is named, and where its page is to go."""
    places = [word for word in words if not word.startswith("out=")]
    out = [word.removeprefix("out=") for word in words if word.startswith("out=")]
    if len(places) != 1:
        text = _("{verb} shows one run folder, and {n} are named; give stockcue {verb} FOLDER")
        raise WordError(text.format(verb=verb, n=len(places)))
    return places[0], out[-1] if out and out[-1] else None


def _told(line: str) -> None:
    print(for_terminal(line), flush=True)
