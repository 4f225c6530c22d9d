"""Whatever a person reads can be translated: a sentence outside ``_()`` is refused here, so that none comes back."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("sim", "strategies", "scenarios") for p in (ROOT / room).rglob("*.py"))
THROUGH = {"_", "N_", "ngettext", "counted", "no_such"}
FORMATTED = {"ngettext": 2, "counted": 2}
PLACES = re.compile(r"(outside )?(upper|lower|center) ?(left|right|center)?|offset points")
"""Where matplotlib puts things."""
DATA = {
    "sim/report/figures/style.py": "names of fonts",
    "sim/report/pages/card.py": "an HTML tag",
    "sim/report/pages/plain.py": "names of causes, as the tables have them",
    "sim/report/pages/spoken.py": "sentences of the page's script, looked up by name",
    "sim/report/pages/workbook.py": "units, as the tables have them",
    "sim/report/exports/grafana.py": "the language of Prometheus",
    "sim/report/exports/lines.py": "the language of Prometheus",
}
"""Files of the renderers whose other words are no sentences, each with what they are."""


def strings(tree: ast.AST) -> Iterator[tuple[str, int, list[ast.AST]]]:
    """Every text of a file, with {} for what is put in, its line, and the nodes around it, the nearest first."""

    def walk(node: ast.AST, above: list[ast.AST]) -> Iterator[tuple[str, int, list[ast.AST]]]:
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values), node.lineno, above
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not isinstance(above[0], ast.JoinedStr):
            yield node.value, node.lineno, above
        for inner in ast.iter_child_nodes(node):
            yield from walk(inner, [node, *above])

    yield from walk(tree, [])


def is_sentence(text: str) -> bool:
    """Two words and more."""
    return " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}", text)) >= 2 and re.search("[a-z]{3}", text) is not None


def is_through(above: list[ast.AST]) -> bool:
    return any(isinstance(n, ast.Call) and getattr(n.func, "id", "") in THROUGH for n in above)


def found(path: Path) -> Iterator[tuple[int, str, list[ast.AST]]]:
    for text, line, above in strings(ast.parse(path.read_text("utf-8"))):
        doc = isinstance(above[0], ast.Expr)
        if not doc and not is_through(above) and is_sentence(text):
            yield line, text, above


def test_an_error_speaks_through_the_catalogue():
    bare = [
        (str(path.relative_to(ROOT)), line, text)
        for path in SOURCES
        for line, text, above in found(path)
        if any(isinstance(n, ast.Raise) for n in above)
    ]
    assert bare == []


def test_a_renderer_speaks_through_the_catalogue():
    rooms = [p for p in SOURCES if p.is_relative_to(ROOT / "sim/report") and str(p.relative_to(ROOT)) not in DATA]
    bare = [(p.name, line, text) for p in rooms for line, text, _above in found(p) if not PLACES.fullmatch(text)]
    assert bare == []


def test_nothing_is_excused_that_is_gone():
    assert [name for name in DATA if not (ROOT / name).is_file()] == []


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in THROUGH:
            yield node


def test_a_sentence_is_whole_and_its_figures_are_named():
    """No f-string and no sum inside ``_()``, which no catalogue could hold; placeholders have names."""
    wrong = []
    for path in SOURCES:
        for call in calls(path):
            texts = call.args[: FORMATTED.get(getattr(call.func, "id", ""), 1)]
            for text in texts:
                if isinstance(text, ast.JoinedStr | ast.BinOp):
                    wrong.append((path.name, call.lineno, "glued"))
                elif isinstance(text, ast.Constant) and any(
                    name is not None and not re.match(r"[A-Za-z0]", name)
                    for _t, name, _s, _c in string.Formatter().parse(str(text.value))
                ):
                    wrong.append((path.name, call.lineno, text.value))
    assert wrong == []


def test_both_forms_of_a_count_have_the_same_figures():
    def named(text: ast.expr) -> set[str | None]:
        return {name for _t, name, _s, _c in string.Formatter().parse(str(getattr(text, "value", ""))) if name}

    pairs = [(p.name, c) for p in SOURCES for c in calls(p) if getattr(c.func, "id", "") in FORMATTED]
    assert pairs
    assert [
        (name, c.lineno) for name, c in pairs if isinstance(c.args[0], ast.Constant) and named(c.args[0]) != named(c.args[1])
    ] == []


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ('raise ValueError(f"no {x} here, not one")', 1), ('raise ValueError(_("no {x} here, not one").format(x=x))', 0),
        ('def f():\n    """Says what it does."""', 0), ('text = "two words"', 1), ('text = "word"', 0),
    ],
)  # fmt: skip
def test_the_rule_itself(tmp_path, code, bare):
    (tmp_path / "a.py").write_text(code, "utf-8")
    assert len(list(found(tmp_path / "a.py"))) == bare
