"""Settings that are only shown are refused where a run would refuse them: the run is begun and ends before it plays."""

from __future__ import annotations

from collections import deque

from sim.cli.words import shown_kind

SHOWN = (
    *("rehearse", "stock", "export", "sweep", "tune", "breakpoint", "sensitivity"),
    *("replay", "review", "calibrate", "ingest", "shadow"),
)
"""Verbs that show their settings. Recordings are read for it; of exports to ingest only what their columns mean."""


def without_cfg(verb: str, words: list[str]) -> list[str] | None:
    """The words of a run whose settings are only to be shown; None where they are not, or an experiment's code would run."""
    given, asked, shows = deque(words), list[str](), False
    while given:
        word = given.popleft()
        kind = shown_kind(word, given)
        if kind is None:
            asked.append(word)
        elif kind != "job":
            return None
        else:
            shows = True
    return asked if shows and verb in SHOWN and not _brings_code(verb, words) else None


def _brings_code(verb: str, words: list[str]) -> bool:
    """Whether an experiment chooses strategies that are files: their code is not run to show settings."""
    if not any(word.startswith("experiment=") for word in words):
        return False
    from sim.cli.chosen import read

    return bool(read(words, verb).foreign)
