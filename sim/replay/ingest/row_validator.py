"""The rows of one chunk while they are judged: each ends as accepted, repaired, set aside or rejected, and may make facts.

Judges (orders.py and so on) ask for columns by field, note faults and emit facts; a row with a fault makes none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.replay.clock import NAIVE, ZONED
from sim.replay.ingest import margins
from sim.replay.ingest.canon import KINDS, MARKS
from sim.replay.ingest.chunk import Reject, RowChunk
from sim.replay.ingest.clocktimes import clock_times, dated, day_and_month, no_time
from sim.replay.ingest.state import FileState
from sim.replay.ingest.times import other_calendar, parse_times, shifted
from sim.replay.ingest.values import BIT, EMPTY, Number, clean, each, read_number
from sim.words import N_, _

if TYPE_CHECKING:
    import pyarrow as pa

KIND = {name: k for k, name in enumerate(KINDS)}
MARK = {name: k for k, name in enumerate(MARKS)}
NUMBERS = {"t": np.int64, "seen": np.int64, "kind": np.int8, "sku": np.int32, "qty": np.int64, "value": np.float64,
           "bin": np.float64, "label": np.int32, "mark": np.int8, "line": np.int64, "file": np.int32,
           "repairs": np.int32}  # fmt: skip
"""Facts as numbers; ``order_id`` stands beside them as text."""
FLOAT = re.compile(r"\d{1,15}\.0", re.ASCII)
MOST_PARTS = 1_000
"""Exports glued together in one file that are told apart."""
SEVERAL = N_("several items in one row; give the export with one row an item too")
Facts = dict[str, Any]
FALL_BACK = ("sku", "order_id")
"""Fields that a row may give in the next column that is known for them."""
HEADER_AGAIN = N_("header row again")


class RowValidator:
    """One chunk under judgement. ``origin``: the chunk's row each judged row comes from (packed rows are taken apart)."""

    def __init__(self, chunk: RowChunk, state: FileState) -> None:
        self.chunk, self.state = chunk, state
        self.names = state.mapping.find(chunk.columns)
        self.cells: dict[str, pa.Array] = {field: chunk.columns[name] for field, name in self.names.items()}
        self._start(np.arange(len(chunk.lines)))
        for field in FALL_BACK:
            self._fall_back(field)

    def _fall_back(self, field: str) -> None:
        """Where a cell is empty, take the row's next column that the mapping knows under this field."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if field not in self.cells:
            return
        names = [n for n in self.state.mapping.named(field, self.chunk.columns) if n != self.names[field]]
        for name in names:
            empty = pc.is_in(pc.utf8_trim_whitespace(self.cells[field]), pa.array(["", *EMPTY], pa.string()))
            if not pc.any(empty).as_py():
                return
            other = self.chunk.columns[name]
            new = pc.and_(empty, pc.invert(pc.is_in(pc.utf8_trim_whitespace(other), pa.array(["", *EMPTY], pa.string()))))
            if n := pc.sum(new).as_py():
                self.cells[field] = pc.if_else(new, other, self.cells[field])
                what = _("rows have no {field}; they go by their {name}")
                self.state.remarks[what.format(field=self.names[field], name=name)] += n

    def part(self) -> np.ndarray:
        """Which part of its file each row is in: headers that come again begin the next, up to MOST_PARTS of them."""
        return np.minimum(self.state.part + np.cumsum(self.aside == HEADER_AGAIN), MOST_PARTS)

    def _start(self, origin: np.ndarray) -> None:
        self.origin, self.n = origin, len(origin)
        self.lines = self.chunk.lines[origin]
        self.fault = np.full(self.n, None, object)
        self.aside = np.full(self.n, None, object) if self.chunk.aside is None else self.chunk.aside[origin]
        self.repairs = np.zeros(self.n, np.int32)
        self.facts: list[Facts] = []
        self._texts: dict[str, pa.Array] = {}
        self.put_aside(margins.totals(self.cells, self._first_column(), self.state.mapping.kind == "stock"), N_("total row"))
        if self.state.damaged:
            for field in self.cells:
                self.fail(margins.damaged(self.cells[field]), f"{field} has a damaged character")

    def _first_column(self) -> pa.Array | None:
        """What stands at the beginning of the rows, used or not."""
        import pyarrow as pa

        column = next(iter(self.chunk.columns.values()), None)
        return None if column is None else column.take(pa.array(self.origin))

    def replace(self, cells: dict[str, pa.Array], origin: np.ndarray, repaired: np.ndarray, faults: np.ndarray) -> None:
        """Take packed rows apart: new cells, the row each comes from, the rows so repaired, and what went wrong."""
        self.cells = cells
        self._start(origin)
        self.repairs[repaired] |= BIT["split"]
        self.fail(np.array([f is not None for f in faults], bool), faults)

    # -- columns ----------------------------------------------------------------------------------------------

    def has(self, field: str) -> bool:
        """Whether the file has such a column."""
        return field in self.cells

    def texts(self, field: str) -> pa.Array:
        """A column's clean texts; empty ones where the file has none."""
        import pyarrow as pa

        if field not in self._texts:
            if field not in self.cells:
                self._texts[field] = pa.array([""] * self.n, pa.string())
            else:
                self._texts[field], repairs = clean(self.cells[field])
                self.repairs |= repairs
        return self._texts[field]

    def coded(self, field: str) -> tuple[list[str], np.ndarray]:
        """A column's different texts, clean, and which of them each row has."""
        import pyarrow as pa

        if field not in self.cells:
            return [""], np.zeros(self.n, np.int64)
        coded = self.cells[field].dictionary_encode()
        words, repairs = clean(coded.dictionary)
        codes = coded.indices.to_numpy()
        self.repairs |= repairs[codes]
        again = pa.array(words).dictionary_encode() if len(words) else words
        return (again.dictionary.to_pylist(), again.indices.to_numpy()[codes]) if len(words) else ([], codes)

    def number(self, field: str, rule: Callable[[str], Number | str | None], needed: bool = True) -> np.ndarray:
        """A column's numbers by ``rule``; faults are noted, of an empty cell only where it is ``needed``."""
        words, codes = self.coded(field)
        value, repair, fault = each(words, rule)
        if not needed:
            fault[[not w for w in words]] = None
        self.repairs |= repair[codes]
        faults = fault[codes]
        self.fail(faults != None, faults)  # noqa: E711
        return value[codes]

    def time(self, field: str, needed: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """A column's times [us on the file's clock] and where there is one; the file's clock is held to be one."""
        import pyarrow.compute as pc

        texts = clock_times(self, self.texts(field)) if field == "start_time" else self.texts(field)
        texts = dated(self, texts) if field == "time" and self.has("date") else texts
        us, clocks, plain = parse_times(texts, self.state.dates)
        empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
        # A lone odd date among others is rejected; where all are written so, they say themselves which comes first.
        if not self.state.dates and self.n and (clocks < 0).all() and day_and_month(self.state, texts.unique()):
            us, clocks, plain = parse_times(texts, self.state.dates)
        bad = (clocks < 0) & (~empty | needed)
        self._first_rows(field, bad)
        if bad.any():
            which = np.flatnonzero(bad)
            words = texts.take(which).to_pylist()
            why = [no_time(field, w[:60]) for w in words]
            faults = np.full(self.n, None, object)
            faults[which] = [w.replace("start_time", "time", 1) for w in why]
            self.fail(bad, faults)
        readable = clocks >= 0
        self.state.one_clock(self.lines[readable], clocks[readable])
        kind = self.state.clock
        if kind in (NAIVE, ZONED):
            self.repairs[~plain & readable] |= BIT["date"]
            self.repairs[other_calendar(texts, ~plain & readable)] |= BIT["calendar"]
        return self._zoned(field, texts, us, readable) if kind == NAIVE else (us, readable)

    def _zoned(self, field: str, texts: pa.Array, us: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bare times in UTC; what the change of the clocks makes of them is said."""
        moved, zone = shifted(us, self.state.zone), self.state.zone
        never = moved.never & values
        if never.any():
            which = np.flatnonzero(never)
            faults = np.full(self.n, None, object)
            faults[which] = [f"{field} {w[:40]!r} does not exist in {zone}: the clocks went forward over it"
                             for w in texts.take(which).to_pylist()]  # fmt: skip
            self.fail(never, faults)
        twice = int((moved.twice & values).sum())
        if twice:
            remark = _("times are ambiguous, for the clocks of {zone} went back over that hour; the first is taken")
            self.state.remarks[remark.format(zone=zone)] += twice
        return moved.us, values & ~never

    def _first_rows(self, field: str, bad: np.ndarray) -> None:
        """Set aside a second header row (no digit in any cell that is used) and headers that come again."""
        import pyarrow.compute as pc

        if field in self.names and bad.any():
            again = pc.equal(self.texts(field), self.names[field].strip()).to_numpy(zero_copy_only=False) & bad
            self.put_aside(again, HEADER_AGAIN)
        if self.state.first and self.n and bad[0] and self.aside[0] is None:
            row = "".join(column[0].as_py() for column in self.cells.values())
            if row.strip() and not any(ch.isdigit() for ch in row):
                self.put_aside(np.arange(self.n) == 0, N_("explanatory header row"))

    def sku(self, needed: str = "sku") -> np.ndarray:
        """Numbers of the rows' SKUs; 0 where the file has no such column."""
        words, codes = self.coded("sku")
        # An integer column with a hole in it was made one of floats.
        floats = np.array([FLOAT.fullmatch(w) is not None for w in words], bool)
        if floats.any():
            self.repairs[floats[codes]] |= BIT["number"]
        numbers = np.array([self.state.skus.code(w.partition(".")[0] if f else w) for w, f in zip(words, floats, strict=True)],
                           np.int32)  # fmt: skip
        out = numbers[codes] if len(numbers) else np.zeros(self.n, np.int32)
        if self.has("sku") and needed:
            self.fail(out == 0, f"{needed} is empty")
        return out

    def several(self) -> None:
        """Set aside rows that stand for more than one kind of item and do not say how many units of each."""
        if self.has("kinds"):
            kinds = self.number("kinds", lambda text: read_number(text) if text else None, needed=False)
            self.put_aside((kinds > 1) & (self.repairs & BIT["split"] == 0), SEVERAL)

    # -- verdicts ---------------------------------------------------------------------------------------------

    def fail(self, mask: np.ndarray, why: str | np.ndarray) -> None:
        """Note a fault; a row keeps its first."""
        new = mask & (self.fault == None)  # noqa: E711
        if new.any():
            self.fault[new] = why if isinstance(why, str) else why[new]

    def put_aside(self, mask: np.ndarray, why: str | np.ndarray) -> None:
        """Set rows aside: understood, and not wanted."""
        new = mask & (self.aside == None)  # noqa: E711
        if new.any():
            self.aside[new] = why if isinstance(why, str) else why[new]

    @property
    def good(self) -> np.ndarray:
        """Rows with neither fault nor reason to be set aside, so far."""
        return (self.fault == None) & (self.aside == None)  # noqa: E711

    def emit(self, kind: str | np.ndarray, rows: np.ndarray, t: np.ndarray, **more: Any) -> None:
        """Facts of ``rows`` (row numbers); ``t`` and all of ``more`` (columns of NUMBERS, ``order_id``) belong to those rows."""
        import pyarrow as pa

        code = KIND[kind] if isinstance(kind, str) else kind
        plain = {"seen": t, "kind": code, "sku": 0, "qty": 0, "value": np.nan, "bin": 0.0, "label": 0, "mark": 0}
        facts: Facts = {"row": rows, "t": t}
        for name, default in plain.items():
            facts[name] = np.broadcast_to(np.asarray(more.get(name, default), NUMBERS[name]), len(rows))
        facts["order_id"] = more.get("order_id")
        if facts["order_id"] is None:
            facts["order_id"] = pa.array([""], pa.string()).take(pa.array(np.zeros(len(rows), np.int64)))
        self.facts.append(facts)

    def settle(self) -> Facts:
        """Close the account of the chunk and give the facts of its good rows."""
        rows = len(self.chunk.lines)
        faults, asides = np.full(rows, None, object), np.full(rows, None, object)
        for verdict, given in ((faults, self.fault), (asides, self.aside)):
            which = np.flatnonzero(given != None)[::-1]  # noqa: E711
            verdict[self.origin[which]] = given[which]
        faults[asides != None] = None  # noqa: E711
        repairs = np.zeros(rows, np.int32)
        np.bitwise_or.at(repairs, self.origin, self.repairs)
        bad = np.flatnonzero(faults != None)  # noqa: E711
        faulty = zip(self.chunk.lines[bad].tolist(), faults[bad].tolist(), self.chunk.texts(bad), strict=True)
        self.state.account(self.chunk, [Reject(*f) for f in faulty], asides, repairs, (faults == None) & (asides == None))  # noqa: E711
        return self._facts((faults == None) & (asides == None), repairs)  # noqa: E711

    def _facts(self, good: np.ndarray, repairs: np.ndarray) -> Facts:
        import pyarrow as pa

        out: Facts = {}
        kept = [(f, good[self.origin[f["row"]]]) for f in self.facts]
        for name in ("t", "seen", "kind", "sku", "qty", "value", "bin", "label", "mark"):
            parts = [f[name] if keep.all() else f[name][keep] for f, keep in kept]
            out[name] = np.concatenate(parts) if parts else np.array([], NUMBERS[name])
        ids = [f["order_id"].filter(pa.array(keep)) for f, keep in kept]
        out["order_id"] = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
        rows = np.concatenate([self.origin[f["row"][keep]] for f, keep in kept]) if kept else np.array([], np.int64)
        out["line"], out["repairs"] = self.chunk.lines[rows], repairs[rows]
        out["file"] = np.full(len(rows), self.state.file, np.int32)
        return out
