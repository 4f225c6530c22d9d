"""Load a user's strategy from its file, always as the file is now, and know everything that came along.

Helper modules beside the file are found without being installed, are read afresh (Python's own cache of compiled modules does not
notice an edit within the same second), and belong to this one strategy: two strategies may each have a ``helper.py``.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.words import _
from strategies.contract import Origin, Strategy, StrategyError
from strategies.users import OURS, installed, is_users

MOST = 2**24
"""A data file beside the strategy larger than this does not travel with it [bytes]."""
_opened: list[str] | None = None


def load_file(path: Path) -> Strategy:
    """The strategy that a ``.py`` file defines as ``STRATEGY``, with its origin: the file, its helpers and what it read."""
    if not path.is_file():
        raise StrategyError(_("There is no strategy file {path!r}.").format(path=str(path)))
    try:
        text = path.read_bytes()
        name = f"user_strategy_{path.stem}_{hashlib.sha256(str(path.resolve()).encode() + text).hexdigest()[:12]}"
        beside = _Beside(path.resolve().parent, name)
        with beside.at_work(), _watched() as opened:
            module = _executed(name, path, text)
    except (Exception, SystemExit) as error:
        raise StrategyError(
            _("The strategy file {path!r} cannot be loaded: {name}: {error}.").format(
                path=str(path), name=type(error).__name__, error=error
            )
        ) from error
    strategy = getattr(module, "STRATEGY", None)
    if not isinstance(strategy, Strategy):
        raise StrategyError(_("The strategy file {path!r} must define STRATEGY = Strategy(...).").format(path=str(path)))
    helpers = beside.files()
    files = {path.name: text} | helpers | _data(opened, beside.folder)
    for content in (text, *helpers.values()):
        files |= _elsewhere(content, set())
    return replace(strategy, origin=Origin(str(path), tuple(sorted(files.items(), key=lambda f: (f[0] != path.name, f[0])))))


def _executed(name: str, path: Path, text: bytes) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=_Fresh(name, str(path), text))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _Fresh(importlib.machinery.SourceFileLoader):
    """A loader that compiles the text it was given, never what an earlier run left on disk. ``alias``: what the module calls
    itself, the name under which it can be found later on."""

    def __init__(self, name: str, path: str, text: bytes, alias: str = "") -> None:
        super().__init__(name, path)
        self.text, self.alias = text, alias or name

    def exec_module(self, module: ModuleType) -> None:
        module.__name__ = self.alias
        sys.modules[self.alias] = module  # ``from PACKAGE import MODULE`` asks for it by that name
        super().exec_module(module)

    def get_code(self, _fullname: str) -> Any:
        return self.source_to_code(self.text, self.path)


class _Beside:
    """Finds modules that lie in the folder of the strategy ``owner``."""

    def __init__(self, folder: Path, owner: str) -> None:
        self.folder, self.owner, self.looked_up = folder, owner, dict[str, tuple[Path, bytes] | None]()

    def files(self) -> dict[str, bytes]:
        """Every module that was loaded from the folder: its path in there, and its text."""
        return {path.relative_to(self.folder).as_posix(): text for path, text in filter(None, self.looked_up.values())}

    def find_spec(self, name: str, path: Any = None, _target: Any = None) -> Any:
        """As ``importlib`` asks for it: None for a module that is not the user's."""
        asked, name = name, name.removeprefix(f"{self.owner}.")
        root, _, below = name.partition(".")
        if root in OURS or root in sys.stdlib_module_names:
            return None
        if below and name.rpartition(".")[0] not in self.looked_up:
            return _elsewhere_now(name, path)
        base = self.folder.joinpath(*name.split("."))
        for file in (base / "__init__.py", base.with_name(base.name + ".py")):
            if file.is_file():
                self.looked_up[name] = (file, text := file.read_bytes())
                places = [str(base)] if file.name == "__init__.py" else None
                loader = _Fresh(asked, str(file), text, f"{self.owner}.{name}")
                return importlib.util.spec_from_file_location(asked, file, loader=loader, submodule_search_locations=places)
        if below or not base.is_dir() or importlib.machinery.PathFinder.find_spec(name) is not None:
            return _elsewhere_now(asked, path)
        self.looked_up[name] = None
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(base)]
        return spec

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Modules of the folder are found in here; afterwards they are the owner's alone."""
        roots = {p.stem for p in self.folder.iterdir() if p.suffix == ".py" or p.is_dir()} - OURS - sys.stdlib_module_names
        roots = {r for r in roots - {"__main__"} if is_users(r)} | _loaded_elsewhere()
        before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in roots}
        for name in [n for n in sys.modules if n.startswith(f"{self.owner}.")]:
            del sys.modules[name]  # from an earlier look at the same file
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            for name in self.looked_up:
                if (module := sys.modules.pop(name, None)) is not None:
                    sys.modules[f"{self.owner}.{name}"] = module
            sys.modules.update(before)


def _elsewhere_now(name: str, path: Any) -> Any:
    """A module of the user's from another folder, as its file is now; None for one that is installed, or no Python text."""
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    if spec is None or not (spec.origin or "").endswith(".py") or installed(str(spec.origin)):
        return None
    loader = _Fresh(name, str(spec.origin), Path(str(spec.origin)).read_bytes())
    places = spec.submodule_search_locations
    return importlib.util.spec_from_file_location(name, str(spec.origin), loader=loader, submodule_search_locations=places)


def _loaded_elsewhere() -> set[str]:
    """Roots of the user's modules that were imported before: their files may have changed since."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if "." not in name}
    users = {name for name, file in files.items() if file and file.endswith(".py") and is_users(name)}
    return {name for name in users if name != "__main__" and not name.startswith("user_strategy_")}


@contextmanager
def _watched() -> Iterator[list[str]]:
    """The files opened for reading in here."""
    global _opened
    _listen()
    outer, _opened = _opened, []
    try:
        yield _opened
    finally:
        _opened = outer


def _listen(done: list[bool] = []) -> None:  # noqa: B006
    """Have Python tell of opened files, once in a process: such a hook cannot be taken away."""

    def hook(event: str, args: tuple) -> None:
        if _opened is not None and event == "open" and isinstance(args[0], str | os.PathLike) and not {*str(args[1])} & {*"wax+"}:
            _opened.append(os.fspath(args[0]))

    if not done:
        done.append(True)
        sys.addaudithook(hook)


def _data(opened: list[str], folder: Path) -> dict[str, bytes]:
    """Files of the folder that were read while the strategy was loaded, modules apart."""
    content = {}
    for name in opened:
        path = Path(name).resolve()
        if path.is_relative_to(folder) and path.suffix not in (".py", ".pyc") and path.is_file() and path.stat().st_size <= MOST:
            content[path.relative_to(folder).as_posix()] = path.read_bytes()
    return content


def _elsewhere(text: bytes, known: set[str]) -> dict[str, bytes]:
    """Modules of the user's that are imported from other folders, by the path under which they would be found here."""
    contents: dict[str, bytes] = {}
    for node in ast.walk(ast.parse(text)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in {part for full in names for part in _parents(full)} - known:
            file = getattr(sys.modules.get(name), "__file__", None)
            if file and name != "__main__" and is_users(name):
                known.add(name)
                inner = "/__init__.py" if Path(file).name == "__init__.py" else ".py"
                contents[name.replace(".", "/") + inner] = (content := Path(file).read_bytes())
                contents |= _elsewhere(content, known)
    return contents


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: k + 1]) for k in range(len(parts))]
