"""The run folder: whole or not there at all.

Everything is written into a sibling whose name says that it is unfinished; the manifest, with the checksum of
every file, comes last, and then the folder takes its name in one step.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import itertools
import json
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.jobs.locks import Busy, alone
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
ACCOUNT = "net and its distance from hindsight"
"""What J of a run folder means. Folders without this note were judged by the old account, a sum of losses."""
LARGE = 10**8
"""Bytes above which a file is not copied."""
PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "simpy", "numba", "matplotlib", "optuna")


class FolderError(ValueError):
    """Results cannot go where they should; the message is one sentence."""


def out_folder(given: str, otherwise: str) -> Path:
    """Where a study goes: ``out=`` as a shell would read it, else its own name."""
    return Path(given).expanduser() if given else Path(otherwise)


def refuse_strange(final: Path, verb: str = "") -> None:
    """Raise a sentence unless ``final`` is free, an empty folder, or a run folder (of ``verb``, where one is given)."""
    if not final.exists() or (final.is_dir() and not any(final.iterdir())):
        return
    if not (final / MANIFEST).is_file():
        raise FolderError(_("{final!r} exists and is not a run folder; choose another out=").format(final=str(final)))
    maker = _manifest(final).get("command") or ["", verb]
    if verb and maker[1] != verb:
        raise FolderError(
            _("{final!r} holds what stockcue {made} made; choose another out=").format(final=str(final), made=maker[1])
        )


def refuse_place(final: Path, verb: str) -> None:
    """Raise a sentence where results cannot go to ``final``, as far as can be told without writing anything."""
    refuse_unwritable(final)
    refuse_strange(final, verb)


def refuse_unwritable(final: Path) -> None:
    """Raise a sentence where no folder can be made in the place of ``final``."""
    above = next(place for place in final.absolute().parents if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise unwritable(final, os.strerror(errno.EACCES if above.is_dir() else errno.ENOTDIR))


def unwritable(final: Path, why: str | None) -> FolderError:
    """The refusal of a place that cannot be written, and why."""
    text = _("Results cannot be written to {final!r}: {strerror}; choose another out=")
    return FolderError(text.format(final=str(final), strerror=why))


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder; empty where it cannot be read."""
    try:
        record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


@contextmanager
def run_folder(final: Path, verb: str = "") -> Iterator[Path]:
    """A folder to write into that becomes ``final`` when the block ends well, and vanishes when it does not.

    A finished run folder of the same ``verb`` is replaced, except for files that the tool did not write: they move along.
    Anything else of that name is left alone. What an earlier process that was killed left is brought back or removed first.
    Raises :class:`FolderError` where another process is writing ``final``.
    """
    with claimed(final, verb), fresh(final) as folder:
        yield folder


@contextmanager
def claimed(final: Path, verb: str = "") -> Iterator[None]:
    """Nobody else writes ``final`` meanwhile."""
    with ExitStack() as stack:
        refuse_unwritable(final)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(alone(_lock(final)))
            recover(final)
            refuse_strange(final, verb)
        except Busy as who:
            raise FolderError(
                _("{who} writes {folder!r}; wait for it, or choose another out=").format(who=who, folder=str(final))
            ) from None
        except OSError as error:
            raise unwritable(final, error.strerror) from None
        yield


@contextmanager
def fresh(final: Path) -> Iterator[Path]:
    """A folder that takes the place of ``final``, which is claimed, when the block ends well."""
    folder = _beside(final, "unfinished")
    try:
        try:
            folder.mkdir(0o700)
        except OSError as error:
            raise unwritable(final, error.strerror) from None
        yield folder
        folder.chmod(0o777 & ~_umask())
        _take_name(folder, final)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if (number := no_room(error)) is not None:
            raise OSError(number, _unwritten(final, number)) from None
        raise


def carry(final: Path, folder: Path) -> None:
    """Put what the tool wrote into a finished folder once more into the one that is to replace it."""
    for name in _manifest(final).get("files", {}):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        linked(final / name, folder / name)


def linked(path: Path, to: Path) -> None:
    """A file once more; the figures of a large sweep without copying where the file system can."""
    if path.stat().st_size > LARGE:
        with suppress(OSError):
            return os.link(path, to)
    shutil.copyfile(path, to)
    return None


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def no_room(error: BaseException) -> int | None:
    """The number of an error that means there is no room left; None for any other."""
    if not isinstance(error, OSError):
        return None
    told = re.search(r"\[errno (\d+)\]", str(error), re.IGNORECASE)  # as pyarrow tells it
    number = error.errno if error.errno is not None else int(told[1]) if told else None
    return number if number in FULL else None


def _unwritten(final: Path, number: int) -> str:
    sentence = _(
        "there is no room for the results in {folder!r} ({why}), so none were written there; make room, or choose another out="
    )
    return sentence.format(folder=str(final), why=os.strerror(number))


def tidy(final: Path) -> None:
    """:func:`recover`, unless another process is writing ``final`` or nothing can be written there."""
    with suppress(Busy, OSError):
        if any(_left(final, "old")) or any(_left(final, "unfinished")) or _lock(final).exists():
            with alone(_lock(final)):
                recover(final)


def brought_back(final: Path) -> Path:
    """``final`` to be read: first brought back where a process that was killed has put it aside."""
    if not final.exists():
        tidy(final)
    return final


def recover(final: Path) -> None:
    """Bring back or remove what a process that was killed left beside ``final``; only for who holds its lock."""
    for old in sorted(_left(final, "old"), key=lambda p: p.stat().st_mtime, reverse=True):
        if not final.exists() and any(old.iterdir()):
            os.replace(old, final)
        else:
            _give_back(old, final)
    for left in _left(final, "unfinished"):
        shutil.rmtree(left, ignore_errors=True)


def _lock(final: Path) -> Path:
    return final.parent / f".{final.name}.lock"


def _beside(final: Path, what: str) -> Path:
    """A new name beside ``final``, known before anything is made of it: what an interrupt cuts short can be removed."""
    return final.parent / f".{final.name}-{what}-{secrets.token_hex(4)}"


def _left(final: Path, what: str) -> Iterator[Path]:
    return final.parent.glob(f".{glob.escape(final.name)}-{what}-*")


def _take_name(folder: Path, final: Path) -> None:
    if final.exists():
        # A folder cannot be replaced in one step: the old one steps aside, and only then goes.
        old = _beside(final, "old")
        os.replace(final, old)
        os.replace(folder, final)
        _give_back(old, final)
    else:
        os.replace(folder, final)


def _give_back(old: Path, final: Path) -> None:
    """Move what the tool did not write, or what was changed since, from a replaced folder into the new one; remove the rest.

    The manifest says which are the tool's, so it goes last: stopped anywhere, the same again does what is left.
    """
    own = _manifest(old).get("files", {})
    for path in sorted(p for p in old.rglob("*") if p.is_symlink() or not p.is_dir()):
        name = path.relative_to(old)
        if name.as_posix() == MANIFEST or (name.as_posix() in own and checksum(path) == own[name.as_posix()]):
            continue
        place = free(final / name)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, place)
    for path in [p for p in old.iterdir() if p.name != MANIFEST]:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(old, ignore_errors=True)


def free(path: Path) -> Path:
    """``path``, or beside it where the new results have a file of that name: ``NAME.yours``, ``NAME.yours2`` ..."""
    if not path.exists():
        return path
    names = (path.with_name(f"{path.name}.yours{n if n > 1 else ''}") for n in itertools.count(1))
    return next(p for p in names if not p.exists())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Parquet without anything that changes from run to run: same table, same bytes."""
    frame.to_parquet(path, engine="pyarrow", index=False, compression="zstd")


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """``manifest.json``: versions, ``facts`` and the SHA-256 of every file written before it, by its path in the folder."""
    files = {p.relative_to(folder).as_posix(): checksum(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    manifest = {"versions": versions(), "account": ACCOUNT, **facts, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """SHA-256 of a file of any size, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """StockCue, Python and the packages results depend on."""
    by_name = {"stockcue": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            by_name[name] = version(name)
        except PackageNotFoundError:
            by_name[name] = "absent"
    return by_name


def config_hash(config: Mapping[str, Any]) -> str:
    """Twelve hex digits that name a configuration: equal settings, equal name, in whatever order they were given.

    >>> config_hash({"a": 1, "b": 2}) == config_hash({"b": 2, "a": 1})
    True
    """
    text = json.dumps(config, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def checksums(roots: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of every file named, and of every file in every folder named; by name, where two share one by path."""
    files = [f for root in roots for f in (sorted(root.iterdir()) if root.is_dir() else [root]) if f.is_file()]
    names = [f.name for f in files]
    return {f.name if names.count(f.name) == 1 else str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
