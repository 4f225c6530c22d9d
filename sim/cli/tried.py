"""Settings that are only shown are refused where a run would refuse them: which verbs are tried first, and with which words."""

from __future__ import annotations

PLAYED = ("rehearse",)
"""Verbs that refuse more than their settings say, read nothing but a scenario, and need nothing to be varied."""


def without_cfg(words: list[str]) -> list[str] | None:
    """The words of a run whose settings are only to be shown; None where they are not, or an experiment's code would run."""
    given = iter(words)
    asked, shows = list[str](), False
    for word in given:
        if word not in ("--cfg", "-c", "--cfg=job"):
            asked.append(word)
            continue
        shows = True
        after = "job" if "=" in word else next(given, "job")
        if after != "job" and "=" not in after:
            return None
        asked += [after] if after != "job" else []
    return asked if shows and not any(word.startswith("experiment=") for word in asked) else None
