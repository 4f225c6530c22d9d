"""Names say what things are: no result is called by how it came about, and a public class name means one thing."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sim", "strategies", "scenarios", "benchmarks")
TREES = {p: ast.parse(p.read_text("utf-8")) for room in ROOMS for p in (ROOT / room).rglob("*.py")}
VAGUE = {"made", "found", "said", "mine"}


def test_no_result_is_called_by_how_it_came_about():
    vague = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (name := given_by(node)) in VAGUE
    ]
    assert vague == []


def given_by(node):
    """The name that a piece of code gives to a value, an argument, a function of a module's own, or what it imports."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return node.arg if isinstance(node, ast.arg) else node.asname if isinstance(node, ast.alias) else ""


def test_a_public_class_name_means_one_thing():
    names = Counter(n.name for tree in TREES.values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
    assert {name for name, times in names.items() if times > 1 and not name.startswith("_")} == set()
