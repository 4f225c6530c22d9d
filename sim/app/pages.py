"""Pages of run folders: ``report.html`` in every one of them, and ``stockcue page`` to make it again, in either language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.app.page_of import html_of
from sim.app.result import HERE, Result, ResultError
from sim.jobs.durable import write_whole
from sim.jobs.folder import MANIFEST, brought_back, checksum
from sim.report.pages.kit import library
from sim.words import LANGUAGES, _, language, speaking

PAGE = "report.html"
VERBS = ("rehearse", "sweep", "tune", "breakpoint", "sensitivity", "replay", "review", "calibrate")
"""Verbs whose run folder has a page."""


def written(folder: Path, verb: str, facts: Mapping[str, Any]) -> str:
    """Put the page into a folder that is being written. facts: what its manifest will say. Returns what there is to say of
    it: where
    it is, or why there is none; nothing for a verb without a page."""
    if verb not in VERBS:
        return ""
    if not library():
        return _("no report.html: pages need the chart library, which pip install 'stockcue[pages]' adds")
    words = facts.get("said") or {}
    result = Result(verb, folder, str(words.get("text", "")), tuple(words.get("verdict", ())), facts)
    (folder / PAGE).write_text(html_of(result, []), encoding="utf-8")
    return _("page: {path}").format(path=f"{HERE}/{PAGE}")


def spoken(lang: str | None) -> str:
    """A language by name; None: the one spoken now."""
    chosen = language() if lang is None else lang
    if chosen not in LANGUAGES:
        raise ResultError(_("lang must be one of {known}, not {lang!r}").format(known=", ".join(LANGUAGES), lang=chosen))
    return chosen


def page(folder: str | Path, *, lang: str | None = None, out: str | Path | None = None) -> Path:
    """Make the page of a run folder again.

    A folder that is half written, changed since, or of another version is shown as far as it goes, and the page says so.

    Parameters
    ----------
    folder : path
        A run folder.
    lang : str
        ``en`` or ``zh``; None: the language spoken now.
    out : path
        The file; None: ``report.LANG.html`` in the folder.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ResultError
        Where nothing in the folder can be read, or the chart library is not installed.
    """
    chosen = spoken(lang)
    place = Path(folder).expanduser()
    with speaking(chosen):
        if not library():
            raise ResultError(_("pages need the chart library, which pip install 'stockcue[pages]' adds"))
        result, notes = opened(place)
        text = html_of(result, notes)
    path = Path(out).expanduser() if out else place / f"report.{chosen}.html"
    write_whole(path, text.encode("utf-8"))
    return path


def opened(place: Path) -> tuple[Result, list[str]]:
    """A run folder as far as it can be read, and what has to be said of it."""
    notes: list[str] = []
    brought_back(place)
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        verb = str(manifest["command"][1])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        verb, manifest = _guessed(place), {}
        notes.append(
            _("This folder is half written: it has no manifest. What is shown is what could be read, and nothing vouches for it.")
        )
    for name, seal in dict(manifest.get("files") or {}).items():
        if name == PAGE:  # what is made again, or was
            continue
        if not (place / name).is_file():
            notes.append(_("{name} is missing from the folder.").format(name=name))
        elif checksum(place / name) != seal:
            notes.append(_("{name} is not what was written.").format(name=name))
    words = manifest.get("said") or {}
    result = Result(verb, place, str(words.get("text", "")), tuple(words.get("verdict", ())), manifest)
    if manifest and result.note:
        notes.insert(0, result.note)
    return result, notes


MARKS = {"scores": "rehearse", "trials": "sweep", "breakpoints": "breakpoint", "sensitivity": "sensitivity", "changes": "review",
         "parameters": "calibrate", "verdict": "replay"}  # fmt: skip
"""Tables by which a folder without a manifest is known."""


def _guessed(place: Path) -> str:
    """What made a folder that does not say."""
    there = {p.stem for p in place.glob("*.parquet")} if place.is_dir() else set()
    verb = next((verb for name, verb in MARKS.items() if name in there), None)
    if verb is None:
        raise ResultError(
            _("{folder!r} holds no result that could be shown; give the folder that out= named").format(folder=str(place))
        )
    return verb
