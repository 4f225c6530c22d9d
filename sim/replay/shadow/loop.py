"""The loop of a live show: read, lay, run, save, say."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from sim.core.units import US
from sim.engine.simulate import engine_for
from sim.replay.alertlines import alert_line, feed_line
from sim.replay.clock import Clock
from sim.replay.shadow import figures
from sim.replay.shadow.batch import Batch, Held, decode
from sim.replay.shadow.lines import LineReader
from sim.replay.shadow.outbox import Outbox, RejectedLines
from sim.replay.shadow.plan import ShowPlan
from sim.replay.shadow.recovery import lock_names, own_alert, settle, start
from sim.replay.shadow.scrape import scraped
from sim.replay.shadow.sheets import Level
from sim.replay.shadow.show import GateDecision, LiveShow
from sim.replay.shadow.source import LineSource
from sim.replay.shadow.state import head_of, save, set_aside
from sim.replay.shadow.watch import Watch
from sim.replay.shadow.ways import LEVELS, Ways, sentence
from sim.replay.stream import LONGEST_S
from sim.words import _

BLIND = 2
"""Level of the alert that nothing comes any more."""
WARN_S = 10.0
"""Stamps from the future are said this often at most [s]."""
OWN_KEPT = 1000
"""Alerts about the feed itself that the state remembers."""


class Shadow:
    """One live show. ``tell`` takes sentences for people; ``now`` is the wall clock [s since 1970]."""

    def __init__(self, plan: ShowPlan, ways: Ways, tell: Callable[[str], None], now: Callable[[], float] = time.time) -> None:
        self.plan, self.ways, self.tell, self.now = plan, ways, tell, now
        self.heard = time.monotonic()
        self.reader = LineReader(plan.rules)
        for policy in plan.policies:
            engine_for(policy)  # compiled now rather than at the first line
        self.show: LiveShow | None = None
        self.alerts = self.missed = self.restarts = self.dirty = 0
        self.ended = self.stopped = False
        self.crowd = (-1, 0.0)
        self.silent, self.trouble, self.warned, self.watch = False, "", -math.inf, Watch()
        self.figures = figures.Figures()
        self.saved = self.reported = time.monotonic()
        self.own: dict[int, str] = {}
        self.parts = ExitStack()
        with self.parts:
            self.source = self._part(LineSource(ways.source, ways.follow, tell))
            self.outbox, self.rejects = self._part(Outbox(ways.out)), self._part(RejectedLines(ways.rejects))
            self.parts.enter_context(lock_names(ways))
            begun, self.why, self.broken, self.own = start(ways, plan.bound_to, self.outbox, self.rejects)
            self.again = begun is None
            if begun:
                self._resume(*begun)
            else:
                self._save("")
            if not self.again:
                self._write_metrics()
            self.parts = self.parts.pop_all()

    def _part(self, part: Any) -> Any:
        """Something to let go of at the end."""
        self.parts.callback(part.close)
        return part

    # -- the loop ---------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """Follow the feed until it ends or :meth:`stop` is called; returns the metrics. Whatever interrupts it otherwise leaves
        the last state saved, from which nothing is lost or said twice."""
        try:
            last = time.monotonic()
            if self.ways.port:
                self.parts.callback(scraped(self.ways.port, self.metrics, partial(self.log, "info")).close)
            while not (self.ended or self.source.at_end or self.stopped):
                lines = self.source.read(self._patience())
                at = time.monotonic()
                if lines or (self.ways.wall and self.show):
                    self.step(lines, at)
                last = at if lines else last
                if not lines and self.ways.source != "-":
                    self._gone_over()
                self._silence(at - last, bool(lines), at)
                if not lines and self.ways.idle_s and at - last >= self.ways.idle_s:
                    self.log("info", _("no line has come for {idle_s:g} s").format(idle_s=self.ways.idle_s))
                    break
                self._now_and_then(at)
            if not self.stopped:
                self._gone_over()
            self._save("")
            self._write_metrics()
        finally:
            self.parts.close()
        return self.metrics()

    def _silence(self, quiet_s: float, came: bool, at: float | None = None) -> None:
        """Say once, as an alert of its own, that stock is not seen any more, and once that it is again."""
        if not self.ways.follow or not self.ways.silent_s or self.ended:
            return
        text = self.watch.trouble(self.reader, quiet_s, self.ways.silent_s, self.watch.at if at is None else at)
        if bool(text) == self.silent or (self.silent and not came) or self.outbox.behind():
            return
        self.silent, self.trouble = not self.silent, text
        level, reason = BLIND if text else 0, text or _("lines come again")
        when = datetime.fromtimestamp(self.now(), self.plan.rules.zone or UTC).isoformat(timespec="milliseconds")
        self.alerts += 1
        shown = max(0, self.reader.newest) / US if self.show else None
        self.own[self.alerts] = feed_line(self.alerts, when, shown, level, reason) + "\n"
        self._send(self.own[self.alerts])
        self.tell(reason)

    def _ahead(self, batch: Batch, at: float) -> None:
        """Say of stamps from the future that they wait, once in a while."""
        if batch.ahead and at - self.warned >= WARN_S:
            self.warned = at
            number, far_s = batch.ahead[-1]
            text = _("line {n:,} is stamped {far:,.0f} s ahead of all others; it waits for another to confirm it")
            if far_s > LONGEST_S:
                text = _("line {n:,} is stamped {far:,.0f} s ahead of all others; it is not used")
            self.tell(text.format(n=number, far=far_s))

    def log(self, level: str, text: str) -> None:
        """Tell people, where they asked for so much; what went wrong is always told."""
        if LEVELS.index(level) <= LEVELS.index(self.ways.log):
            self.tell(text)

    def stop(self, *_: Any) -> None:  # a signal handler
        """End after the lines at hand."""
        self.stopped = True

    def step(self, lines: list[bytes], at: float) -> None:
        """Take some lines that were read at ``at`` (monotonic clock) through to their alerts."""
        wall_us = int(self.now() * US)
        self.heard = at if lines else self.heard
        batch = self.reader.take(lines, wall_us if self.ways.wall else None)
        self.watch.note(self.reader, at)
        if batch.again:
            self.show, self.crowd = None, (-1, 0.0)
            text = _("line {n:,}, the first, is stamped far from those that follow; the show begins without it")
            self.tell(text.format(n=batch.again))
        alerts = self._said(batch, wall_us)
        self.rejects.write(batch.rejects)
        self._ahead(batch, at)
        self.dirty += len(lines) or 1
        if alerts and self.show:
            self._say(alerts, self.show)
        self.figures.note(self, batch, wall_us, len(lines), at, alerts)

    def _say(self, words: list[GateDecision], show: LiveShow) -> None:
        """Number the alerts and send those that are not there yet."""
        names, text = [p.name for p in self.plan.policies], ""
        for s in words:
            if not text:
                self._known()
            self.alerts += 1
            line = alert_line(show.stream, self.alerts, names[s.strategy], s.t, s.sku, s.level, s.stock, s.line) + "\n"
            if self.outbox.behind():
                self.outbox.put(line)
            else:
                text += line
        self._send(text)

    def _known(self) -> None:
        """Alerts about the feed itself that come next, as the state or the file has them: no feed makes them again."""
        while True:
            n, line = self.alerts + 1, self.outbox.next_line()
            if line.endswith(b"\n") and own_alert(line, n):
                self.own[n] = line.decode()
            if n not in self.own:
                return
            self.alerts, self.silent = n, json.loads(self.own[n])["level"] > 0
            self.outbox.put(self.own[n])

    def _send(self, text: str) -> None:
        """Write alerts for which the state vouches: it is on the disk before them, and they are before this returns."""
        if text:
            self._save(text)
        self.outbox.put(text)
        self.outbox.sync()
        if text:
            self.log("debug", _("alerts up to {n:,} are sent").format(n=self.alerts))

    def _gone_over(self) -> None:
        """The feed has been read to its end, as far as it is there: what the files have must have come from it."""
        if self.again or self.outbox.behind() or self.rejects.behind() or self.alerts + 1 in self.own:
            self._known()
            settle(self.ways, self.outbox, self.rejects, self.alerts + 1)
            self._save("")

    def _said(self, batch: Batch, wall_us: int) -> list[GateDecision]:
        """What the strategies say now that these lines are known."""
        reader = self.reader
        if reader.start_us is None or reader.clock is None or reader.newest < 0:
            return []
        if self.show is None:
            self.show = self._open(reader.start_us, reader.clock)
        if self.ways.wall:
            reader.bound = max(reader.bound, reader.now(wall_us))
            self.missed += self.show.skip_to(reader.bound)
        crowd = [self.crowd, *batch.crowd]
        known = np.array([t for t, _ in crowd]), np.array([n for _, n in crowd])
        alerts = self.show.advance(batch.events(), reader.bound, known)
        self.crowd = crowd[-1]
        if batch.ended:
            self.ended = True
            alerts += self.show.finish(reader.newest, known)
        return alerts

    def _open(self, start_us: int, clock: Clock) -> LiveShow:
        return LiveShow(self.plan.stream(start_us, clock), self.plan.policies, self.plan.feed)

    def _patience(self) -> float:
        """How long to wait for lines [s]."""
        if self.ways.wall and self.show:
            left_us = self.show.due() - self.reader.now(int(self.now() * US))
            return min(0.5, max(0.0, left_us / US * self.plan.rules.speedup))
        return 0.5

    def _now_and_then(self, at: float) -> None:
        """Save and report when it is time."""
        if self.dirty and (self.dirty >= self.ways.save_events or at - self.saved >= self.ways.save_s):
            self._save("")
        if at - self.reported >= self.ways.report_s > 0:
            self.reported = at
            self.log("info", sentence(self.metrics()))
            self._write_metrics()

    def metrics(self) -> dict[str, Any]:
        """Counts, lags [s] and rates as plain data."""
        return self.figures.metrics(self)

    def _write_metrics(self) -> None:
        figures.write(self.ways.metrics, self.metrics())

    # -- the state --------------------------------------------------------------------------------------------

    def _save(self, pending: str) -> None:
        """Save everything, with the alerts that are about to be written."""
        self.dirty, self.saved = 0, time.monotonic()
        if self.ways.state is None or (self.again and (self.outbox.behind() or self.rejects.behind())):
            return
        if self.again:
            self.again = False
            if self.broken:
                set_aside(self.ways.state)
            if self.why:
                text = _("{why}; they were made again from {feed!r}, and what was there agrees")
                self.tell(text.format(why=self.why, feed=self.ways.source))
        self.rejects.sync()
        s = self.reader
        young, old = s.ids.state()
        self.own = dict(list(self.own.items())[-OWN_KEPT:])
        head = head_of(self, pending)
        arrays = {"ids_young": young, "ids_old": old} | self.figures.state()
        save(self.ways.state, head, arrays | (self.show.state() if self.show else {}))
        self.log("debug", _("state saved after line {n:,}").format(n=s.number))

    def _resume(self, head: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Go on from a state."""
        s, where = self.reader, f"state={str(self.ways.state)!r}"
        if self.ways.resend == "start":
            self.source.skip(head["offset"], head["crc"], where)
        s.catching_up = self.ways.resend == "seq"
        s.clock = Clock(head["clock"], self.plan.rules.zone) if head["clock"] else s.clock
        for name in ("start_us", "newest", "bound", "offset_us", "number", "units", "crowd_t", "seq", "told"):
            setattr(s, name, head[name])
        s.level = {k: Level(us, stock, enrolled, total) for k, us, stock, enrolled, total in head["level"]}
        s.counts.update(head["counts"])
        s.held = [Held(number, line.encode(), t, decode(line)) for number, line, t in head["held"]]
        s.ids.restore(arrays["ids_young"], arrays["ids_old"])
        self.alerts, self.missed, self.ended = head["alerts"], head["missed"], head["ended"]
        self.silent = head.get("silent", False)
        self.restarts, self.crowd = head["restarts"] + 1, tuple(head["crowd"])
        self.figures.restore(arrays, head["busy_s"])
        if head["shown"] and s.start_us is not None and s.clock is not None:
            self.show = self._open(s.start_us, s.clock)
            self.show.restore(arrays)
        self.rejects.go_on(*head["rejects"])
        self.rejects.cut(self.rejects.size)  # what follows is read and rejected again
        self.outbox.go_on(*head["out"])
        self.outbox.put(head["pending"])
        self.outbox.sync()
        place = f"{s.number:,} (seq {s.seq})" if s.seq >= 0 else f"{s.number:,}"
        text = _("going on after line {line}, the show has ended already") if self.ended else _("going on after line {line}")
        self.log("info", text.format(line=place))
