"""``ingest``: files in, one canonical stream out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.replay.clock import StreamError, find_zone
from sim.replay.ingest import dashboard, sales, stock_rows
from sim.replay.ingest.assemble import Making
from sim.replay.ingest.canon import Head, Writer
from sim.replay.ingest.carried import carried
from sim.replay.ingest.chunk import RowChunk, TableFile
from sim.replay.ingest.detect import (
    STREAMS,
    detect,
    meaning,
    misspelt,
    must_be,
    must_fit,
    must_know,
    one_of_each,
    unknown,
    unused,
)
from sim.replay.ingest.files import BLOCK, FORMATS
from sim.replay.ingest.join import joined
from sim.replay.ingest.mapping import Mapping
from sim.replay.ingest.names import listed
from sim.replay.ingest.paths import called
from sim.replay.ingest.rejects import Rejects
from sim.replay.ingest.row_validator import Facts, RowValidator
from sim.replay.ingest.sources import SUFFIXES, tables
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

JUDGES: dict[str, Callable[[RowValidator], Facts]] = {
    "orders": sales.orders, "events": sales.events, "levels": stock_rows.levels, "flow": stock_rows.flow, "cues": stock_rows.cues,
    "stock": stock_rows.stock, "dashboard": dashboard.dashboard,
}  # fmt: skip
ASSUMED = "+08:00"
"""The zone of times that have none, where neither the user nor the mapping says."""
AT_ONCE = 262_144
"""Most rows judged at once."""
Told = Callable[[int, int, str], None]
"""Called with the rows read of a file so far, about how many it has, and its name."""


@dataclass(frozen=True, eq=False)
class Ingested:
    """A stream made in memory or on disk. ``head``: its account (Head.files, .checks, .notes); ``rejects``: what was rejected."""

    head: Head
    rejects: Rejects
    _making: Making

    def batches(self) -> Iterator[pd.DataFrame]:
        """The canonical rows in parts, in time order."""
        yield from self._making.frames()

    def frame(self) -> pd.DataFrame:
        """The canonical rows as one table."""
        import pandas as pd

        parts = list(self.batches())
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0] if parts else self._making.empty()

    def write(self, path: Path) -> None:
        """The stream as a Parquet file, whole or not at all."""
        with Writer(path, self.head) as out:
            for part in self.batches():
                out.add(part)

    def close(self) -> None:
        """Remove what is on disk."""
        self._making.spool.close()
        self.rejects.close()


def ingest(
    paths: str | Path | Iterable[str | Path],
    mapping: str | dict[str, str] | None = None,
    zone: str | None = None,
    assumed: str | None = ASSUMED,
    name: str | None = None,
    cues: str | Path | None = None,
    stock: str | Path | None = None,
    progress: Told | None = None,
    block: int = BLOCK,
    understood: Callable[[], None] = lambda: None,
) -> Ingested:
    """Read files or a folder into one canonical stream on one clock; :class:`StreamError` where they cannot be used.

    ``mapping``: a shipped mapping's name or a .yaml file, for all files or by file name; None: told by their columns. ``zone``:
    what times without a zone are in; None: what the mapping says, else ``assumed``. ``cues``, ``stock``: files that
    have to be such sheets. ``block``: bytes of text read at a time. ``understood``: called when it is known what every file's
    columns mean, and no row has been read.
    """
    files, folder = _files(paths)
    must_know(mapping, [called(f) for f in files])
    making = Making(name or _stem(folder or files[0]), find_zone(zone), find_zone(assumed))
    rejects = Rejects()
    with ExitStack() as rooms, ExitStack() as failed:
        failed.callback(making.spool.close)
        failed.callback(rejects.close)
        tables_ = joined(_understood(files, folder, mapping, making, rooms, block))
        making.book.several = len(tables_) > 1
        must_fit(mapping, [one for _source, one in tables_])
        understood()
        # Sheets come last: a run of show may need the recording's day.
        for source, mapping_ in sorted(tables_, key=lambda one: one[1].kind not in STREAMS):
            _read(carried(source, mapping_), mapping_, making, rejects, progress)
        for given, kind in ((cues, "cues"), (stock, "stock")):
            if given is not None and given != "":
                source, mapping_ = _one_sheet(Path(given), kind, rooms, block)
                making.forget(kind)
                _read(source, mapping_, making, rejects, progress)
        making.must_hold_a_stream(folder, files)
        selling = [s.where for s in making.states if s.mapping.kind in STREAMS]
        if name is None and folder is not None and len(selling) == 1:
            # A folder with one recording and its sheets is called after the recording.
            making.name = _stem(Path(selling[0]))
        head = making.close()
        failed.pop_all()
    return Ingested(head, rejects, making)


def _understood(
    files: list[Path], folder: Path | None, mapping: object, making: Making, rooms: ExitStack, block: int
) -> list[tuple[TableFile, Mapping]]:  # fmt: skip
    """The tables of all files with the mapping of each. What of a folder, a workbook or an archive is not used is said."""
    pairs: list[tuple[TableFile, Mapping]] = []
    for path in files:
        try:
            tables_, left = tables(path, rooms, block)
        except StreamError as error:
            if folder is None:
                raise
            making.leave(called(path), str(error))
            continue
        for rest in left:
            making.leave(rest.name, rest.why)
        understood = [meaning(source, mapping, folder is not None or len(tables_) > 1) for source in tables_]
        if folder is None and not any(understood):
            raise unknown(tables_[0], STREAMS)
        for source, one in zip(tables_, understood, strict=True):
            if one is None:
                making.leave(source.where, str(unknown(source, STREAMS)))
            else:
                pairs.append(one)
    if folder is not None:
        for path in sorted(folder.iterdir()):
            if path not in files and not path.name.startswith((".", "~$")):
                kind = _("is of a kind that is not read here ({suffixes})").format(suffixes=SUFFIXES)
                making.leave(called(path), _("is a folder") if path.is_dir() else kind)
    return pairs


def _one_sheet(path: Path, kind: str, rooms: ExitStack, block: int = BLOCK) -> tuple[TableFile, Mapping]:
    """A cue sheet or declared stock; of a workbook the first sheet that is one."""
    tables_, _ = tables(path, rooms, block)
    sheets = [one for one in map(detect, tables_) if one is not None]
    if not sheets:
        raise unknown(tables_[0], (kind,))
    right = [one for one in sheets if one[1].kind == kind]
    if not right:
        must_be(sheets[0][0].where, sheets[0][1], (kind,))
    return right[0]


def sheet(path: str | Path, kind: str, zone: str | None = None) -> tuple[Making, Rejects]:
    """A cue sheet or declared stock read alone (``kind``: "cues" or "stock"); whoever asks closes both."""
    making, rejects = Making(_stem(Path(path)), find_zone(zone), None), Rejects()
    with ExitStack() as rooms, ExitStack() as failed:
        failed.callback(making.spool.close)
        failed.callback(rejects.close)
        source, mapping = _one_sheet(Path(path), kind, rooms)
        _read(source, mapping, making, rejects, None)
        failed.pop_all()
    return making, rejects


def _files(paths: str | Path | Iterable[str | Path]) -> tuple[list[Path], Path | None]:
    """The files to read, and the folder they were found in, if it was one."""
    many = [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]
    if not many:
        raise StreamError(_("no file is named; name files or a folder"))
    if len(many) > 1 or not many[0].is_dir():
        names = [p.name for p in many]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice:
            raise StreamError(
                _("two files are called {twice}; rename one, for rows are traced by their file's name").format(twice=twice)
            )
        return many, None
    files = sorted(p for p in many[0].iterdir() if p.is_file() and not p.name.startswith((".", "~$")) and _readable(p))
    if not files:
        raise StreamError(
            _("folder {many} holds no stream (nothing readable); name one file with orders, events or stock levels").format(
                many=many[0]
            )
        )
    return files, many[0]


def _readable(path: Path) -> bool:
    return Path(path.name.lower().removesuffix(".gz")).suffix in FORMATS


def _stem(path: Path) -> str:
    return called(path).split(".")[0] or called(path.resolve()).split(".")[0] or "stream"


def _read(source: TableFile, mapping: Mapping, making: Making, rejects: Rejects, progress: Told | None) -> None:
    """Judge every row of one file."""
    double, idle = one_of_each(source, mapping), unused(source, mapping)
    state = making.begin(source, mapping)
    state.unused, state.damaged = idle, source.damaged
    state.notes += misspelt(source, mapping, idle)
    if double:
        text = _("{where}: columns that stand there twice are not used: {names}")
        state.notes.append(text.format(where=source.where, names=listed(double)))
    judge = JUDGES[mapping.kind]
    for chunk in source.chunks(list(mapping.header) or None, mapping.knows):
        for part in _portions(chunk):
            facts = judge(RowValidator(part, state)) if len(part.lines) else None
            if facts is None:
                state.only_rejects(part)
            rejects.add(state.where, state.rejects)
            state.first_reject = state.first_reject or (state.rejects[0] if state.rejects else None)
            state.rejects.clear()
            if facts is not None:
                making.add(state, facts)
        if progress:
            progress(state.rows, max(state.rows, round(state.rows / max(chunk.share, 1e-9))), state.where)
    making.end(state)


def _portions(chunk: RowChunk) -> Iterator[RowChunk]:
    """A chunk in portions of at most AT_ONCE rows; what could not be cut goes with the first."""
    n = len(chunk.lines)
    if n <= AT_ONCE:
        yield chunk
        return
    for first in range(0, n, AT_ONCE):
        last = min(n, first + AT_ONCE)

        def texts(which: Any, first: int = first) -> list[str]:
            return chunk.texts(which + first)

        columns = {name: column.slice(first, last - first) for name, column in chunk.columns.items()}
        aside = None if chunk.aside is None else chunk.aside[first:last]
        yield RowChunk(chunk.lines[first:last], columns, texts, chunk.rejects if first == 0 else [], aside=aside)
