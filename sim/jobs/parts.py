"""The parts of an unfinished sweep: one file a chunk, each with a checksum, and the table they become.

They lie in a hidden folder beside the one that will be, ``.NAME-sweep``, with ``sweep.json``: what the sweep is. A part is
written under another name and then renamed, so it is there whole or not at all; one that was damaged since is found by its
checksum and played again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.jobs.packed_part import Damaged, unpacked
from sim.jobs.plan import Chunk, Plan
from sim.jobs.work_folder import begun, holds
from sim.words import _

GROUP = 16_384
"""Rows held before they are written to the final table: a row group of it, some 13 MB where every metric is kept."""
NONE = np.empty((0, 0))
KEY = ("world", "candidate", "replicate")
"""First columns of the table, and the order of its rows: world, replicate, candidate."""


class Parts:
    """The parts of one sweep. ``digest``: what they must belong to."""

    def __init__(self, folder: Path, plan: Plan, digest: str) -> None:
        self.folder, self.plan, self.digest, self.chunks = folder, plan, digest, plan.chunks()

    def path(self, chunk: Chunk) -> Path:
        """Where a chunk's part is."""
        return self.folder / f"part-{chunk.number:06d}.figures"

    def keep(self, chunk: Chunk, content: bytes) -> None:
        """Keep one chunk as a worker packed it."""
        fresh = self.path(chunk).with_suffix(".tmp")
        fresh.write_bytes(content)
        os.replace(fresh, self.path(chunk))

    def read(self, chunk: Chunk) -> np.ndarray:
        """One chunk back, float64 [metric, run]; :class:`Damaged` where it is missing, cut short, changed, or another sweep's."""
        try:
            return unpacked(self.digest, chunk, self.path(chunk).read_bytes(), len(self.plan.metrics))
        except OSError as error:
            raise Damaged(_("part {number} cannot be read: {error}").format(number=chunk.number, error=error)) from None
        except Damaged:
            raise Damaged(_("part {number} is not what was written").format(number=chunk.number)) from None

    def missing(self) -> tuple[list[Chunk], int]:
        """Chunks still to be played, and how many of them had a part that was damaged."""
        kept = {path.name for path in self.folder.glob("part-*.figures")}
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

    def rows(self) -> Iterator[Rows]:
        """The rows of every chunk in order, with their keys."""
        import pyarrow as pa

        names = pa.array([c.name for c in self.plan.candidates], pa.string())
        for chunk in self.chunks:
            span, block = chunk.stop - chunk.start, chunk.last - chunk.first
            candidate = names.take(pa.array(np.tile(np.arange(chunk.first, chunk.last), span)))
            replicate = np.repeat(np.arange(chunk.start, chunk.stop, dtype=np.int64), block)
            yield Rows(self.plan.worlds[chunk.world].name, candidate, replicate, self.read(chunk))

    def assemble(self, path: Path) -> None:
        """Write the finished table, a row group at a time: same sweep, same bytes. Raises :class:`Damaged` as :meth:`read`."""
        write_rows(self.rows(), self.plan.metrics, path)


class Rows(NamedTuple):
    """Rows of a table. world: of all of them. candidate: Arrow strings [run]. replicate: int64 [run]. values: float64 [metric,
    run]."""

    world: str
    candidate: Any
    replicate: np.ndarray
    values: np.ndarray


def write_rows(parts: Iterable[Rows], metrics: Sequence[str], path: Path) -> None:
    """One Parquet file of many small parts, in their order, in row groups of about ``GROUP`` rows, which are all that is held."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [(name, pa.float64()) for name in metrics]
    schema = pa.schema([*zip(KEY, (pa.string(), pa.string(), pa.int64()), strict=True), *columns])
    room, waiting, rows = np.empty((len(metrics), GROUP)), list[Rows](), 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def write() -> None:
            worlds = np.repeat([part.world for part in waiting], [len(part.replicate) for part in waiting])
            keys = [pa.array(worlds, pa.string()), pa.concat_arrays([part.candidate for part in waiting]),
                    np.concatenate([part.replicate for part in waiting])]  # fmt: skip
            writer.write_table(pa.table([*keys, *room[:, :rows]], schema=schema), row_group_size=rows)

        for part in parts:
            more = len(part.replicate)
            if rows + more > room.shape[1]:
                larger = np.empty((len(metrics), rows + more))
                larger[:, :rows] = room[:, :rows]
                room = larger
            room[:, rows : rows + more] = part.values
            waiting.append(part._replace(values=NONE))
            rows += more
            if rows >= GROUP:
                write()
                waiting, rows = [], 0
        if rows:
            write()


@contextmanager
def opened(final: Path, plan: Plan, facts: Mapping[str, Any]) -> Iterator[Parts]:
    """The parts of the sweep that is to become ``final``, those of an earlier, interrupted run among them; see ``begun``."""
    with begun(final, "sweep", facts, holds("part-*")) as folder:
        yield Parts(folder, plan, plan.digest())


def discard(parts: Parts) -> None:
    """Remove the parts of a sweep that is finished; its folder goes when it is closed."""
    for path in parts.folder.glob("part-*"):
        path.unlink()
