"""From lines of a live feed to what happened: every line ends in exactly one count, and none stops the process.

The protocol is in docs/howto/shadow.md. A line is used, or it is set aside (understood, but it moves nothing), a duplicate,
behind a newer reading of the same kind, sent again after a restart, or rejected with a reason. Lines come in any order: one that
is earlier than the newest takes effect now, for readings taken are not taken back.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sim.core.tape import EDIT_SET
from sim.core.units import US
from sim.replay.clock import NAIVE, SECONDS, Clock, number_time, parse_time
from sim.replay.shadow.batch import (
    ABOUT,
    ASIDE,
    COUNTS,
    MOST_UNITS,
    MOVES,
    ONE,
    Batch,
    Held,
    LineRules,
    beside,
    event_of,
    parsed,
    undeclared,
    whole,
)
from sim.replay.shadow.ids import Ids
from sim.replay.shadow.sheets import MOST, MOST_STOCK, Level, bound, polled, sold
from sim.replay.stream import LONGEST_S

BELIEVED = ("end", *ASIDE)
"""Kinds that wait for no second line: the end, and what moves no time."""
FAR, MORE = 10, 4
"""A line more than FAR jumps ahead waits for MORE lines that say the same: one device with a wrong clock sends some in a row."""
UNSET_US = 1_262_304_000 * US
"""A clock before 2010 was never set: devices begin in 1970, 1980 or 2000."""


class LineReader:
    """Reads lines; what it must remember between them is in :meth:`state`.

    ``clock``: None until known. ``start_us``: start on that clock. ``newest``: latest time of a line [us of show time], -1 before
    the first; ``bound``: everything before it is certain.
    """

    def __init__(self, rules: LineRules) -> None:
        self.rules = rules
        self.index = {name: k for k, name in enumerate(rules.skus)}
        self.clock: Clock | None = None
        self.start_us: int | None = None
        self.newest = self.bound = self.last = -1
        self.offset_us: int | None = None
        self.number = self.units = self.crowd_t = 0
        self.seq, self.catching_up, self.refused = -1, False, ""
        self.told = [rules.levels == "set"] * len(rules.skus)
        self.level: dict[int, Level] = {}
        self.counts: Counter[str] = Counter()
        self.held, self.ids = list[Held](), Ids(rules.remember)
        self.opening: tuple[int, bytes] | None = None
        self.jump_us, self.period_us = int(rules.jump_s * US), max(1, int(rules.period_s * US))
        for name, text in (("start", rules.start), ("end", rules.end)):
            if text:
                self.clock = self.clock or Clock((parse_time(text) or (NAIVE, 0))[0], rules.zone)
                us = bound(text, name, self.clock)
                self.start_us = us if name == "start" else self.start_us

    def take(self, lines: list[bytes], wall_us: int | None = None) -> Batch:
        """Read some lines. ``wall_us``: in wall time, when they arrived [us since 1970]; events then happen on arrival."""
        batch, counts = Batch(), self.counts
        for line in lines:
            self.number += 1
            if not line.strip():
                counts["blank"] += 1
                continue
            verdict = self._line(line, batch, wall_us) if not batch.ended else "comes after the end of the show"
            self._settle(self.number, line, verdict, batch)
        return batch

    def now(self, wall_us: int) -> int:
        """Show time [us] in wall time."""
        return max(self.newest, int((wall_us - (self.offset_us or 0)) / self.rules.speedup))

    def _reject(self, batch: Batch, number: int, reason: str, line: bytes) -> None:
        self.counts["rejected"] += 1
        self.refused = reason
        batch.rejects.append((number, reason, line))

    def _line(self, line: bytes, batch: Batch, wall_us: int | None) -> str:
        """What becomes of a line: one of COUNTS, a reason to reject it, or "" where it is held back for now."""
        event = event_of(line)
        if isinstance(event, str):
            return event
        kind = event["kind"]
        seq = event.get("seq")
        if seq is not None or self.catching_up:
            if type(seq) is not int:
                return "seq is not a whole number" if seq is not None else "has no seq, and the feed is being taken up by seq"
            if self.catching_up and seq <= self.seq:
                return "resent"
            self.catching_up, self.seq = False, max(self.seq, seq)
        unopened = self.start_us is None
        t = self._time(event.get("t"), "t")
        if unopened and self.start_us is not None and wall_us is None:
            self.opening = self.number, line
        if isinstance(t, str):
            return t
        if self.opening and not unopened and self.counts["used"] <= 1 and (t < -self.jump_us or self._unset(t)):
            t = self._opened_late(event, batch, "ahead of" if t < 0 else "before")
        if t < 0:
            return "t is before the start of the show"
        if t > LONGEST_S * US:
            self.counts["from_future"] += 1
            batch.ahead.append((self.number, (t - self.newest) / US))
            return f"t is more than {LONGEST_S:,} s after the start of the show"
        if wall_us is not None:
            if self.offset_us is None:
                self.offset_us = wall_us - int(t * self.rules.speedup)
            return self._happens(kind, event, t, batch, self.now(wall_us))
        if self.held or t > self.newest + self.jump_us:
            return self._placed(Held(self.number, line, t, event), batch)
        return self._happens(kind, event, t, batch, None)

    def _time(self, value: Any, name: str) -> int | str:
        """A time of show time [us], or what is wrong with it."""
        if type(value) is str:
            amount = parsed(value)
        elif type(value) in (int, float) and 0 <= value < 1e19:
            amount = number_time(value)
        else:
            return f"{name} is missing" if value is None else f"{name} {value!r:.40} is not a time"
        if amount is None:
            return f"{name} {value!r:.40} is not a time"
        clock = self.clock
        if clock is None:
            clock = self.clock = Clock(amount[0], self.rules.zone)
        if amount[0] != clock.kind and Clock(amount[0], clock.zone).family != clock.family:
            return f"{name} is a time {amount[0]}, but the feed's times are {clock.kind}"
        us = amount[1] if amount[0] != NAIVE or clock.zone is None else Clock(NAIVE, clock.zone).microseconds(amount[1])
        if self.start_us is None:
            self.start_us = 0 if clock.kind == SECONDS else us
        return round((us - self.start_us) / self.rules.speedup)

    def _unset(self, t: int) -> bool:
        """Whether the show began with a stamp of a clock that was never set."""
        return t > LONGEST_S * US and self.clock is not None and self.clock.kind != SECONDS and (self.start_us or 0) < UNSET_US

    def _opened_late(self, event: dict[str, Any], batch: Batch, side: str) -> int:
        """The first line was stamped far from this one, and nothing else was used yet: it is the odd one, and the show begins
        here. Left as it was, every line that follows would be too early, or too late."""
        number, line = self.opening or (0, b"")
        self._reject(batch, number, f"t is far {side} the lines that follow, so the show does not begin with it", line)
        self.counts["from_future"] += side == "ahead of"
        for name in [n for n in self.counts if n == "used" or n.startswith("kind_")]:
            del self.counts[name]
        for column in (batch.t, batch.what, batch.sku, batch.qty, batch.crowd, batch.waited, batch.known):
            column.clear()
        self.start_us, self.held, self.opening, self.newest, self.bound = None, [], None, -1, -1
        self.told, self.level = [self.rules.levels == "set"] * len(self.rules.skus), {}
        self.ids, batch.again = Ids(self.rules.remember), number
        return int(self._time(event.get("t"), "t"))

    def _leap(self, one: Held, batch: Batch) -> str:
        """A line far ahead of all others would make every later one late, so it waits for a second to say the same, be it a tick
        (producers have clocks of their own), and for more where it leaps FAR. The end is believed."""
        kind = one.event["kind"]
        if self.held and kind in ASIDE:
            return self._happens(kind, one.event, one.t, batch, None)
        held, self.held = self.held, []
        if held and one.t < held[0].t - self.jump_us:
            for odd in held:
                self.counts["from_future"] += 1
                few = "no line follows" if len(held) == 1 else "too few lines follow"
                self._reject(batch, odd.number, f"t leaps {(odd.t - self.newest) / US:,.0f} s ahead and {few} it there", odd.line)
        elif held and kind != "end" and len(held) < (MORE if held[0].t - self.newest > FAR * self.jump_us else 1):
            self.held = [*held, one]
            return ""
        elif held:
            first, *others = held
            verdict = self._happens(first.event["kind"], first.event, first.t, batch, None)
            self._settle(first.number, first.line, verdict, batch)
            for other in others:
                self._settle(other.number, other.line, self._placed(other, batch), batch)
        return self._placed(one, batch)

    def _placed(self, one: Held, batch: Batch) -> str:
        """A line whose time is good, or leaps: then it begins to wait."""
        if self.held:
            return self._leap(one, batch)
        if one.t > self.newest + self.jump_us and self.newest >= 0 and one.event["kind"] not in BELIEVED:
            batch.ahead.append((one.number, (one.t - self.newest) / US))
            self.held = [one]
            return ""
        return self._happens(one.event["kind"], one.event, one.t, batch, None)

    def _settle(self, number: int, line: bytes, verdict: str, batch: Batch) -> None:
        """Count what became of a line."""
        if verdict in COUNTS:
            self.counts[verdict], self.refused = self.counts[verdict] + 1, verdict
        elif verdict:
            self._reject(batch, number, verdict, line)

    def _happens(self, kind: str, event: dict[str, Any], t: int, batch: Batch, now: int | None) -> str:
        """A line whose time is good: what it says is laid down, or refused."""
        name = event.get("sku", "")
        sku = self.index.get(name if type(name) is str else str(name), -1)
        if sku < 0 and kind in ABOUT:
            return undeclared(name, self.rules.skus)
        verdict = self._dated(kind, event, sku, t, batch, max(t, self.newest) if now is None else now)
        if verdict != "used":
            return verdict
        self._knowable(event, t, batch)
        if t < self.newest and now is None:
            self.counts["out_of_order"] += 1
        if t <= (self.bound - 1) // self.period_us * self.period_us and self.bound > self.period_us:
            self.counts["late"] += 1
        self.counts[f"kind_{kind}"] += 1
        self.newest, self.last = max(self.newest, t if now is None else now), t
        self.bound = max(self.bound, self.newest + 1 if kind in ("tick", "end") and t >= self.newest else self.newest)
        return verdict

    def _dated(self, kind: str, event: dict[str, Any], sku: int, t: int, batch: Batch, at: int) -> str:
        """Lay down what the line says, at ``at`` [us]."""
        if kind in ASIDE:
            return "aside"
        if kind in MOVES:
            return self._moved(kind, event, sku, t, batch, at)
        if kind == "level":
            return self._polled(event, sku, t, batch, at)
        if kind == "viewers":
            value: Any = event.get("value")
            if type(value) not in (int, float) or not 0 <= value <= 1e10:
                return f"value {value!r:.40} is not a number of viewers"
            if t < self.crowd_t:
                return "behind"
            self.crowd_t = t
            batch.crowd.append((at, float(value)))
        batch.ended = batch.ended or kind == "end"
        return "used"

    def _moved(self, kind: str, event: dict[str, Any], sku: int, t: int, batch: Batch, at: int) -> str:
        qty = event.get("qty", 1 if kind in ONE else None)
        if type(qty) is not int:
            qty = whole(qty)
            self.counts["repaired"] += qty is not None
        most = MOST if kind in ONE else MOST_STOCK
        if qty is None or not (-most if kind == "correction" else 1) <= qty <= most or qty == 0:
            return f"qty {event.get('qty')!r:.40} is not a whole number of units from 1 to {most:,}"
        if self.units + abs(qty) > MOST_UNITS:
            return f"units add up to more than {MOST_UNITS:,}"
        number = event.get("id")
        if number is not None and number != "" and self.ids.again(f"{kind}\0{number}\0{sku}\0{t}\0{qty}{beside(event)}"):
            return "duplicate"
        self.units += abs(qty)
        self.told[sku] = self.told[sku] or self.rules.levels == "auto"
        batch.t.append(at)
        batch.what.append(MOVES[kind])
        batch.sku.append(sku)
        batch.qty.append(qty)
        return "used"

    def _polled(self, event: dict[str, Any], sku: int, t: int, batch: Batch, at: int) -> str:
        """A poll of one SKU's stock: it sets the record, or, where nothing else tells of sales, its changes are the sales."""
        figures, value = polled(event), event.get("value")
        if figures[0] is None or abs(figures[0]) > MOST_STOCK:
            return f"value {value!r:.40} is not a number of units of at most {MOST_STOCK:,}"
        self.counts["repaired"] += type(value) is not int
        self.counts["below_zero"] += figures[0] < 0
        before = self.level.get(sku, Level(-1, self.rules.stock[sku], None, None))
        if t <= before.us:
            return "behind"
        now = self.level[sku] = Level(t, figures[0], figures[1], figures[2])
        steps = [(EDIT_SET, now.stock)] if self.told[sku] else sold(before, now)
        for what, qty in steps:
            batch.t.append(at)
            batch.what.append(what)
            batch.sku.append(sku)
            batch.qty.append(qty)
        return "used"

    def _knowable(self, event: dict[str, Any], t: int, batch: Batch) -> None:
        """Note when the event was knowable, for the lags."""
        speedup, start = self.rules.speedup, self.start_us or 0
        if "seen" in event:
            seen = self._time(event["seen"], "seen")
            if isinstance(seen, str) or not 0 <= seen <= LONGEST_S * US:
                self.counts["unreadable_seen"] += 1
            else:
                batch.waited.append(int((seen - t) * speedup))
                t = seen
        batch.known.append(start + int(t * speedup))
