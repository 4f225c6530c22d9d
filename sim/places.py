"""Where StockCue's own files lie, and what to say where a folder of the user's hides one of its packages.

``strategies`` and ``scenarios`` are common names: a package of that name beside a notebook comes before ours.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.words import _

BASE = Path(__file__).resolve().parents[1]
PLUGGED = ("strategies", "scenarios")


class Hidden(ImportError, ValueError):
    """A package of StockCue's cannot be imported; the message is one sentence."""


class Guard:
    """A finder that says what hides a package, when that package is asked for and not before."""

    def __init__(self, hidden: dict[str, str]) -> None:
        self.hidden = hidden

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        """As ``importlib`` asks for it; raises for a package that is hidden."""
        if (root := name.split(".")[0]) in self.hidden:
            raise Hidden(
                _(
                    "{hidden!r} hides StockCue's own package {root!r}, because Python looks there first; give it another "
                    "name, or start where it is not"
                ).format(hidden=self.hidden[root], root=root)
            )


def watch() -> None:
    """See to it that importing a hidden package says what hides it."""
    hidden = {name: place for name in PLUGGED if (place := hides(name))}
    if hidden:
        sys.meta_path.insert(0, Guard(hidden))


def hides(name: str) -> str:
    """The folder or file that Python takes for our package ``name``; "" where it is ours."""
    spec: ModuleSpec | None = getattr(sys.modules.get(name), "__spec__", None) or find_spec(name)
    place = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), None))
    if not place or Path(place).resolve().is_relative_to(BASE / name):
        return ""
    return str(Path(place).parent if Path(place).name == "__init__.py" else place)
