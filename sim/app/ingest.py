"""From an ingest's configuration to its stream, its account and its run folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.app.progress import Progress
from sim.core.units import US
from sim.jobs.folder import config_hash, out_folder, run_folder, write_manifest
from sim.replay.ingest.canon import SUFFIX, VERSION, Head
from sim.replay.ingest.detect import PLAIN
from sim.replay.ingest.names import listed
from sim.replay.ingest.run import Ingested, ingest
from sim.replay.ingest.values import RULES
from sim.report.text.layout import NOTHING, aligned, markdown
from sim.setup.settings import Ingest as Settings
from sim.setup.settings import SettingError, settle

HEAD = ("file", "read as", "clock", "rows", "accepted", "repaired", "set aside", "rejected", "out of order")
RIGHT = range(3, len(HEAD))
NAMED = 12
"""Columns without a use that are named."""
_NAME = re.compile(r"[^/\\\x00-\x1f<>:\"|?*]{1,100}")


def ingest_and_report(config: Mapping[str, Any], words: Sequence[str]) -> Path:
    """Ingest, print the account, and leave a run folder, whole or not at all."""
    s = settle(Settings, config, "ingest")
    paths = _paths(s.files)
    name = _name(s.name)
    told = Progress("rows")
    try:
        made = ingest(paths, _mapping(s.mapping), s.zone or None, name=name, cues=s.cues or None, stock=s.stock or None,
                      progress=told)  # fmt: skip
    finally:
        told.close()
    try:
        return _write(made, s, words)
    finally:
        made.close()


def _write(made: Ingested, s: Settings, words: Sequence[str]) -> Path:
    settings = {"settings": {k: v for k, v in vars(s).items() if k != "out"}, "account": made.head.files}
    final = out_folder(s.out, f"runs/ingest-{made.head.name}-{config_hash(settings)}")
    with run_folder(final, "ingest") as folder:
        made.write(folder / f"{made.head.name}{SUFFIX}")
        made.rejects.write(folder)
        (folder / "report.md").write_text(report(made.head, words), encoding="utf-8")
        facts = {"command": ["stockcue", "ingest", *words], "stream_version": VERSION, "config": settings}
        write_manifest(folder, {**facts, "config_hash": config_hash(settings)})
    print(printed(made.head), flush=True)
    print(f"\nstream: {final / (made.head.name + SUFFIX)}\nrun folder: {final}", flush=True)
    return final


def _paths(given: Any) -> list[str]:
    """The files named: one, a list, or a folder."""
    many = given if isinstance(given, list) else [given]
    if not many or any(not isinstance(p, str | int | float) or p == "" for p in many):
        raise SettingError("ingest needs something to read: files=PATH, files=[A,B] or files=FOLDER")
    return [str(p) for p in many]


def _mapping(given: Any) -> str | dict[str, str] | None:
    """One mapping for all files, or {file: mapping}."""
    if given is None or given == "":
        return None
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else str(given)


def _name(name: str) -> str | None:
    """The stream's name, which becomes a file's: nothing that leads out of the folder."""
    if name and (not _NAME.fullmatch(name) or name.startswith(".") or name != name.strip()):
        raise SettingError(
            f"name={name!r} cannot be a file's name inside the run folder; leave out slashes, dots in front and signs"
        )
    return name or None


def cells(head: Head) -> list[list[str]]:
    """The account, one row a file; every row's figures add up to its rows."""
    keys = ("rows", "accepted", "repaired", "set_aside", "rejected", "out_of_order")
    return [
        [f["file"], f["mapping"], f["clock"] + (f" ({f['zone']})" if f["zone"] else "") or NOTHING, *(f"{f[k]:,}" for k in keys)]
        for f in head.files
    ]


def sentences(head: Head) -> list[str]:
    """What was repaired, set aside and rejected, what was not used, and what there is."""
    lines = []
    for f in head.files:
        if f.get("sure", "own") != "own" and f["mapping"] not in PLAIN:
            lines.append(f"{f['file']}: the layout {f['mapping']} is known from {f['source']} (certainty {f['sure']})")
        if f.get("unused"):
            some, n = f["unused"], f["unused_columns"]
            what = "column is" if n == 1 else "columns are"
            lines.append(f"{f['file']}: {n:,} {what} not used: {listed(some + [''] * (n - len(some)), NAMED)}")
    for key, word in (("repairs", "repaired"), ("aside", "set aside"), ("reasons", "rejected")):
        for f in head.files:
            found = Counter(f[key]).most_common()
            if found:
                lines.append(f"{f['file']}: {word}: " + ", ".join(f"{n:,} {what}" for what, n in found))
    used = sorted({name for f in head.files for name in f["repairs"]}, key=list(RULES).index)
    lines += [f"{name}: {RULES[name]}" for name in used]
    clock = head.own_clock
    width = {k: ("single events" if w == 0 else f"bins of {w:g} s") for k, w in head.bins.items()}
    kinds = ", ".join(f"{n:,} {k} ({width.get(k, 'single events')})" for k, n in head.kinds.items())
    span = (head.end_us - head.start_us) / US
    lines.append(f"stream {head.name}: {head.rows:,} facts: {kinds}")
    lines.append(f"from {clock.text(head.start_us)} to {clock.text(head.end_us)}, {span:,.0f} s; times {head.clock}, "
                 f"finest step {head.resolution_s:g} s")  # fmt: skip
    if head.declared:
        lines.append(
            f"stock is declared for {len(head.declared)} SKUs, {sum(d['stock'] for d in head.declared.values()):,} units"
        )
    lines += [f"{'check' if c['ok'] else 'CHECK FAILED'}: {c['check']}: {c['finding']}" for c in head.checks]
    return lines + list(head.notes)


def total(head: Head) -> str:
    """The sum every ingest must keep."""
    n = {k: sum(f[k] for f in head.files) for k in ("rows", "accepted", "repaired", "set_aside", "rejected")}
    return (f"{n['rows']:,} rows = {n['accepted']:,} accepted + {n['repaired']:,} repaired + {n['set_aside']:,} set aside + "
            f"{n['rejected']:,} rejected")  # fmt: skip


def printed(head: Head) -> str:
    """The account for a terminal."""
    return "\n".join([*aligned([HEAD, *cells(head)], RIGHT), "", total(head), *sentences(head)])


def report(head: Head, words: Sequence[str]) -> str:
    """The account as Markdown."""
    from sim.core.export import for_markdown

    parts = [
        f"# Ingest of {for_markdown(head.name)}",
        f"To repeat it: `{' '.join(['stockcue', 'ingest', *words])}`",
        "\n".join(markdown(HEAD, cells(head), RIGHT)),
        total(head) + ". Rejected rows are in rejects.csv (safe for spreadsheets) and, as they stood, in rejects.parquet.",
        "\n".join(f"- {for_markdown(line)}" for line in sentences(head)),
    ]
    return "\n\n".join(parts) + "\n"
