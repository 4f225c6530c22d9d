"""The parts of an unfinished sweep: one Parquet file a chunk, each with a checksum, and the table they become.

They lie in a hidden folder beside the one that will be, ``.NAME-sweep``, with ``sweep.json``: what the sweep is. A part is
written under another name and then renamed, so it is there whole or not at all; one that was damaged since is found by its
checksum and played again.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from sim.study.folder import FolderError
from sim.study.plan import Chunk, Plan

FACTS, PLAYED = "sweep.json", "what is played"
GROUP = 65_536
"""Rows held before they are written to the final table: a row group of it."""
KEY = ("world", "candidate", "replicate")
"""First columns of the table, and the order of its rows: world, replicate, candidate."""


class Damaged(ValueError):
    """A part that is not what was written; it is played again."""


class Parts:
    """The parts of one sweep. ``digest``: what they must belong to."""

    def __init__(self, folder: Path, plan: Plan, digest: str) -> None:
        self.folder, self.plan, self.digest, self.chunks = folder, plan, digest, plan.chunks()

    def path(self, chunk: Chunk) -> Path:
        """Where a chunk's part is."""
        return self.folder / f"part-{chunk.number:06d}.parquet"

    def write(self, chunk: Chunk, values: np.ndarray) -> None:
        """Keep one chunk: float64 [run, metric]."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(dict(zip(self.plan.metrics, np.ascontiguousarray(values.T), strict=True)))
        table = table.replace_schema_metadata({"stockcue": self._seal(chunk, values)})
        fresh = self.path(chunk).with_suffix(".tmp")
        pq.write_table(table, fresh, compression="zstd", use_dictionary=False, write_statistics=False)
        os.replace(fresh, self.path(chunk))

    def read(self, chunk: Chunk) -> np.ndarray:
        """One chunk back; :class:`Damaged` where it is missing, cut short, changed, or another sweep's."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.path(chunk)) as file:
                table = file.read(columns=list(self.plan.metrics), use_threads=False)
            values = np.column_stack([table.column(name).to_numpy() for name in self.plan.metrics])
            seal = (table.schema.metadata or {}).get(b"stockcue", b"").decode("ascii", "replace")
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise Damaged(f"part {chunk.number} cannot be read: {error}") from None
        if seal != self._seal(chunk, values):
            raise Damaged(f"part {chunk.number} is not what was written")
        return values

    def _seal(self, chunk: Chunk, values: np.ndarray) -> str:
        """Checksum over the figures, the chunk they are of, and the sweep they belong to."""
        made = hashlib.sha256(f"{self.digest} {chunk}".encode())
        made.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return made.hexdigest()

    def missing(self) -> tuple[list[Chunk], int]:
        """Chunks still to be played, and how many of them had a part that was damaged."""
        kept = {path.name for path in self.folder.glob("part-*.parquet")}
        missing, damaged = [], 0
        for chunk in self.chunks:
            if self.path(chunk).name in kept:
                try:
                    self.read(chunk)
                    continue
                except Damaged:
                    damaged += 1
            missing.append(chunk)
        return missing, damaged

    def tables(self) -> Iterator[Any]:
        """The rows of every chunk in order, as Arrow tables with their keys."""
        import pyarrow as pa

        names = pa.array([c.name for c in self.plan.candidates], pa.string())
        for chunk in self.chunks:
            values = self.read(chunk)
            span, block = chunk.stop - chunk.start, chunk.last - chunk.first
            world = pa.array([self.plan.worlds[chunk.world].name] * chunk.runs, pa.string())
            candidate = names.take(pa.array(np.tile(np.arange(chunk.first, chunk.last), span)))
            replicate = pa.array(np.repeat(np.arange(chunk.start, chunk.stop, dtype=np.int64), block))
            columns = [pa.array(column) for column in np.ascontiguousarray(values.T)]
            yield pa.table([world, candidate, replicate, *columns], names=[*KEY, *self.plan.metrics])

    def assemble(self, path: Path) -> None:
        """Write the finished table, a row group at a time: same sweep, same bytes. Raises :class:`Damaged` as :meth:`read`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        writer, waiting, rows = None, [], 0
        try:
            for table in self.tables():
                writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
                waiting.append(table)
                rows += table.num_rows
                if rows >= GROUP:
                    writer.write_table(pa.concat_tables(waiting).combine_chunks(), row_group_size=rows)
                    waiting, rows = [], 0
            if writer and waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks(), row_group_size=rows)
        finally:
            if writer:
                writer.close()


@contextmanager
def opened(final: Path, plan: Plan, facts: Mapping[str, Any]) -> Iterator[Parts]:
    """The parts of the sweep that is to become ``final``, those of an earlier, interrupted run among them.

    ``facts``: all that decides the result. Refuses a folder begun with others, one that another process is playing, and one
    that cannot be written. A folder without any part is not kept.
    """
    folder, fresh = workshop(final), not final.parent.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise FolderError(f"Results cannot be written to {str(final)!r}: {error.strerror}; choose another out=") from None
    needed = True
    try:
        with lock:
            if not _locked(lock):
                raise FolderError(f"another process plays the sweep {str(final)!r}; wait for it, or choose another out=")
            try:
                _begin(folder, facts)
                yield Parts(folder, plan, plan.digest())
            finally:
                needed = any(folder.glob("part-*"))
    finally:
        # After the lock is closed: not every system removes an open file.
        if not needed:
            shutil.rmtree(folder, ignore_errors=True)
            if fresh and not any(final.parent.iterdir()):
                final.parent.rmdir()


def _locked(file: IO[str]) -> bool:
    """Whether this process now holds the lock; it ends with the process, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def workshop(final: Path) -> Path:
    """Where the parts of an unfinished sweep are."""
    return final.parent / f".{final.name}-sweep"


def _begin(folder: Path, facts: Mapping[str, Any]) -> None:
    """Note what the sweep is, or check that it is still the same one."""
    begun = known(folder / FACTS)
    if begun is None:
        fresh = folder / f"{FACTS}.tmp"
        fresh.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(fresh, folder / FACTS)
    else:
        refuse_other(begun, facts, f"the unfinished sweep in {str(folder)!r} was begun")


def known(path: Path) -> dict[str, Any] | None:
    """A JSON file as it is; None where there is none, or none that can be read."""
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return made if isinstance(made, dict) else None


def refuse_other(begun: Mapping[str, Any], facts: Mapping[str, Any], what: str) -> None:
    """Raise a sentence that says what changed, if anything did."""
    changed = list(differences(begun, json.loads(json.dumps(facts))))
    # A checksum that differs because a setting does has nothing to add.
    changed = [text for text in changed if not text.startswith(PLAYED)] or changed
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise FolderError(
            f"{what} with other settings: {'; '.join(changed[:5])}{more}; give those again, delete the folder, "
            "or choose another out="
        )


def differences(old: Any, new: Any, where: str = "") -> Iterable[str]:
    """Every setting that differs, as ``key was OLD, is NEW``.

    >>> list(differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}))
    ['a.b was 1, is 3']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), f"{where}.{key}" if where else str(key))
    elif old != new:
        yield f"{where} was {_short(old)}, is {_short(new)}"


def _short(value: Any) -> str:
    text = "not set" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def discard(parts: Parts) -> None:
    """Remove the parts of a sweep that is finished; its folder goes when it is closed."""
    for path in parts.folder.glob("part-*"):
        path.unlink()


def clear(final: Path) -> None:
    """Remove what a process that was killed while it wrote the finished folder has left beside it."""
    for left in final.parent.glob(f".{glob.escape(final.name)}-unfinished-*"):
        shutil.rmtree(left, ignore_errors=True)
