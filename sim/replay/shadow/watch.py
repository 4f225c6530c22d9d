"""Whether stock is still seen on a live feed: lines come, some can be used, time goes on, and levels are polled as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.core.units import US
from sim.words import _

if TYPE_CHECKING:
    from sim.replay.shadow.lines import LineReader

IDLE = 10
"""Nothing but ticks is told after this many times the limit: a quiet room is no broken feed."""
POLLS, GAPS = 20, 10
"""Levels are missed where at least POLLS of them came, and for this many times their usual distance none."""


class Watch:
    """When each thing last moved [monotonic s], as far as this process has seen it."""

    def __init__(self) -> None:
        self.at = 0.0
        self.since: dict[str, float] = {}
        self.figures: dict[str, int] = {}
        self.polls, self.first_poll = 0, 0.0

    def note(self, reader: LineReader, at: float) -> None:
        """See what moved by now."""
        self.at = at
        kinds = {name: n for name, n in reader.counts.items() if name.startswith("kind_")}
        figures = {
            "used": reader.counts["used"] + reader.counts["aside"], "time": reader.newest,
            "level": kinds.get("kind_level", 0), "told": sum(kinds.values()) - kinds.get("kind_tick", 0),
        }  # fmt: skip
        for name, figure in figures.items():
            if name not in self.since or figure != self.figures[name]:
                if name == "level" and figure:
                    self.first_poll = self.first_poll if self.polls else at
                    self.polls += 1
                self.figures[name], self.since[name] = figure, at

    def quiet_s(self, at: float) -> dict[str, float]:
        """How long ago a line was used, time went on, a level came, and anything but ticks [s]."""
        return {name: round(at - moved, 1) for name, moved in self.since.items()}

    def trouble(self, reader: LineReader, silent_s: float, limit: float, at: float) -> str:
        """Why stock is not seen any more, in a sentence; "" while it is. ``silent_s``: since the last line; ``limit``: how long
        is too long [s]."""
        if silent_s >= limit:
            return _("no line has come for {limit:g} s: stock is not seen any more").format(limit=limit)
        quiet = self.quiet_s(at)
        if quiet.get("used", 0.0) >= limit:
            why = reader.refused or _("it waits for another to confirm it")
            text = _("no line that can be used has come for {limit:g} s: stock is not seen any more (the last line: {why})")
            return text.format(limit=limit, why=why)
        if quiet.get("time", 0.0) >= limit and reader.offset_us is None:
            return _(
                "the feed's time has stood still for {limit:g} s, so no reading is due: lines are stamped {far:,.0f} s before "
                "the newest one"
            ).format(limit=limit, far=max(0, reader.newest - reader.last) / US)
        usual = (self.since.get("level", at) - self.first_poll) / max(1, self.polls - 1)
        if self.polls >= POLLS and quiet["level"] >= max(limit, GAPS * usual):
            return _("no stock level has come for {quiet:,.0f} s, though other lines do").format(quiet=quiet["level"])
        if quiet.get("told", 0.0) >= IDLE * limit:
            return _("nothing but ticks has come for {quiet:,.0f} s").format(quiet=quiet["told"])
        return ""
