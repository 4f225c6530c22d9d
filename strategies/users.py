"""Whose a module is: StockCue's, Python's, an installed package's, or the user's own."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path

OURS = frozenset({"strategies", "scenarios", "sim", "conf", "stockcue", "__future__"})
"""Packages of StockCue: what they hold is identified by the program's own checksum."""


def is_users(module: str) -> bool:
    """Whether a module is neither StockCue's, nor Python's, nor installed."""
    root = module.split(".")[0]
    if root == "__main__":  # a notebook's or a script's, whatever program runs it
        return True
    if root in OURS or root in sys.stdlib_module_names or root.startswith("_cython_"):
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or not installed(file)


@cache
def installed(file: str) -> bool:
    """Whether a file belongs to Python or to an installed package."""
    path = Path(file).resolve()
    if {"site-packages", "dist-packages"} & {*path.parts}:
        return True
    return any(path.is_relative_to(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib"))
