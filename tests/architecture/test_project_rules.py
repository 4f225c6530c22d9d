"""The project's own rules, checked on its files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("sim", "strategies", "scenarios") for p in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Top-level names of every module the file imports when it runs, and dotted names of project modules."""
    found = set()
    tree = ast.parse(path.read_text("utf-8"))
    only_types = {
        id(inner)
        for n in ast.walk(tree)
        if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"
        for inner in ast.walk(n)
    }
    for node in ast.walk(tree):
        if id(node) in only_types:
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def importers(package: str) -> set[str]:
    return {str(p.relative_to(ROOT)) for p in SOURCES if any(i.split(".")[0] == package for i in imports(p))}


def test_only_the_command_line_knows_hydra():
    assert importers("hydra") == {"sim/cli/compose.py", "sim/cli/grammar.py"}
    assert importers("omegaconf") == {"sim/cli/compose.py", "sim/cli/chosen.py"}


def test_only_one_file_compiles():
    assert importers("numba") == {"sim/native.py"}


def test_matplotlib_stays_in_the_report_room():
    assert all(p.startswith("sim/report/") for p in importers("matplotlib"))


def test_a_report_neither_prints_nor_touches_files():
    def calls(path: Path) -> set[str]:
        named = [n.func for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        return {f.id if isinstance(f, ast.Name) else getattr(f, "attr", "") for f in named}

    forbidden = {"print", "open", "mkdir", "write_text", "write_bytes", "savefig", "to_csv", "to_parquet"}
    found = {str(p.relative_to(ROOT)): forbidden & calls(p) for p in (ROOT / "sim/report").rglob("*.py")}
    assert {name: bad for name, bad in found.items() if bad} == {"sim/report/figures/style.py": {"savefig"}}


def test_only_streams_makes_generators():
    makers = {
        str(p.relative_to(ROOT))
        for p in SOURCES
        if re.search(r"default_rng\(|random\.Generator\(|RandomState\(|np\.random\.(seed|rand|normal)\(", p.read_text("utf-8"))
    }
    assert makers == {"sim/demand/streams.py"}


def test_no_config_can_run_code():
    assert not [p for p in (ROOT / "conf").rglob("*.yaml") if "_target_" in p.read_text("utf-8")]


def test_files_stay_readable():
    assert {str(p.relative_to(ROOT)) for p in SOURCES if len(p.read_text("utf-8").splitlines()) > 300} == set()


def test_shared_code_uses_libm():
    """NumPy's scalar exp differs from libm in the last bit; compiled and plain code must agree."""
    shared = [ROOT / "sim/core/ledger.py", ROOT / "sim/core/feed.py", *(ROOT / "strategies").glob("*.py")]
    assert not [p.name for p in shared if re.search(r"np\.(exp|log|sqrt|pow)", p.read_text("utf-8"))]


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError"])
def test_nothing_is_left_unfinished(word):
    assert not [str(p) for p in SOURCES if word in p.read_text("utf-8")]
