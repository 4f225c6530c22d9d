"""Read a recorded stream for a replay: files in, :class:`Loaded` out. Nothing is dropped without being counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sim.replay.clock import StreamError
from sim.replay.ingest.canon import SUFFIX, Head, is_stream, read_frame, read_head
from sim.replay.ingest.open import NEEDED, Opened, opened
from sim.replay.ingest.rejects import COLUMNS, Rejects
from sim.replay.ingest.run import ingest
from sim.replay.shut import as_told, with_shut
from sim.replay.stream import Stream
from sim.replay.teamlog import with_log
from sim.words import _

COUNTS = ("file", "kind", "rows", "used", "set_aside", "rejected", "out_of_order")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A stream with the account of its reading; described in the package's docstring."""

    stream: Stream
    rejects: pd.DataFrame
    counts: pd.DataFrame
    notes: tuple[str, ...]


def load(
    path: str | Path,
    cues: str | Path | None = None,
    stock: int | str | Path | Mapping[str, int] | None = None,
    sku: str | Iterable[str] | None = None,
    zone: str | None = None,
    speedup: float = 1.0,
    start: str | None = None,
    end: str | None = None,
    shut: Any = None,
    actions: Any = None,
) -> Loaded:
    """Read a recording; :class:`StreamError` where it cannot be used at all. Arguments as in the package's docstring."""
    if not (isinstance(speedup, int | float) and math.isfinite(speedup) and speedup > 0):
        raise StreamError(_("speedup={speedup!r} is not a positive number; 60 turns hours into minutes").format(speedup=speedup))
    path, units, sheet = stream_in(Path(path)), *_stock(stock)
    if path.is_file() and is_stream(path):
        if cues or sheet:
            raise StreamError(
                _("{name} is a finished stream; give cues= and stock sheets to stockcue ingest, with its files").format(
                    name=path.name
                )
            )
        head, frame, rejects = read_head(path), read_frame(path, NEEDED), pd.DataFrame(columns=list(COLUMNS))
    else:
        ingested = ingest(path, zone=zone or None, assumed=None, cues=cues or None, stock=sheet)
        head, frame, rejects = ingested.head, ingested.frame(), ingested.rejects.frame()
        ingested.close()
    recording = opened(head, frame, units, sku, float(speedup), (start, end))
    if recording.off:
        selling = ", ".join(f["file"] for f in head.files if f["kind"] not in ("cues", "stock"))
        stream, told = as_told(recording.stream, recording.off, selling)
        recording = replace(recording, stream=stream, notes=(*recording.notes, *told))
    if shut not in (None, ""):
        recording = replace(recording, stream=with_shut(recording.stream, shut))
    if actions not in (None, "", []):
        stream, logged = with_log(recording.stream, actions)
        recording = replace(recording, stream=stream, notes=(*recording.notes, *logged))
    return Loaded(recording.stream, rejects, _counts(head, recording), _notes(head, recording, end is not None))


def stream_in(path: Path) -> Path:
    """The stream in a folder that ingest wrote; any other path as it is."""
    if not (path.is_dir() and (path / "manifest.json").is_file()):
        return path
    streams = sorted(p for p in path.glob(f"*{SUFFIX}") if is_stream(p))
    if len(streams) > 1:
        raise StreamError(
            _("folder {path} holds {n} streams ({list}); name one of them").format(
                path=path, n=len(streams), list=", ".join(p.name for p in streams[:3])
            )
        )
    return streams[0] if streams else path


def write_rejects(table: pd.DataFrame, path: str | Path) -> int:
    """Write rejects (``Loaded.rejects``) as CSV (UTF-8), whole or not at all; returns how many there are."""
    rejects = Rejects()
    rejects.rows, rejects.total = list(table.itertuples(index=False, name=None)), len(table)
    return rejects.write_csv(Path(path))


def _stock(given: Any) -> tuple[Any, str | Path | None]:
    """Declared stock as units or {sku: units}, or as a sheet."""
    if isinstance(given, Path) or (isinstance(given, str) and given != "" and not given.strip().lstrip("-").isdigit()):
        if not Path(given).exists():
            raise StreamError(
                _("stock={given!r} is neither a number of units nor a file; write stock=500 or stock=FILE").format(
                    given=str(given)
                )
            )
        return None, given
    return (None if given == "" else given), None


def _counts(head: Head, recording: Opened) -> pd.DataFrame:
    """The account of every file: what the replay has no use for counts as set aside."""
    rows = []
    for account in head.files:
        gone = sum(n for (file, _), n in recording.aside.items() if file == account["file"])
        used = account["used"] - gone
        rows.append({**account, "used": used, "set_aside": account.get("set_aside", 0) + gone})
    return pd.DataFrame(rows, columns=list(COUNTS))


def _notes(head: Head, recording: Opened, end_given: bool) -> tuple[str, ...]:
    """What a reader of the results must know about the reading."""
    stream = recording.stream
    notes = [*head.notes, *recording.notes, *(c["finding"] for c in head.checks if not c["ok"])]
    if stream.speedup != 1:
        notes.append(
            _("time runs {speedup:g} times faster than recorded; leads and horizons are in show seconds").format(
                speedup=stream.speedup
            )
        )
    if stream.kind == "levels":
        gap_s = stream.reading_s * stream.speedup
        notes.append(
            _("stock was polled about every {gap_s:,.0f} s; what happened between polls is known as a sum").format(gap_s=gap_s)
        )
    if not end_given:
        notes.append(_("strategies are told that the show is planned to end where the recording ends; say end= to change that"))
    if stream.viewers is None:
        notes.append(_("the recording has no number of viewers; strategies that look at it see 0"))
    return tuple(notes)
