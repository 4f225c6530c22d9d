"""How a command line would name what was given: for files that a command plays again, such as ``recommended.yaml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.registry import load, names, plain
from sim.core.export import for_file_name
from sim.setup.space import Maker
from sim.study.recommend import bundled, value_word


@dataclass(frozen=True, eq=False)
class Written:
    """``scenarios``: one entry each. ``fixed``: words that give one value. scenario(folder,
    entry): the entry to use from ``folder``, with what it needs put beside it."""

    scenarios: Sequence[Any]
    fixed: Sequence[str]
    scenario: Callable[[Path, Any], str] = bundled


def written(scenarios: Mapping[str, Mapping[str, Any]], makers: Mapping[str, Maker]) -> Written:
    """The same for arguments given in Python."""
    config = next(iter(makers.values())).config
    fixed = [word for family in makers for word in _words(f"strategy.{family}", config["strategy"][family])]
    fixed += [word for room in ("gate", "operations") for word in _words(room, config[room])]
    return Written(list(scenarios.values()), fixed, _scenario)


def _words(where: str, node: Mapping[str, Any]) -> list[str]:
    """Words for everything in a node that is not left to its default."""
    lines: list[str] = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            lines += [word for k, v in value.items() for word in _words(f"{where}.{key}.{k}", v)]
        elif key == "name" and where == "operations" and value:
            lines.append(f"operations={value}")
        elif value is not None and key != "name":
            lines.append(f"{where}.{key}={value_word(value)}")
    return lines


def _scenario(folder: Path, values: Any) -> str:
    """A built-in scenario by name; any other as a file in the folder."""
    import yaml

    name = str(values["name"])
    if name in names() and plain(load(name)) == values:
        return name
    path = folder / f"own-{for_file_name(name)}.yaml"
    path.write_text(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path.name
