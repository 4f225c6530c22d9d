"""Several files on their way to one stream: one clock, one list of SKUs, one account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.units import US
from sim.replay.clock import NAIVE, SECONDS, Clock, StreamError, find_zone
from sim.replay.ingest import checks, finish, titles
from sim.replay.ingest.canon import KINDS, MARKS, NAMES, Head
from sim.replay.ingest.chunk import TableFile
from sim.replay.ingest.detect import STREAMS
from sim.replay.ingest.doubles import OrderBook
from sim.replay.ingest.knowledge import Knowledge
from sim.replay.ingest.mapping import Mapping
from sim.replay.ingest.paths import called
from sim.replay.ingest.row_validator import KIND, MARK, Facts
from sim.replay.ingest.seen import Seen
from sim.replay.ingest.spool import Spool, taken
from sim.replay.ingest.state import FileState, one_clock
from sim.replay.ingest.vocab import Vocab, repair_words
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

REASONS = 3
"""Files not used whose reasons are told where nothing else is there."""
EXCEL = (36_500, 73_000)
"""Excel's numbers of the days from 1999 to 2099."""
SHOWS = 800
"""Numbers in that range over fewer of them than this are days and not seconds: no recording begins ten hours into a show and
lasts a quarter of an hour, and an export of days goes back two years at most."""
SIGNS = np.zeros(len(KINDS), np.int64)
"""What one unit of a kind does to stock."""
for _kind, _sign in (("order", -1), ("cancel", 1), ("restock", 1), ("correction", 1)):
    SIGNS[KIND[_kind]] = _sign


class Making:
    """A stream while its files are read."""

    def __init__(self, name: str, told: tzinfo | None, assumed: tzinfo | None) -> None:
        self.name, self.told, self.assumed = name, told, assumed
        self.spool, self.skus, self.labels = Spool(), Vocab(), Vocab()
        self.states: list[FileState] = []
        self.places: list[str] = []
        self.left: list[str] = []
        self.seen: dict[str, Seen] = {}
        self.opening: tuple[int, str] | None = None
        self.book, self.knowledge = OrderBook(), Knowledge()
        self.kinds: Counter[str] = Counter()
        self.units = 0
        self.ordered = np.zeros(0, bool)
        self.widths: dict[str, list[float]] = {}
        self.sold: set[int] = set()
        self.hours: Counter[int] = Counter()
        self.about: dict[str, str] = {}

    # -- one file ---------------------------------------------------------------------------------------------

    def begin(self, source: TableFile, mapping: Mapping) -> FileState:
        """The account of a file about to be read. A zone that was told wins over the mapping's, that over the one assumed."""
        zone = self.told or find_zone(mapping.zone) or (None if mapping.kind in STREAMS else self._selling_zone()) or self.assumed
        self.places.append(source.where)
        shared = (self.seen, self.skus, self.labels, self.places, self.book, self.knowledge)
        state = FileState(source.where, len(self.places) - 1, mapping, zone, *shared)
        state.dates, state.opening = mapping.dates, self.opening or self._opening()
        state.notes += source.notes
        self.states.append(state)
        return state

    def _selling_zone(self) -> tzinfo | None:
        """The zone of the recording, which a run of show beside it is in too."""
        return next((s.zone for s in self.states if s.mapping.kind in STREAMS and s.zone is not None), None)

    def _opening(self) -> tuple[int, str] | None:
        """When the recording begins, as far as it has been read."""
        selling = [s.clock for s in self.states if s.mapping.kind in STREAMS and s.clock]
        return (min(int(t[0]) for t in self.spool.times), selling[0]) if selling and self.spool.times else None

    def add(self, state: FileState, facts: Facts) -> None:
        """Take in what a chunk made."""
        self.spool.add(facts)
        for code, n in enumerate(np.bincount(facts["kind"], minlength=len(KINDS)).tolist()):
            if n:
                self.kinds[list(KINDS)[code]] += n
        for code in np.unique(facts["kind"]).tolist():
            own = facts["bin"][facts["kind"] == code]
            self.widths.setdefault(list(KINDS)[code], []).append(float(np.median(own)))
        placed = (facts["kind"] == KIND["order"]) & (facts["qty"] > 0)
        self.hours.update(checks.hours(facts["t"][placed]))
        self.units += int(facts["qty"][facts["kind"] == KIND["order"]].sum())
        if state.mapping.kind in STREAMS:
            self.sold.update((np.flatnonzero(np.bincount(facts["sku"])[1:]) + 1).tolist())
        if state.mapping.kind in ("orders", "events"):
            orders = facts["sku"][facts["kind"] == KIND["order"]]
            if len(self.ordered) < len(self.skus.words):
                self.ordered = np.concatenate([self.ordered, np.zeros(len(self.skus.words) - len(self.ordered), bool)])
            self.ordered[orders] = True
            state.sold += len(orders)

    def known(self, sku: np.ndarray) -> np.ndarray:
        """Whether the orders of these SKUs are known one by one."""
        table = np.zeros(len(self.skus.words), bool)
        table[: len(self.ordered)] = self.ordered
        return table[sku]

    def end(self, state: FileState) -> None:
        """A file must have something to use, and says what was done to it."""
        if not state.used and not (state.aside and state.rejected == 0 and len(self.states) > 1):
            first = state.first_reject
            why = (
                _("the first, line {line}: {reason}").format(line=first.line, reason=first.reason)
                if first
                else _("they are {aside}").format(aside=", ".join(state.aside))
            )
            if state.rows == 0:
                raise StreamError(_("{where} has a header and no rows; export the show again").format(where=state.where))
            if not (first and "was there already" in first.reason and len(self.states) > 1):
                raise StreamError(
                    _("{where}: not one of its {rows} rows can be used ({why}); check that it is the right file").format(
                        where=state.where, rows=state.rows, why=why
                    )
                )
        self.book.turn()
        if state.out_of_order and state.mapping.kind != "stock":
            state.notes.append(_("{where}: {out_of_order} rows were out of order; sorted").format(
                                  where=state.where, out_of_order=state.out_of_order))  # fmt: skip

    def leave(self, name: str, why: str) -> None:
        """Say of a file, a sheet or a file of an archive why it is not used."""
        why = why.removeprefix(name).strip(" :,")
        self.left.append(_("{name}: not used: {why}").format(name=name, why=why))

    def forget(self, kind: str) -> None:
        """A sheet given by name takes the place of one that lay in the folder."""
        for state in [s for s in self.states if s.mapping.kind == kind]:
            state.declared.clear()
            self.spool.drop(state.file)
            self.kinds[kind.removesuffix("s")] = 0
            self.states.remove(state)

    # -- all of them ------------------------------------------------------------------------------------------

    def must_hold_a_stream(self, folder: Path | None, files: list[Path]) -> None:
        """Sheets alone are no recording."""
        if any(s.mapping.kind in STREAMS for s in self.states):
            return
        if folder is None and len(self.states) == 1:
            only = self.states[0]
            raise StreamError(_("{where} holds {kind}, but {streams} is needed here; give another file").format(
                                 where=only.where, kind=only.mapping.kind, streams=' or '.join(STREAMS)))  # fmt: skip
        there = ", ".join(called(f) for f in files)
        where = _("folder {folder}").format(folder=folder) if folder else _("what was given")
        if self.left:
            shown, more = "; ".join(self.left[:REASONS]), len(self.left) - REASONS
            text = _("{where} holds no stream; {left}") if more < 1 else _("{where} holds no stream; {left}; and {n:,} more")
            raise StreamError(text.format(where=where, left=shown, n=more))
        raise StreamError(_("{where} holds no stream ({there}); name one file with orders, events or stock levels").format(
                             where=where, there=there))  # fmt: skip

    def close(self) -> Head:
        """Work out what needs the whole, check it, and give the account."""
        clock = one_clock(self.states, self.told, self.assumed)
        self._later_knowledge()
        orders = self._finished(clock)
        declared = {k: {f: v for f, v in d.items() if f != "line"} for s in self.states for k, d in s.declared.items()}
        if not len(self.spool):
            raise StreamError(_("{name}: nothing is left to make a stream of; check the files").format(name=self.name))
        times = np.sort(np.concatenate(self.spool.times))
        if (
            clock.kind == SECONDS
            and times[0] >= EXCEL[0] * US
            and times[-1] < EXCEL[1] * US
            and times[-1] - times[0] < SHOWS * US
        ):
            span = f"{clock.text(int(times[0]))} to {clock.text(int(times[-1]))}"
            raise StreamError(_("{places} has times from {span}, which are Excel's numbers of days; write them as 2026-06-18 "
                                "20:00:00").format(places=self.places[0], span=span))  # fmt: skip
        steps = np.diff(times)
        finest = int(steps[steps > 0].min()) / US if (steps > 0).any() else 0.0
        orders.append(checks.enough(int(times[-1] - times[0]) / US, self.units, self.name))
        return Head(
            name=self.name,
            clock=clock.kind,
            zone="" if clock.zone is None else str(clock.zone).removeprefix("UTC") or "UTC",
            start_us=int(times[0]),
            end_us=int(times[-1]),
            resolution_s=finest,
            bins={k: float(np.median(v)) for k, v in self.widths.items()},
            kinds={k: n for k, n in self.kinds.items() if n},
            rows=len(self.spool),
            declared=declared,
            files=[s.summary() for s in self.states],
            checks=orders,
            notes=self._notes(clock),
        )

    def _finished(self, clock: Clock) -> list[dict[str, Any]]:
        """Derived facts of every file, and the findings of the cross-checks."""
        parts: list[dict[str, Any] | None] = []
        for state in [s for s in self.states if s.parts]:
            kind, blocks = state.mapping.kind, []
            if kind == "dashboard":
                parts.append(checks.little(state))
                blocks = finish.binned(state, self.known)
            elif kind == "levels":
                parts.append(checks.totals(state))
                blocks = finish.between(state, self.known)
            elif kind == "flow":
                parts.append(checks.ledger(state, self.skus.words))
                blocks = finish.booked(state, self.known)
            if kind in ("levels", "flow") and self.known(finish.gathered(state)["sku"]).any():
                finding, rows, later, beyond = checks.against_orders(state, self.spool, self.skus.words, SIGNS, clock)
                parts.append(finding)
                sold = self.known(rows["sku"][later])
                blocks.append(self._residual(state, rows, later[sold], beyond[sold]))
            for facts in blocks:
                self.add(state, facts)
            state.parts.clear()
        parts += [checks.oversold(s, self.skus.words, clock) for s in self.states]
        parts.append(checks.one_show(self.hours, self.name, clock))
        return [f for f in [*parts, checks.counted_twice(self.states)] if f]

    def _later_knowledge(self) -> None:
        """Payments and closings that only a later file tells, and closings that it takes back."""
        if not self.knowledge.parts:
            return
        latest = np.full(len(self.places), -(2**62), np.int64)
        for state in self.states:
            latest[state.file] = state.last_us
        verdict = self.knowledge.settle(latest, self.book)
        by_file = {s.file: s for s in self.states}
        for kind, which in (("pay", verdict.pay), ("cancel", verdict.closed)):
            facts = verdict.facts(kind, which)
            for file in np.unique(facts["file"]).tolist():
                self.add(by_file[file], taken(facts, np.flatnonzero(facts["file"] == file)))
        for file, what, n in verdict.remarks():
            by_file[file].remarks[what] += n
        self.kinds["cancel"] -= self.spool.strike(KIND["cancel"], verdict.rows["first"][verdict.reopened])

    def _residual(self, state: FileState, rows: finish.Rows, later: np.ndarray, beyond: np.ndarray) -> Facts:
        """What stock figures moved beyond the orders, as corrections, so that the stream follows the figures."""
        t = rows["t"][later - 1]
        gap = (rows["t"][later] - t) / US
        return finish.facts(
            state, "correction", rows, later, t=t, seen=rows["t"][later], bin=gap, qty=beyond, mark=MARK["residual"]
        )

    def _notes(self, clock: Clock) -> list[str]:
        notes = [note for s in self.states for note in s.notes]
        notes += [f"{s.where}: {n:,} {_(what)}" for s in self.states for what, n in s.remarks.items()]
        notes += [
            _("{where}: {n} rows set aside ({why})").format(where=s.where, n=n, why=_(why))
            for s in self.states
            for why, n in s.aside.items()
        ]
        notes += self.left
        sold = {self.skus.words[k] for k in self.sold}
        self.about = titles.items(self.states, sold)
        notes += filter(None, (titles.unknown(s, self.about, sold) for s in self.states))
        if clock.kind == NAIVE:
            sentence = _("taken as {zone}").format(zone=clock.zone) if clock.zone else _("taken as they are, all on one clock")
            notes.append(_("times have no time zone; {said}").format(said=sentence))
        return notes

    # -- rows -------------------------------------------------------------------------------------------------

    def frames(self) -> Iterator[pd.DataFrame]:
        """The canonical rows in parts, in time order."""
        import pandas as pd

        words = {"sku": pd.Index(self.skus.words), "label": pd.Index(self.labels.words), "kind": pd.Index(list(KINDS)),
                 "mark": pd.Index(list(MARKS)), "file": pd.Index(self.places)}  # fmt: skip
        about = titles.by_label(self.labels, self.about, self.skus)
        for facts in self.spool.merged():
            facts["sku"] = titles.found(facts, about, self.sold)
            bits, codes = np.unique(facts["repairs"], return_inverse=True)
            columns: dict[str, Any] = {n: pd.Categorical.from_codes(facts[n], categories=index) for n, index in words.items()}
            told = pd.Index([repair_words(int(b)) for b in bits])
            columns["repairs"] = pd.Categorical.from_codes(codes, categories=told)
            columns |= {"t_us": facts["t"], "seen_us": facts["seen"], "bin_s": facts["bin"]}
            columns |= {n: facts[n] for n in ("qty", "value", "line")}
            columns["order_id"] = pd.Series(facts["order_id"], dtype=pd.StringDtype("pyarrow"))
            yield pd.DataFrame({n: columns[n] for n in NAMES})

    def empty(self) -> pd.DataFrame:
        """No rows."""
        import pandas as pd

        return pd.DataFrame(columns=list(NAMES))
