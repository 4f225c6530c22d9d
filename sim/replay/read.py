"""Read a recorded stream: files in, :class:`Loaded` out. Nothing is dropped without being counted."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import pandas as pd

from sim.replay import build
from sim.replay.clock import NAIVE, Clock, StreamError, find_zone
from sim.replay.columns import STREAMS, find_columns, kind_of, must_be
from sim.replay.facts import Event, Sifted
from sim.replay.ingest.canon import is_stream, read_frame, read_head
from sim.replay.ingest.open import NEEDED, opened
from sim.replay.rows import sift
from sim.replay.source import FORMATS, Raw, read_raw
from sim.replay.stream import Stream

REJECT_COLUMNS = ("file", "line", "reason", "text")


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
) -> Loaded:
    """Read a recording; :class:`StreamError` where it cannot be used at all. Arguments as in the package's docstring."""
    where = find_zone(zone)
    if not (isinstance(speedup, (int, float)) and math.isfinite(speedup) and speedup > 0):
        raise StreamError(f"speedup={speedup!r} is not a positive number; 60 turns hours into minutes")
    if Path(path).is_file() and is_stream(Path(path)):
        return _canonical(Path(path), stock, sku, float(speedup), (start, end))
    main, found = _gather(Path(path))
    rows = sift(main, must_be(main.where, main.header, STREAMS), where)
    cue_rows = _sheet(cues, found.get("cues"), "cues", where)
    stock = _stock(rows, stock, found.get("stock"), where)
    names = build.choose_skus(rows, sku, main.where.split(".")[0])
    build.set_aside(rows, [item.sku in names for item in rows.items], "other SKUs")
    clock = rows.clock or Clock(NAIVE)
    limits = (build.bound(start, "start", clock), build.bound(end, "end", clock))
    build.cut(rows, *limits)
    if rows.kind == "levels":
        events, skus = build.changes(rows.items), build.opened(rows.items, names)
    else:
        names, skus = build.declared(rows, stock, names)
        build.set_aside(rows, [item.sku in names for item in rows.items], "no stock declared")
        events = rows.items
    stream = build.assemble(rows, events, skus, cue_rows, clock, float(speedup), limits)
    used = [s for s in (rows, cue_rows, stock) if isinstance(s, Sifted)]
    notes = [note for s in used for note in s.notes] + _notes(stream, events, end is not None)
    counts = pd.DataFrame([s.counts() for s in used])
    rejects = pd.DataFrame([(s.where, r.line, r.reason, r.text) for s in used for r in s.rejects], columns=list(REJECT_COLUMNS))
    return Loaded(stream, rejects, counts, tuple(notes))


def _canonical(path: Path, stock: Any, sku: Any, speedup: float, limits: tuple[str | None, str | None]) -> Loaded:
    """A stream that was ingested before, with the account it carries."""
    head = read_head(path)
    found = opened(head, read_frame(path, NEEDED), None if stock == "" else stock, sku, speedup, limits)
    columns = ["file", "kind", "rows", "used", "set_aside", "rejected", "out_of_order"]
    counts = pd.DataFrame([{c: f.get(c, 0) for c in columns} for f in head.files], columns=columns)
    return Loaded(found.stream, pd.DataFrame(columns=list(REJECT_COLUMNS)), counts, (*head.notes, *found.notes))


def write_rejects(loaded: Loaded, path: str | Path) -> int:
    """Write the rejects as CSV (UTF-8), whole or not at all; returns how many there are."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        loaded.rejects.to_csv(beside, index=False, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return len(loaded.rejects)


def _gather(path: Path) -> tuple[Raw, dict[str, Raw]]:
    """The stream's file and, in a folder, the sheets that lie beside it."""
    if not path.is_dir():
        return read_raw(path), {}
    files = sorted(p for p in path.iterdir() if p.is_file() and Path(p.name.lower().removesuffix(".gz")).suffix in FORMATS)
    by_kind: dict[str, list[Raw]] = {}
    for file in files:
        raw = read_raw(file)
        by_kind.setdefault(kind_of(find_columns(raw.header)) or "unknown", []).append(raw)
    streams = [raw for kind in STREAMS for raw in by_kind.get(kind, [])]
    if len(streams) != 1:
        there = ", ".join(r.where for r in streams) or ", ".join(f.name for f in files) or "nothing readable"
        count = f"{len(streams)} streams" if streams else "no stream"
        raise StreamError(f"folder {path} holds {count} ({there}); name one file with orders, events or stock levels")
    for kind in ("cues", "stock"):
        if len(by_kind.get(kind, [])) > 1:
            raise StreamError(f"folder {path} holds two {kind} sheets; name one with {kind}=FILE")
    ignored = [raw.where for raw in by_kind.get("unknown", [])]
    if ignored:
        streams[0].notes.append(f"{', '.join(ignored)}: not understood, not used")
    return streams[0], {kind: raws[0] for kind, raws in by_kind.items() if kind in ("cues", "stock")}


def _sheet(given: str | Path | None, beside: Raw | None, kind: str, zone: tzinfo | None) -> Sifted | None:
    """A cue or stock sheet: the one given, else the one beside the stream."""
    raw = beside if given is None or given == "" else read_raw(Path(given))
    return None if raw is None else sift(raw, must_be(raw.where, raw.header, (kind,)), zone)


def _stock(rows: Sifted, given: Any, beside: Raw | None, zone: tzinfo | None) -> Any:
    """Declared stock as a number, a mapping or a sifted sheet."""
    if rows.kind == "levels":
        if given not in (None, ""):
            raise StreamError(f"{rows.where} holds stock levels, which say themselves what there was; leave stock= out")
        return None
    if isinstance(given, Mapping):
        return given
    if isinstance(given, Path) or (isinstance(given, str) and given != "" and not given.strip().lstrip("-").isdigit()):
        if not Path(given).exists():
            raise StreamError(f"stock={str(given)!r} is neither a number of units nor a file; write stock=500 or stock=FILE")
        return _sheet(given, None, "stock", zone)
    return _sheet(None, beside, "stock", zone) if given is None or given == "" else given


def _notes(stream: Stream, events: list[Event], end_given: bool) -> list[str]:
    """What a reader of the results must know about the reading."""
    notes = build.units(events, list(stream.skus))
    if stream.clock.kind == NAIVE:
        said = f"taken as {stream.clock.zone}" if stream.clock.zone else "taken as they are, all on one clock"
        notes.append(f"times have no time zone; {said}")
    if stream.speedup != 1:
        notes.append(f"time runs {stream.speedup:g} times faster than recorded; leads and horizons are in show seconds")
    if stream.kind == "levels":
        gap_s = stream.reading_s * stream.speedup
        notes.append(f"stock was polled about every {gap_s:,.0f} s; what happened between polls is known as a sum")
    if not end_given:
        notes.append("strategies are told that the show is planned to end where the recording ends; say end= to change that")
    notes.append("the recording has no number of viewers; strategies that look at it see 0")
    return notes
