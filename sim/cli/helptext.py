"""The words of ``--help``, one text file a verb in ``sim/help``, so that they appear at once."""

from __future__ import annotations

from pathlib import Path

from sim.words import language

FOLDER = Path(__file__).parent / "help"
HELP = {path.stem.replace("general", ""): path.read_text("utf-8").rstrip("\n") for path in sorted(FOLDER.glob("*.txt"))}
"""Verb to its help; "" for the overview."""


def help_on(topic: str) -> str:
    """The help of a verb in the language spoken now, in English where that has none; topic: a key of HELP."""
    path = FOLDER / language() / f"{topic or 'general'}.txt"
    return path.read_text("utf-8").rstrip("\n") if language() != "en" and path.is_file() else HELP[topic]
