"""Exports that give what belongs to a whole order in its first row only: the order's other rows get it too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sim.replay.ingest.chunk import RowChunk, TableFile, Wanted
from sim.replay.ingest.mapping import Mapping
from sim.replay.ingest.values import clean


def carried(source: TableFile, mapping: Mapping) -> TableFile:
    """The table with the fields of ``mapping.carried`` in every row of an order, rows of one order following each other."""
    named = mapping.find(source.header)
    columns = [named[field] for field in mapping.carried if field in named]
    number = named.get("order_id")
    if not columns or number is None:
        return source

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        import pyarrow as pa

        last, held = "", [""] * len(columns)
        for chunk in source.chunks(names, wanted):
            ids = clean(chunk.columns[number])[0].to_pylist()
            cells = [chunk.columns[name].to_pylist() for name in columns]
            for row, of in enumerate(ids):
                if of != last or not of:
                    last, held = of, [column[row] for column in cells]
                    continue
                for k, column in enumerate(cells):
                    column[row] = column[row] if column[row].strip() else held[k]
            filled = {name: pa.array(column, pa.string()) for name, column in zip(columns, cells, strict=True)}
            yield replace(chunk, columns={**chunk.columns, **filled})

    return replace(source, chunks=chunks)
