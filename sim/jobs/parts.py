"""The parts of an unfinished sweep: one Parquet file a chunk, each with a checksum, and the table they become.

They lie in a hidden folder beside the one that will be, ``.NAME-sweep``, with ``sweep.json``: what the sweep is. A part is
written under another name and then renamed, so it is there whole or not at all; one that was damaged since is found by its
checksum and played again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.jobs.plan import Chunk, Plan
from sim.jobs.work_folder import begun, holds
from sim.words import _

if TYPE_CHECKING:
    import pyarrow as pa

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
            raise Damaged(_("part {number} cannot be read: {error}").format(number=chunk.number, error=error)) from None
        if seal != self._seal(chunk, values):
            raise Damaged(_("part {number} is not what was written").format(number=chunk.number))
        return values

    def _seal(self, chunk: Chunk, values: np.ndarray) -> str:
        """Checksum over the figures, the chunk they are of, and the sweep they belong to."""
        hasher = hashlib.sha256(f"{self.digest} {chunk}".encode())
        hasher.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return hasher.hexdigest()

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
        write_table(self.tables(), path)


def write_table(tables: Iterable[pa.Table], path: Path) -> None:
    """One Parquet file of many small tables, in their order, in row groups of about ``GROUP`` rows: memory stays flat."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, waiting, rows = None, [], 0
    try:
        for table in tables:
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
    """The parts of the sweep that is to become ``final``, those of an earlier, interrupted run among them; see ``begun``."""
    with begun(final, "sweep", facts, holds("part-*")) as folder:
        yield Parts(folder, plan, plan.digest())


def discard(parts: Parts) -> None:
    """Remove the parts of a sweep that is finished; its folder goes when it is closed."""
    for path in parts.folder.glob("part-*"):
        path.unlink()
