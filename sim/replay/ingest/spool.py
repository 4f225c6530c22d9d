"""Facts on their way into the stream: kept in memory while they are few, on disk when they are many, given back in time order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sim.replay.ingest.row_validator import NUMBERS, Facts

IN_MEMORY = 1_500_000
"""Facts kept in memory; beyond it they go to disk."""
AT_ONCE = 524_288
"""Facts given back at once."""


def joined(parts: list[Facts]) -> Facts:
    """Several parts as one."""
    import pyarrow as pa

    out: Facts = {n: np.concatenate([p[n] for p in parts]) if parts else np.array([], kind) for n, kind in NUMBERS.items()}
    ids = [p["order_id"] for p in parts]
    out["order_id"] = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
    return out


def taken(facts: Facts, rows: Any) -> Facts:
    """Some of the facts: row numbers or a slice."""
    if isinstance(rows, slice):
        size = rows.stop - rows.start
        return {n: c.slice(rows.start, size) if n == "order_id" else c[rows] for n, c in facts.items()}
    return {n: c.take(rows) if n == "order_id" else c[rows] for n, c in facts.items()}


class Spool:
    """Runs of facts, each sorted by time."""

    def __init__(self) -> None:
        self.runs: list[Facts | Path] = []
        self.times: list[np.ndarray] = []
        self.held = 0
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def __len__(self) -> int:
        return sum(map(len, self.times))

    def add(self, facts: Facts) -> None:
        """Take facts in, in any order; equal times keep the order they come in."""
        t = facts["t"]
        if not len(t):
            return
        if (t[1:] < t[:-1]).any():
            facts = taken(facts, np.argsort(t, kind="stable"))
        self.runs.append(facts)
        self.times.append(facts["t"])
        self.held += len(t)
        if self.held > IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        """Write what is held to disk."""
        import pyarrow as pa

        self.folder = self.folder or tempfile.TemporaryDirectory(prefix="stockcue-ingest-")
        for k, run in enumerate(self.runs):
            if isinstance(run, Path):
                continue
            path = Path(self.folder.name) / f"{k}.arrow"
            table = pa.table({n: c if n == "order_id" else pa.array(c) for n, c in run.items() if n != "row"})
            with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
                out.write_table(table, max_chunksize=65_536)
            self.runs[k] = path
            self.times[k] = np.array(self.times[k])
        self.held = 0

    def _part(self, run: Facts | Path, first: int, last: int) -> Facts:
        """Facts ``first`` to ``last`` of a run."""
        if not isinstance(run, Path):
            return taken(run, slice(first, last))
        import pyarrow as pa

        with pa.OSFile(str(run), "rb") as file:
            reader = pa.ipc.open_file(file)
            batches = [reader.get_batch(k) for k in range(first // 65_536, (last - 1) // 65_536 + 1)]
        table = pa.Table.from_batches(batches).slice(first % 65_536, last - first).combine_chunks()
        return {n: _flat(table[n]) if n == "order_id" else _flat(table[n]).to_numpy() for n in table.column_names}

    def merged(self, at_once: int = AT_ONCE) -> Iterator[Facts]:
        """All facts in time order, in parts; equal times in the order they came."""
        total = len(self)
        if not total:
            return
        edges = [np.iinfo(np.int64).min]
        if total > at_once:
            ordered = np.sort(np.concatenate(self.times))
            edges += np.unique(ordered[at_once::at_once]).tolist()
            del ordered
        for low, high in zip(edges, [*edges[1:], None], strict=True):
            parts = []
            for run, t in zip(self.runs, self.times, strict=True):
                first = int(np.searchsorted(t, low)) if low > edges[0] else 0
                last = int(np.searchsorted(t, high)) if high is not None else len(t)
                if last > first:
                    parts.append(self._part(run, first, last))
            facts = joined(parts)
            yield taken(facts, np.argsort(facts["t"], kind="stable"))

    def drop(self, file: int) -> None:
        """Forget the facts of one file."""
        for k, t in enumerate(self.times):
            facts = self._part(self.runs[k], 0, len(t))
            kept = np.flatnonzero(facts["file"] != file)
            if len(kept) < len(t):
                self.runs[k] = taken(facts, kept)
                self.times[k] = t[kept]

    def strike(self, kind: int, places: np.ndarray) -> int:
        """Forget the facts of one kind that rows (file in the upper bits, then the line) made; gives how many there were."""
        gone = 0
        for k, t in enumerate(self.times if len(places) else []):
            facts = self._part(self.runs[k], 0, len(t))
            own = (facts["kind"] == kind) & np.isin((facts["file"].astype(np.int64) << 40) + facts["line"], places)
            if own.any():
                gone += int(own.sum())
                self.runs[k], self.times[k] = taken(facts, np.flatnonzero(~own)), t[~own]
        return gone

    def each_run(self) -> Iterator[Facts]:
        """The facts run by run."""
        for run, t in zip(self.runs, self.times, strict=True):
            yield self._part(run, 0, len(t))

    def close(self) -> None:
        """Remove what is on disk."""
        if self.folder is not None:
            self.folder.cleanup()


def _flat(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
