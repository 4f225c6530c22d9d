"""The project's own rules, checked on its files."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("sim", "strategies", "scenarios") for p in (ROOT / room).rglob("*.py"))
ALL = [*SOURCES, *(p for room in ("tests", "benchmarks", "notebooks") for p in (ROOT / room).rglob("*.py"))]


@cache
def imports(path: Path) -> set[str]:
    """Top-level names of every module the file imports when it runs, and dotted names of project modules."""
    names = set()
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
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def importers(package: str) -> set[str]:
    return {str(p.relative_to(ROOT)) for p in SOURCES if any(i.split(".")[0] == package for i in imports(p))}


def test_only_the_command_line_knows_hydra():
    assert importers("hydra") == {"sim/cli/compose.py", "sim/cli/grammar.py"}
    assert importers("omegaconf") == {"sim/cli/compose.py"}


def test_only_one_site_compiles():
    """``by_address.py``: what of it is spelt out for the compiler itself."""
    assert importers("numba") == {"sim/native.py", "sim/by_address.py"}


def test_matplotlib_stays_in_the_report_room():
    assert all(p.startswith("sim/report/") for p in importers("matplotlib"))


def test_a_report_neither_prints_nor_touches_files():
    def calls(path: Path) -> set[str]:
        named = [n.func for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        return {f.id if isinstance(f, ast.Name) else getattr(f, "attr", "") for f in named}

    forbidden = {"print", "open", "mkdir", "write_text", "write_bytes", "savefig", "print_png", "to_csv", "to_parquet"}
    by_file = {str(p.relative_to(ROOT)): forbidden & calls(p) for p in (ROOT / "sim/report").rglob("*.py")}
    assert {name: bad for name, bad in by_file.items() if bad} == {"sim/report/figures/style.py": {"print_png"}}


def _calls(path: Path, names: set[str]) -> list[ast.Call]:
    nodes = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    return [n for n in nodes if (n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", "")) in names]


def test_nobody_prints():
    """Only who hears on a terminal, and the command itself."""
    printing = {str(p.relative_to(ROOT)) for p in SOURCES if _calls(p, {"print"})}
    # A process of its own that answers on its output; a script that writes nights and says where.
    printing -= {"sim/replay/ingest/unroll.py", "sim/replay/invented_nights.py"}
    command = {f"sim/cli/{name}.py" for name in ("main", "reading", "pages", "compose", "terminal", "endings")}
    assert printing == {"sim/app/progress.py", *command}


def test_every_printed_sentence_can_be_translated():
    """What verbs and command say, note or print holds no words of its own: they come through ``_()``, or out of a renderer."""
    bare = []
    for path in [*(ROOT / "sim/app").rglob("*.py"), *(ROOT / "sim/cli").rglob("*.py")]:
        for call in _calls(path, {"print", "say", "note"}):
            inside = [n for a in call.args for n in ast.walk(a)]
            through = {id(n) for c in inside if isinstance(c, ast.Call) and getattr(c.func, "id", "") == "_" for n in ast.walk(c)}
            words = [n.value for n in inside if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in through]
            bare += [(path.name, w) for w in words if re.search(r"[a-z]{3}", w.replace("stockcue", "").replace("shadow", ""))]
    assert bare == []


def test_the_face_takes_from_sim_alone_and_nobody_takes_from_it():
    text = (ROOT / "stockcue.py").read_text("utf-8")
    homes = set(re.findall(r'"((?:sim|scenarios|strategies)[.][\w.]+)"', text))
    assert homes
    assert all(home.startswith("sim.") for home in homes)
    assert not [str(p) for p in SOURCES if {i.split(".")[0] for i in imports(p)} & {"stockcue"}]


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
    assert {str(p.relative_to(ROOT)) for p in ALL if len(p.read_text("utf-8").splitlines()) > 300} == set()


def test_shared_code_uses_libm():
    """NumPy's scalar exp differs from libm in the last bit; compiled and plain code must agree."""
    shared = [ROOT / "sim/core/ledger.py", ROOT / "sim/core/feed.py", *(ROOT / "strategies").glob("*.py")]
    assert not [p.name for p in shared if re.search(r"np\.(exp|log|sqrt|pow)", p.read_text("utf-8"))]


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError"])
def test_nothing_is_left_unfinished(word):
    assert not [str(p) for p in SOURCES if word in p.read_text("utf-8")]
