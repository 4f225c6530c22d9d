"""``proposal.yaml``: the change proposed after a show, as words of the command line: ``stockcue rehearse experiment=FILE``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.postmortem.review import Review

HEAD = """\
# What stockcue review proposes. Play it: stockcue rehearse experiment={name}
# `overrides` are words of the command line; everything else is for people and is not read by the tool.
"""
KEPT = ("strategy", "gate", "operations", "score")
"""Words of the review that belong to the setting; a rehearsed review keeps its scenario too."""


def proposal_words(r: Review, words: Sequence[str]) -> list[str]:
    """The review's own words on what was in use, and the change in place of what it changes."""
    kept = (*KEPT, "scenario") if r.show.loop != "closed" else KEPT
    lines = [w for w in words if w.lstrip("+~").split("=")[0].split(".")[0] in kept]
    if r.proposal is None:
        return lines
    new = r.proposal.change.tunable.word(r.proposal.change.value)
    key = new.split("=")[0]
    return [*(w for w in lines if w.lstrip("+").split("=")[0] != key), new]


def write_proposal(path: Path, r: Review, words: Sequence[str]) -> None:
    """Write the file (UTF-8, keys in this order)."""
    import yaml

    text = yaml.safe_dump(content(r, words), sort_keys=False, allow_unicode=True, width=110)
    path.write_text(HEAD.format(name=path.name) + text, encoding="utf-8")


def content(r: Review, words: Sequence[str]) -> dict[str, Any]:
    """Overrides, the change, and what it rests on."""
    p, before = r.proposal, r.search.before
    record: dict[str, Any] = {"overrides": list(words)}
    if p is None:
        return record | {"change": None, "statement": ["keep the settings: no change of one setting stood"]}
    after = p.change.result
    rests: dict[str, Any] = {"found_on": r.show.name, "loop": r.show.loop, "other_shows": p.gain.n}
    if after is not None:
        rests |= {"oversold": [before.oversold, after.oversold], "missed": [before.missed, after.missed],
                  "alerts": [before.alerts, after.alerts]}  # fmt: skip
    if p.gain.n > 1:
        rests |= {"net_change_per_other_show": [round(p.gain.low, 2), round(p.gain.mean, 2), round(p.gain.high, 2)]}
    rests |= {"proved_on": p.claim.on, "claimed_net_change": [round(x, 2) for x in (p.claim.low, p.claim.mean, p.claim.high)]}
    statement = "one show proves little; rehearse it before it is used" if p.gain.n < 2 else "95 % interval over other shows"
    return record | {
        "change": p.change.tunable.word(p.change.value),
        "was": p.change.tunable.now,
        "rests_on": rests,
        "statement": [statement],
    }
