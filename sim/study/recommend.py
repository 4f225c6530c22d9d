"""``recommended.yaml``: what to set, how sure that is, and what it rests on; ``stockcue rehearse experiment=FILE`` plays it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.export import for_terminal
from sim.jobs.serialise import origin_of
from sim.setup.space import Candidate
from strategies.contract import TIER_NAMES, TIERS, Strategy
from strategies.registry import is_built_in

FILES = (".yaml", ".yml")
HEAD = """\
# What stockcue tune recommends. Play it: stockcue rehearse experiment=FOLDER/{name}
# `overrides` are words of the command line; everything else is for people and is not read by the tool.
"""


def recommendation(
    best: Candidate,
    entry: str,
    words: Sequence[str],
    statement: Sequence[str],
    rests_on: Mapping[str, Any],
    rehearsal: Sequence[str],
) -> dict[str, Any]:
    """The file's content. entry: how the command line names the strategy (``smart``, ``low:fixed_count``, ``./mine.py``).
    words: the study's own that are no ranges. rehearsal: words for playing it (shows, seed)."""
    settings = [f"{key}={value_word(value)}" for key, value in best.settings.items()]
    names = [p.name for p in best.policy.strategy.params]
    table = {
        f"{tier} {TIER_NAMES[tier]}": dict(zip(names, map(float, row), strict=True))
        for tier, row in zip(TIERS, best.policy.params, strict=True)
    }
    return {
        "overrides": [*words, f"strategy=[{entry}]", *settings, *rehearsal],
        "settings_by_tier": table,
        "statement": [for_terminal(line) for line in statement],
        "rests_on": dict(rests_on),
    }


def bundled(folder: Path, choice: str) -> str:
    """What scenario= chooses; a file of the user's is copied into ``folder`` and called by its name there, so that
    the recommendation can be played from anywhere, and still is what was tuned when the file has changed."""
    path = Path(choice)
    if not choice.endswith(FILES) or not path.is_file():
        return choice
    return _copied(folder, path.name, path.read_bytes())


def bundled_strategy(folder: Path, strategy: Strategy) -> str:
    """What strategy= chooses in ``folder``: the same of a user's strategy, with its helpers and data beside it, as they were when
    it was tuned; one from a notebook cell is written down."""
    if is_built_in(strategy):
        return strategy.name
    (main, text), *others = origin_of(strategy).files
    if not others:
        return _copied(folder, main, text)
    (place := folder / f"own-{Path(main).stem}").mkdir()
    for name, content in ((main, text), *others):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return f"{place.name}/{main}"


def _copied(folder: Path, name: str, content: bytes) -> str:
    path, k = Path(name), 0
    while (copy := folder / f"own-{path.stem}{f'-{k}' if k else ''}{path.suffix}").exists() and copy.read_bytes() != content:
        k += 1
    copy.write_bytes(content)
    return copy.name


def value_word(value: Any) -> str:
    """A value as the command line writes it."""
    return "null" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)


def write_recommendation(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file (UTF-8, keys in this order)."""
    import yaml

    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=110)
    path.write_text(HEAD.format(name=path.name) + text, encoding="utf-8")
