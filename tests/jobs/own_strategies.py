"""Strategies of a user's own for tests."""

from __future__ import annotations

import linecache
import types
from pathlib import Path

from sim.engine.simulate import simulate
from tests.study.small_show import show

HEAD = "from strategies.contract import Param, Strategy\n"


TAIL = """
def fold(p, m, s):
    m[0] = line(p[0])
    return 3 if s.stock <= m[0] else 0
STRATEGY = Strategy("mine", "a line", fold, (Param("units", 1.0, 0.0, 99.0, "units", "line"),), playbook="freeze_only")
"""


HELPED = HEAD + "from helper import line\n" + TAIL


HELPER = "def line(units):\n    return units + {}\n"


READ = HEAD + 'import json, pathlib\nLIMIT = json.loads((pathlib.Path(__file__).parent / "limit.json").read_text())\n'


READ += "def line(units):\n    return units + LIMIT\n" + TAIL


def mine(folder: Path, text: str = HELPED, **files: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(text)
    for name, content in files.items():
        (folder / name.replace("_py", ".py").replace("_json", ".json")).write_text(content)
    return str(folder / "mine.py")


def cell(body: str, **names: object) -> types.ModuleType:
    """A module without a file, as a notebook's is."""
    module = types.ModuleType("__main__")
    module.__dict__.update(names)
    linecache.cache["<cell 1>"] = (len(body), None, body.splitlines(True), "<cell 1>")
    exec(compile(body, "<cell 1>", "exec"), module.__dict__)
    return module


def frozen_at(policy) -> list[float]:
    """Stock lines of the run's alerts."""
    return simulate(show(), policy, 3).alerts["line"].tolist()
