"""Ingest: exports into one canonical stream, with an account of every row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.app.frame import Out, Task, published, settled, tried
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.replay.ingest.canon import SUFFIX, VERSION
from sim.replay.ingest.run import Ingested
from sim.replay.ingest.run import ingest as ingested
from sim.report.text.ingest import printed, report, sentences
from sim.setup.settings import IngestSettings, SettingError
from sim.words import _

_NAME = re.compile(r"[^/\\\x00-\x1f<>:\"|?*]{1,100}")


def ingest(
    files: Any,
    *,
    mapping: str | Mapping[str, str] | None = None,
    zone: str | None = None,
    cues: str | None = None,
    stock: str | None = None,
    name: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Read a shop's exports into one canonical stream; every row is accepted, repaired, set aside or rejected, and they add up.

    Parameters
    ----------
    files : one or several paths
        Files or a folder: orders, carts, stock, dashboards, cue sheets.
    mapping : str, path or mapping
        What the columns mean: a shipped mapping by name, a ``.yaml`` file, or ``{file: mapping}``; None: told by the columns.
    zone : str
        What times without a zone are in; None: what the mapping says, else UTC+8.
    cues, stock : path
        Run of show, declared stock, where they lie elsewhere.
    name : str
        The stream's name; None: after the file or folder.
    out, progress, command
        As in :func:`stockcue.rehearse`.

    Returns
    -------
    Result
        ``.table`` has a row per file; ``.rejects`` every row that was rejected, with line and reason; ``.stream`` is the stream's
        path, for :func:`stockcue.read`.

    Raises
    ------
    ValueError
        One sentence, where nothing can be read.
    """
    given = list(files) if isinstance(files, list | tuple) else files
    s = settled(IngestSettings, "ingest", files=given, mapping=mapping, zone=zone, cues=cues, stock=stock, name=name)
    told, own = listener(progress), _name(s.name)
    try:
        paths, mapped = _paths(s.files), _mapping(s.mapping)
        place = Task("ingest", "ingest", {}, out)
        recording = ingested(paths, mapped, s.zone or None, name=own, cues=s.cues or None, stock=s.stock or None,
                             progress=told.stage("rows"), understood=lambda: tried(place))  # fmt: skip
        told.close()
        try:
            return _published(recording, s, out, command)
        finally:
            recording.close()
    finally:
        told.close()


def _published(reading: Ingested, s: IngestSettings, out: Out, command: Sequence[str] | None) -> Result:
    settings = {k: v for k, v in vars(s).items() if k != "out"}
    facts = {"settings": settings, "account": reading.head.files}
    task = Task("ingest", f"ingest-{reading.head.name}", facts, out, command, more={"stream_version": VERSION})
    stream = f"{reading.head.name}{SUFFIX}"

    def write(folder: Path) -> Statement:
        reading.write(folder / stream)
        reading.rejects.write(folder)
        (folder / "report.md").write_text(report(reading.head, task.repeat()), encoding="utf-8")
        last = [_("stream: {folder}/{stream}").format(folder=HERE, stream=stream), _("run folder: {folder}").format(folder=HERE)]
        return Statement(printed(reading.head), sentences(reading.head), last)

    return published(task, write)


def _paths(given: Any) -> list[str]:
    """The files named: one, a list, or a folder."""
    many = given if isinstance(given, list) else [given]
    if not many or any(not isinstance(p, str | int | float | Path) or p == "" for p in many):
        raise SettingError(_("ingest needs something to read: files=PATH, files=[A,B] or files=FOLDER"))
    return [str(p) for p in many]


def _mapping(given: Any) -> str | dict[str, str] | None:
    """One mapping for all files, or {file: mapping}."""
    if given is None or given == "":
        return None
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else str(given)


def _name(name: str) -> str | None:
    """The stream's name, which becomes a file's: nothing that leads out of the folder."""
    if name and (not _NAME.fullmatch(name) or name.startswith(".") or name != name.strip()):
        text = _("name={name!r} cannot be a file's name inside the run folder; leave out slashes, dots in front and signs")
        raise SettingError(text.format(name=name))
    return name or None
