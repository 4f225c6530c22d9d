"""Rows that pack several items into one cell, taken apart: sub-orders between semicolons, items with a count behind each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from sim.words import N_

if TYPE_CHECKING:
    from sim.replay.ingest.row_validator import RowValidator

PACKED = ("order_id", "sub_id", "sku", "qty", "amount", "status")
"""Fields that pack several sub-orders into one row."""
NAMED = N_("items have a semicolon in their name and one quantity; each is taken for one item")
BUNDLES = N_("items have counts in their name that do not make the quantity; each is taken for one item, a bundle")
_PIECE = "(?:[件个個盒瓶支条袋包套箱张只]|pcs?)?"
_ITEM = re.compile(
    rf"(?P<name>.*\D.*?|.*?)\s*(?:[x×*]\s*(?P<a>\d{{1,4}})|[(（]\s*[x×*]?\s*(?P<b>\d{{1,4}})\s*{_PIECE}\s*[)）])\s*{_PIECE}",
    re.I | re.S,
)
_BETWEEN = re.compile(r"\s*[;；|\n、，,]\s*|(?<=[0-9件个個盒瓶支)）])\s+(?=\D)")
_MARKS = r"[;；|\n、，,/]|\d[件个個盒瓶支)）]?\s+\D"
_UNITS = re.compile(r"\d+(?:(?P<mark>\s*[|\n、，,+/]\s*)\d+)+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


def counted(text: str) -> list[tuple[str, int]]:
    """The items of a cell that says how many there are of each; none where not every one of two or more has its count.

    >>> counted("面膜*2;精华 x1"), counted("Mask (2), Serum（1件）"), counted("5x20ml, blue"), counted("A*2")
    ([('面膜', 2), ('精华', 1)], [('Mask', 2), ('Serum', 1)], [], [])
    """
    parts = [part for part in _BETWEEN.split(text.strip()) if part]
    matches = [_ITEM.fullmatch(part) for part in parts]
    if len(parts) < 2 or not all(m and m["name"].strip() and int(m["a"] or m["b"]) for m in matches):
        return []
    return [(m["name"].strip(), int(m["a"] or m["b"])) for m in matches if m]


def _aligned(validator: RowValidator) -> None:
    """Write items with a count each, and lists that are marked otherwise, as lists between semicolons. Where the counts do not
    make the quantity, the cell is the name of one item: a bundle."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not validator.has("sku"):
        return
    sku, cells = validator.cells["sku"], {f: validator.cells[f] for f in PACKED if f in validator.cells}
    some = np.flatnonzero(pc.match_substring_regex(sku, _MARKS).to_numpy(zero_copy_only=False))
    texts = {f: c.to_pylist() for f, c in cells.items()} if len(some) else {}
    known: dict[str, list[tuple[str, int]]] = {}
    for row in some.tolist():
        text, qty = texts["sku"][row] or "", (texts["qty"][row] or "").strip() if "qty" in texts else ""
        items = known.setdefault(text, counted(text)) if text not in known else known[text]
        units = _UNITS.fullmatch(qty)
        if items and not units:
            if qty.removesuffix(".0") not in ("", str(sum(n for _name, n in items))):
                validator.state.remarks[BUNDLES] += 1
                continue
            texts["sku"][row] = ";".join(name for name, _n in items)
            texts.setdefault("qty", [""] * validator.n)[row] = ";".join(str(n) for _name, n in items)
        elif units and not _THOUSANDS.fullmatch(qty):
            mark = units["mark"].strip() or "\n"
            for column in texts.values():
                if (column[row] or "").count(mark) == qty.count(mark):
                    column[row] = ";".join(part.strip() for part in column[row].split(mark))
    for field, column in texts.items():
        validator.cells[field] = pa.array(column, pa.string())


def unpack(validator: RowValidator) -> None:
    """Take rows apart that pack several sub-orders between semicolons."""
    import pyarrow as pa
    import pyarrow.compute as pc

    _aligned(validator)
    columns = {f: validator.cells[f] for f in PACKED if f in validator.cells}
    never = np.zeros(validator.n, bool)
    packs = dict.fromkeys(("sub_id", "sku", "qty"), never)
    for field in [f for f in packs if f in columns]:
        half, full = (pc.match_substring(columns[field], sign).to_numpy(zero_copy_only=False) for sign in ";；")
        packs[field] = half | full
    packed = packs["sub_id"] | (packs["sku"] & packs["qty"])
    named = packs["sku"] & ~packed
    if named.any():
        validator.state.remarks[NAMED] += int(named.sum())
    if not packed.any():
        return
    rows: list[tuple[int, dict[str, str], str | None]] = []
    for row in np.flatnonzero(packed).tolist():
        parts = {f: c[row].as_py().replace("；", ";").strip().strip(";").split(";") for f, c in columns.items()}
        most = max(len(p) for f, p in parts.items() if f in ("sub_id", "sku", "qty"))
        bad = next((f for f, p in parts.items() if len(p) not in (1, most)), None)
        why = f"packs {most} sub-orders but {len(parts[bad])} of {bad}" if bad else None
        # One amount for several sub-orders is their sum: it stays with the first.
        for k in range(1 if why else most):
            cells = {f: p[k] if len(p) == most else p[0] if f != "amount" or k == 0 else "" for f, p in parts.items()}
            rows.append((row, cells, why))
    plain = np.flatnonzero(~packed)
    origin = np.concatenate([plain, [r for r, _, _ in rows]]).astype(np.int64)
    order = np.argsort(origin, kind="stable")
    cells = {}
    for name, column in validator.cells.items():
        values = [c.get(name) if name in columns else column[r].as_py() for r, c, _ in rows]
        cells[name] = pa.concat_arrays([column.take(plain), pa.array(values, pa.string())]).take(order)
    faults = np.array([None] * len(plain) + [why for *_, why in rows], object)[order]
    validator.replace(cells, origin[order], np.flatnonzero(np.arange(len(origin))[order] >= len(plain)), faults)
