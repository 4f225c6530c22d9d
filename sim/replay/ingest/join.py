"""Two exports of the same orders as one table: the list says when each order was placed and paid, the detail what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import RowChunk, TableFile, Wanted
from sim.replay.ingest.mapping import Mapping, shipped
from sim.replay.ingest.values import clean
from sim.words import _

TAKEN = ("time", "paid_time", "closed_time", "status")
"""Fields of a list that a detail takes over where it has none of its own."""
Table = tuple[TableFile, Mapping]


def joined(tables: list[Table]) -> list[Table]:
    """Every detail with what its list says; the list keeps the orders of which no detail is there.

    :class:`StreamError` where a detail comes without its list.
    """
    details = [t for t in tables if t[1].times_from]
    if not details:
        return tables
    lists = {name: [t for t in tables if t[1].name == name] for name in {m.times_from for _, m in details}}
    for source, mapping in details:
        if not lists[mapping.times_from] and not _timed(source, mapping):
            names = " or ".join(shipped()[mapping.times_from].columns["time"][:2])
            raise StreamError(
                _(
                    "{where} does not say when its orders were placed; give the order list of the same export "
                    "too, the one with {names}"
                ).format(where=source.where, names=names)
            )
    out: list[Table] = []
    for source, mapping in tables:
        if mapping.times_from and lists[mapping.times_from]:
            out.append(_detail(source, mapping, lists[mapping.times_from]))
        elif mapping.name in lists:
            out.append((_rest(source, mapping, [t for t in details if t[1].times_from == mapping.name]), mapping))
        else:
            out.append((source, mapping))
    return out


def _timed(source: TableFile, mapping: Mapping) -> bool:
    return "time" in mapping.find(source.header)


def _texts(chunk: RowChunk, column: str | None) -> list[str]:
    """A column's clean texts; empty ones where the chunk has none."""
    if column is None or column not in chunk.columns:
        return [""] * len(chunk.lines)
    texts: list[str] = clean(chunk.columns[column])[0].to_pylist()
    return texts


def _detail(source: TableFile, mapping: Mapping, lists: list[Table]) -> Table:
    """A detail whose rows have the times of their order."""
    own = mapping.find(source.header)
    taken: dict[str, str] = {}
    for listed, how in lists:
        taken |= {f: name for f, name in how.find(listed.header).items() if f in TAKEN and f not in own}
    known = {**mapping.columns, **{f: (name,) for f, name in taken.items()}}
    known = {f: names for f, names in known.items() if f in taken or f in own or f not in TAKEN}
    whole = replace(mapping, columns=known)
    index: dict[str, tuple[str, ...]] = {}
    for listed, how in lists:
        names = how.find(listed.header)
        for chunk in listed.chunks(None, how.knows):
            columns = [_texts(chunk, names.get(f)) for f in ("order_id", *taken)]
            index |= {row[0]: row[1:] for row in zip(*columns, strict=True)}

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        import pyarrow as pa

        blank = ("",) * len(taken)
        for chunk in source.chunks(names, wanted):
            rows = [index.get(i, blank) for i in _texts(chunk, own.get("order_id"))]
            more = zip(taken.values(), zip(*rows, strict=True), strict=True) if rows else ()
            yield replace(chunk, columns={**chunk.columns, **{name: pa.array(list(c), pa.string()) for name, c in more}})

    note = _("{where}: {taken} of each order are those in {list}").format(
        where=source.where, taken=", ".join(taken), list=", ".join((s.where for s, _ in lists))
    )
    return replace(source, header=[*source.header, *taken.values()], chunks=chunks, notes=[*source.notes, note]), whole


def _rest(source: TableFile, mapping: Mapping, details: list[Table]) -> TableFile:
    """A list without the orders whose items are in a detail: those are set aside."""
    there = {
        number
        for detail, how in details
        for chunk in detail.chunks(None, how.knows)
        for number in _texts(chunk, how.find(detail.header).get("order_id"))
    }
    why = _("the order's items are in {list}").format(list=", ".join((s.where for s, _ in details)))
    column = mapping.find(source.header).get("order_id")

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        for chunk in source.chunks(names, wanted):
            aside = [why if number and number in there else None for number in _texts(chunk, column)]
            yield replace(chunk, aside=np.array(aside, object))

    return replace(source, chunks=chunks)
