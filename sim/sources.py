"""Which source files decide something: those that its modules import, and what these import, read off the text itself.

Nothing is imported, and nothing is parsed but lines that import: 120 files take milliseconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sim.places import BASE, PLUGGED

IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.M)
NAME = re.compile(rb"[\w.]+")
SAYS = ("sim.words",)
"""Modules that say things and decide nothing."""


def closure(roots: Sequence[str]) -> dict[str, Path]:
    """Module name -> file of all that ``roots`` import, directly or not, function bodies included.

    >>> "sim.core.ledger" in closure(("sim.engine.stretch",)), "sim.study" in closure(("sim.engine.stretch",))
    (True, False)
    """
    files: dict[str, Path] = {}
    todo = list(roots)
    assert all(map(_file, roots)), roots
    while todo:
        name = todo.pop()
        if name in files or name in SAYS or (file := _file(name)) is None:
            continue
        files[name] = file
        todo += [name.rpartition(".")[0], *_imports(file)]
    return files


@cache
def checksum(*roots: str) -> str:
    """Sixteen hex digits of the sources of ``roots``, of all they import, and of strategies and scenarios, which are
    imported by the names a user gives."""
    files = set(closure(roots).values())
    files.update(path for package in PLUGGED for path in (BASE / package).rglob("*.py"))
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(BASE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _file(name: str) -> Path | None:
    if name.split(".")[0] not in ("sim", *PLUGGED):
        return None
    base = BASE.joinpath(*name.split("."))
    return next((f for f in (base.with_name(f"{base.name}.py"), base / "__init__.py") if f.is_file()), None)


def _imports(file: Path) -> Iterator[str]:
    """Every name that may be a module: what is imported from may be a package, and what is imported a module of it."""
    for source, names, plain in IMPORT.findall(file.read_bytes()):
        if source:
            yield source.decode()
            yield from (f"{source.decode()}.{name.decode()}" for name in NAME.findall(names))
        yield from (name.decode() for name in NAME.findall(plain))
