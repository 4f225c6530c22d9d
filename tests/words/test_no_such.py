"""One wording for a name that is not there, whatever it names."""

import ast
import re
from pathlib import Path

from sim.words import NOUNS, no_such, speaking

ROOT = Path(__file__).parents[2]
OTHER = re.compile(
    r"\bno \w+( \w+)? is called|is not a choice|which is not known|which the recording has not|"
    r"(there is|has) no \w+( \w+)? \{\w+!r\}(\{(hint|did_you_mean)\}|; did you mean)"
)


def sources():
    """Every module of the package with its tree."""
    paths = [p for room in ("sim", "scenarios", "strategies") for p in (ROOT / room).rglob("*.py")]
    return [(p.relative_to(ROOT).as_posix(), ast.parse(p.read_text(encoding="utf-8"))) for p in [*paths, ROOT / "stockcue.py"]]


def test_the_sentence_is_written_once_and_of_known_nouns():
    elsewhere, nouns = [], set()
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and OTHER.search(node.value):
                elsewhere += [f"{path}:{node.lineno}"]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "no_such":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"
                nouns.add(node.args[0].value)
    assert [place for place in elsewhere if not place.startswith("sim/words.py")] == []
    assert nouns == set(NOUNS)


def test_the_sentence():
    assert no_such("SKU", "mas", ["mask"], "friday.csv") == "friday.csv has no SKU 'mas'; did you mean 'mask'?"
    assert no_such("tier", "x", ["profit", "traffic"]) == "there is no tier 'x'; known: profit, traffic"
    assert no_such("file", "a.csv", [], otherwise="; check the path") == "there is no file 'a.csv'; check the path"
    with speaking("zh"):
        assert no_such("scenario", "x", ["first_show"]) == "没有叫 'x' 的场景；已知的有：first_show"
