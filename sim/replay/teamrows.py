"""The rows of a team's log as they stand: from any table that ``ingest`` reads, or from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import everything
from sim.replay.ingest.names import key
from sim.replay.ingest.sources import tables
from sim.words import _, no_such

COLUMNS = {
    "time": ("time", "at", "moment", "when", "时间", "操作时间", "发生时间", "处理时间"),
    "sku": ("sku", "item", "product", "商品", "商品编码", "商家编码", "货号", "sku编码", "商品名称"),
    "action": ("action", "what", "did", "type", "动作", "操作", "操作类型", "处理", "处理方式", "措施"),
    "units": ("units", "qty", "quantity", "数量", "件数", "补货数量"),
    "level": ("level", "等级", "预警等级", "级别"),
}
"""Column to the headers it goes by."""


class LogRow(NamedTuple):
    """One line of a log as it stands."""

    time: str
    sku: str
    action: str
    units: str
    level: str


def log_rows(given: Any) -> list[LogRow]:
    """The rows of a log, a file or a list of mappings; :class:`StreamError` where it is none."""
    if isinstance(given, str | Path):
        rows = _table(Path(given).expanduser())
    elif isinstance(given, Sequence) and given and all(isinstance(row, Mapping) for row in given):
        rows = [_row({str(k): "" if v is None else str(v) for k, v in row.items()}) for row in given]
    else:
        raise StreamError(_("actions= is a file or a list, as in actions=[{time: '20:10:00', sku: mask, action: freeze}]"))
    rows = [row for row in rows if any(row)]
    if not rows:
        raise StreamError(_("actions= holds no row; leave it out where the team did nothing"))
    for row in rows:
        if not row.time or not row.action:
            text = _("a row of the team's log ({row}) does not say when or what; its columns are {columns}")
            raise StreamError(text.format(row=", ".join(c for c in row if c), columns=", ".join(COLUMNS)))
    return rows


def _table(path: Path) -> list[LogRow]:
    """The rows of a log in a file; of a workbook those of every sheet that is one."""
    if not path.is_file():
        text = _("actions={path!r} is not a file; write a table with the columns {columns}, or a list")
        raise StreamError(text.format(path=str(path), columns=", ".join(COLUMNS)))
    rows: list[LogRow] = []
    with ExitStack() as rooms:
        sources, _unused = tables(path, rooms)
        named = [(s, _columns(s.header)) for source in sources for s in (source, *source.below)]
        fit = [(s, columns) for s, columns in named if {"time", "action"} <= set(columns)]
        if not fit:
            text = _("{path} has no columns time and action (it has {header}); a log of actions has the columns {columns}")
            header = ", ".join(sources[0].header[:8])
            raise StreamError(text.format(path=path.name, header=header, columns=", ".join(COLUMNS)))
        seen = set()
        for source, columns in fit:
            if source.where in seen:
                continue
            seen.add(source.where)
            for chunk in source.chunks(None, everything):
                cells = {name: chunk.columns[head].to_pylist() for name, head in columns.items()}
                for k in range(len(chunk.lines)):
                    rows.append(LogRow(*(_plain(cells[name][k]) if name in cells else "" for name in LogRow._fields)))
    return rows


def _columns(header: Sequence[str]) -> dict[str, str]:
    """Column of a log to the header it goes by here."""
    known = {key(word): name for name, words in COLUMNS.items() for word in words}
    columns: dict[str, str] = {}
    for head in header:
        if (name := known.get(key(head))) is not None:
            columns.setdefault(name, head)
    return columns


def _row(values: Mapping[str, str]) -> LogRow:
    columns = _columns(list(values))
    strange = [name for name in values if name not in columns.values()]
    if strange:
        raise StreamError(no_such("column", strange[0], COLUMNS, _("a row of actions=")))
    return LogRow(*(_plain(values[columns[name]]) if name in columns else "" for name in LogRow._fields))


def _plain(cell: Any) -> str:
    """A cell without blanks, and without what spreadsheets put before a text."""
    return str(cell or "").strip().removeprefix("'").strip()
