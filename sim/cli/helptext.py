"""The words of ``--help``, one text file a verb in ``sim/help``, so that they appear at once."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "help"
HELP = {path.stem.replace("general", ""): path.read_text("utf-8").rstrip("\n") for path in sorted(FOLDER.glob("*.txt"))}
"""Verb to its help; "" for the overview."""
