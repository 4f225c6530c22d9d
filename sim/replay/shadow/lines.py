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
    BOM,
    COUNTS,
    KINDS,
    LONGEST,
    MOST_UNITS,
    MOVES,
    ONE,
    Batch,
    Held,
    LineRules,
    beside,
    decode,
    parsed,
    whole,
)
from sim.replay.shadow.ids import Ids
from sim.replay.shadow.sheets import MOST, MOST_STOCK, Level, bound, level_of, sold
from sim.replay.stream import LONGEST_S
from sim.words import did_you_mean

BELIEVED = ("end", *ASIDE)
"""Kinds that wait for no second line: the end, and what moves no time."""


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
        self.newest = self.bound = -1
        self.offset_us: int | None = None
        self.number = self.units = self.crowd_t = 0
        self.seq, self.catching_up = -1, False
        self.told = [rules.levels == "set"] * len(rules.skus)
        self.level: dict[int, Level] = {}
        self.counts: Counter[str] = Counter()
        self.held: Held | None = None
        self.opening: tuple[int, bytes] | None = None
        self.ids = Ids(rules.remember)
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
            if verdict in COUNTS:
                counts[verdict] += 1
            elif verdict:
                self._reject(batch, self.number, verdict, line)
        return batch

    def now(self, wall_us: int) -> int:
        """Show time [us] in wall time."""
        return max(self.newest, int((wall_us - (self.offset_us or 0)) / self.rules.speedup))

    def _reject(self, batch: Batch, number: int, reason: str, line: bytes) -> None:
        self.counts["rejected"] += 1
        batch.rejects.append((number, reason, line))

    def _line(self, line: bytes, batch: Batch, wall_us: int | None) -> str:
        """What becomes of a line: one of COUNTS, a reason to reject it, or "" where it is held back for now."""
        if len(line) > LONGEST:
            return f"is longer than {LONGEST:,} bytes"
        try:
            event = decode(line.removeprefix(BOM).decode())
        except UnicodeDecodeError:
            return "is not UTF-8"
        except (ValueError, RecursionError):
            return "is not JSON"
        if type(event) is not dict:
            return "is not a JSON object"
        kind = event.get("kind")
        if type(kind) is not str or kind not in KINDS:
            return "kind is missing" if kind is None else f"there is no kind {kind!r:.40}{did_you_mean(str(kind)[:40], KINDS)}"
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
        if isinstance(t, int) and t < 0 and self.opening and t < -self.jump_us and self.counts["used"] <= 1:
            t = self._opened_late(event, batch)
        if isinstance(t, int) and t < 0:
            return "t is before the start of the show"
        if isinstance(t, str):
            return t
        if wall_us is not None:
            if self.offset_us is None:
                self.offset_us = wall_us - int(t * self.rules.speedup)
            return self._happens(kind, event, t, batch, self.now(wall_us))
        if self.held or t > self.newest + self.jump_us:
            return self._leap(line, kind, event, t, batch)
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
        t = round((us - self.start_us) / self.rules.speedup)
        if t < 0 and name != "t":
            return f"{name} is before the start of the show"
        return t if t <= LONGEST_S * US else f"{name} is more than {LONGEST_S:,} s after the start of the show"

    def _opened_late(self, event: dict[str, Any], batch: Batch) -> int | str:
        """The first line was stamped far after this one, and nothing else was used yet: it is the odd one, and the show begins
        here. Left as it was, every line until its moment would be too early."""
        number, line = self.opening or (0, b"")
        self._reject(batch, number, "t is far ahead of the lines that follow, so the show does not begin with it", line)
        self.counts["from_future"] += 1
        for name in [n for n in self.counts if n == "used" or n.startswith("kind_")]:
            del self.counts[name]
        for column in (batch.t, batch.what, batch.sku, batch.qty, batch.crowd, batch.waited, batch.known):
            column.clear()
        self.start_us, self.held, self.opening, self.newest, self.bound = None, None, None, -1, -1
        self.told, self.level = [self.rules.levels == "set"] * len(self.rules.skus), {}
        self.ids, batch.again = Ids(self.rules.remember), number
        return self._time(event.get("t"), "t")

    def _leap(self, line: bytes, kind: str, event: dict[str, Any], t: int, batch: Batch) -> str:
        """A line far ahead of all others would make every later one late, so it waits for a second to say the same, be it a tick
        (producers have clocks of their own). The end is believed."""
        held, self.held = self.held, None
        if held is not None:
            if t >= held.t - self.jump_us:
                verdict = self._happens(held.event["kind"], held.event, held.t, batch, None)
                if verdict in COUNTS:
                    self.counts[verdict] += 1
                else:
                    self._reject(batch, held.number, verdict, held.line)
            else:
                leap_s = (held.t - self.newest) / US
                self.counts["from_future"] += 1
                self._reject(batch, held.number, f"t leaps {leap_s:,.0f} s ahead and no line follows it there", held.line)
        if t > self.newest + self.jump_us and self.newest >= 0 and kind not in BELIEVED:
            batch.ahead.append((self.number, (t - self.newest) / US))
            self.held = Held(self.number, line, t, event)
            return ""
        return self._happens(kind, event, t, batch, None)

    def _happens(self, kind: str, event: dict[str, Any], t: int, batch: Batch, now: int | None) -> str:
        """A line whose time is good: what it says is laid down, or refused."""
        name = event.get("sku", "")
        sku = self.index.get(name if type(name) is str else str(name), -1)
        if sku < 0 and kind in ABOUT:
            return self._unknown(name)
        verdict = self._dated(kind, event, sku, t, batch, max(t, self.newest) if now is None else now)
        if verdict != "used":
            return verdict
        self._knowable(event, t, batch)
        if t < self.newest and now is None:
            self.counts["out_of_order"] += 1
        if t <= (self.bound - 1) // self.period_us * self.period_us and self.bound > self.period_us:
            self.counts["late"] += 1
        self.counts[f"kind_{kind}"] += 1
        self.newest = max(self.newest, t if now is None else now)
        self.bound = max(self.bound, self.newest + 1 if kind in ("tick", "end") and t >= self.newest else self.newest)
        return verdict

    def _unknown(self, name: Any) -> str:
        if name is None or name == "":
            return "sku is missing"
        return f"sku {name!r:.60} has no declared stock{did_you_mean(str(name)[:60], self.rules.skus[:50])}"

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
        figures = [whole(event.get(name)) for name in ("value", "enrolled", "total")]
        if type(value := event.get("value")) is str:
            figures[0] = level_of(value)
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
            if isinstance(seen, str):
                self.counts["unreadable_seen"] += 1
            else:
                batch.waited.append(int((seen - t) * speedup))
                t = seen
        batch.known.append(start + int(t * speedup))
