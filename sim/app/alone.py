"""How a candidate of a study is played alone: the words of the study's own command without what it ranged over."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sim.setup.settings_search import SweepSettings

if TYPE_CHECKING:
    import pandas as pd


def base_words(manifest: Mapping[str, Any], candidates: pd.DataFrame) -> dict[str, Any]:
    """``command``: the beginning of a rehearsal; ``entry``: by candidate what strategy= chooses."""
    words = [str(w) for w in (manifest.get("command") or [])]
    facts = manifest.get("sweep") or {}
    varied, own = set(facts.get("varied") or {}), {f.name for f in fields(SweepSettings)} | {"out", "shows", "strategy"}
    given = [w for w in words[2:] if "=" in w] if words[:1] == ["stockcue"] else []
    kept = []
    for word in given:
        key, _sign, _value = word.partition("=")
        if key.lstrip("+~") not in varied | own:
            kept.append(shlex.quote(word))
    if not any(w.startswith("scenario=") for w in kept) and (names := list(facts.get("scenario") or {})):
        kept.insert(0, shlex.quote(f"scenario={names[0]}"))
    return {"command": " ".join(["stockcue rehearse", *kept]), "entry": [str(f) for f in candidates["family"]]}
