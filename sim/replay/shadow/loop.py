"""The loop of a live show: read, lay, run, save, say."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sim.core.units import US
from sim.engine.simulate import engine_for
from sim.replay.alertlines import alert_line, feed_line
from sim.replay.clock import Clock, StreamError
from sim.replay.shadow.batch import COUNTS, Batch, Held, decode
from sim.replay.shadow.lag import Lag
from sim.replay.shadow.lines import Sieve
from sim.replay.shadow.outbox import Outbox, Rejects
from sim.replay.shadow.plan import Plan
from sim.replay.shadow.scrape import Scrape, scraped
from sim.replay.shadow.sheets import Level
from sim.replay.shadow.show import Said, Show
from sim.replay.shadow.source import Source
from sim.replay.shadow.state import load, must_agree, save
from sim.replay.shadow.ways import Ways, sentence

BLIND = 2
"""Level of the alert that nothing comes any more."""
WARN_S = 10.0
"""Stamps from the future are said this often at most [s]."""
LAGS = ("seen", "read", "done", "alert", "said")
"""What is timed: happened to seen (the feed's own word) and seen to read, of lines; read to done, of lines; the moment a
reading arrived to its alert written, and read to alert written, of alerts."""


class Shadow:
    """One live show. ``tell`` takes sentences for people; ``now`` is the wall clock [s since 1970]."""

    def __init__(self, plan: Plan, ways: Ways, tell: Callable[[str], None], now: Callable[[], float] = time.time) -> None:
        self.plan, self.ways, self.tell, self.now = plan, ways, tell, now
        self.sieve = Sieve(plan.rules)
        for policy in plan.policies:
            engine_for(policy)  # compiled now rather than at the first line
        self.show: Show | None = None
        self.alerts = self.missed = self.restarts = self.dirty = 0
        self.ended = self.stopped = False
        self.crowd = (-1, 0.0)
        self.silent, self.warned = False, -math.inf
        self.scrape: Scrape | None = None
        self.lags = {name: Lag() for name in LAGS}
        self.saved = self.reported = time.monotonic()
        self.busy_s = 0.0
        found = load(ways.state) if ways.state else None
        if found:
            must_agree(ways.state, found[0]["config"], plan.bound_to)  # type: ignore[arg-type]
        self.source = Source(ways.source, ways.follow, tell)
        self.outbox, self.rejects = Outbox(ways.out), Rejects(ways.rejects)
        if found:
            self._resume(*found)
        else:
            self.outbox.begin()
            self.rejects.begin()
            self._save("")
        self._write_metrics()

    # -- the loop ---------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """Follow the feed until it ends or :meth:`stop` is called; returns the metrics. Whatever interrupts it otherwise leaves
        the last state saved, from which nothing is lost or said twice."""
        try:
            last = time.monotonic()
            self.scrape = scraped(self.ways.port, self.metrics, self.tell) if self.ways.port else None
            while not (self.ended or self.source.at_end or self.stopped):
                lines = self.source.read(self._patience())
                at = time.monotonic()
                if lines or (self.ways.wall and self.show):
                    self.step(lines, at)
                last = at if lines else last
                self._silence(at - last, bool(lines))
                if not lines and self.ways.idle_s and at - last >= self.ways.idle_s:
                    self.tell(f"no line has come for {self.ways.idle_s:g} s")
                    break
                self._now_and_then(at)
            self._save("")
            self._write_metrics()
        finally:
            for part in (self.source, self.outbox, self.rejects, self.scrape):
                if part is not None:
                    part.close()
        return self.metrics()

    def _silence(self, quiet_s: float, came: bool) -> None:
        """Say once, as an alert of its own, that nothing comes any more, and once that it comes again."""
        limit = self.ways.silent_s
        if not self.ways.follow or not limit or self.ended or not (came if self.silent else quiet_s >= limit):
            return
        self.silent = not self.silent
        level = BLIND if self.silent else 0
        reason = f"no line has come for {limit:g} s: stock is not seen any more" if self.silent else "lines come again"
        at = datetime.fromtimestamp(self.now(), self.plan.rules.zone or UTC).isoformat(timespec="milliseconds")
        self.alerts += 1
        text = feed_line(self.alerts, at, max(0, self.sieve.newest) / US if self.show else None, level, reason) + "\n"
        self._save(text)
        self.outbox.write(text)
        self.tell(reason)

    def _ahead(self, batch: Batch, at: float) -> None:
        """Say of stamps from the future that they wait, once in a while."""
        if batch.ahead and at - self.warned >= WARN_S:
            self.warned = at
            number, far_s = batch.ahead[-1]
            self.tell(f"line {number:,} is stamped {far_s:,.0f} s ahead of all others; it waits for another to confirm it")

    def stop(self, *_: Any) -> None:
        """End after the lines at hand (a signal handler)."""
        self.stopped = True

    def step(self, lines: list[bytes], at: float) -> None:
        """Take some lines that were read at ``at`` (monotonic clock) through to their alerts."""
        wall_us = int(self.now() * US)
        batch = self.sieve.take(lines, wall_us if self.ways.wall else None)
        said = self._said(batch, wall_us)
        self.rejects.write(batch.rejects)
        self._ahead(batch, at)
        self.dirty += len(lines) or 1
        if said and self.show:
            names, first = [p.name for p in self.plan.policies], self.alerts + 1
            self.alerts += len(said)
            text = "".join(
                alert_line(self.show.stream, n, names[s.strategy], s.t, s.sku, s.level, s.stock, s.line) + "\n"
                for n, s in enumerate(said, first)
            )
            self._save(text)
            self.outbox.write(text)
        self._note(batch, wall_us, len(lines), at, said)

    def _said(self, batch: Batch, wall_us: int) -> list[Said]:
        """What the strategies say now that these lines are known."""
        sieve = self.sieve
        if sieve.start_us is None or sieve.clock is None or sieve.newest < 0:
            return []
        if self.show is None:
            self.show = self._open(sieve.start_us, sieve.clock)
        if self.ways.wall:
            sieve.bound = max(sieve.bound, sieve.now(wall_us))
            self.missed += self.show.skip_to(sieve.bound)
        crowd = [self.crowd, *batch.crowd]
        known = np.array([t for t, _ in crowd]), np.array([n for _, n in crowd])
        said = self.show.advance(batch.events(), sieve.bound, known)
        self.crowd = crowd[-1]
        if batch.ended:
            self.ended = True
            said += self.show.finish(sieve.newest, known)
        return said

    def _open(self, start_us: int, clock: Clock) -> Show:
        return Show(self.plan.stream(start_us, clock), self.plan.policies, self.plan.feed)

    def _patience(self) -> float:
        """How long to wait for lines [s]."""
        if self.ways.wall and self.show:
            left_us = self.show.due() - self.sieve.now(int(self.now() * US))
            return min(0.5, max(0.0, left_us / US * self.plan.rules.speedup))
        return 0.5

    def _now_and_then(self, at: float) -> None:
        """Save and report when it is time."""
        if self.dirty and (self.dirty >= self.ways.save_events or at - self.saved >= self.ways.save_s):
            self._save("")
        if at - self.reported >= self.ways.report_s > 0:
            self.reported = at
            self.tell(sentence(self.metrics()))
            self._write_metrics()

    # -- figures ----------------------------------------------------------------------------------------------

    def _note(self, batch: Batch, wall_us: int, lines: int, at: float, said: list[Said]) -> None:
        """Measure what these lines took, now that it is done."""
        spent, now_us = time.monotonic() - at, int(self.now() * US)
        self.busy_s += spent
        self.lags["seen"].add(np.array(batch.waited) / US)
        if self.sieve.clock is not None and self.sieve.clock.family == "absolute":
            self.lags["read"].add((wall_us - np.array(batch.known)) / US)
            moments = [(self.sieve.start_us or 0) + int(s.t * self.plan.rules.speedup) for s in said]
            self.lags["alert"].add((now_us - np.array(moments)) / US)
        if lines:
            self.lags["done"].several(spent, lines)
        if said:
            self.lags["said"].several(spent, len(said))

    def metrics(self) -> dict[str, Any]:
        """Counts, lags [s] and rates as plain data; every line read is in exactly one of ``lines``."""
        counts = self.sieve.counts
        lines = {name: counts[name] for name in COUNTS} | {"held": int(self.sieve.held is not None)}
        busy = max(self.busy_s, 1e-9)
        return {
            "lines": lines | {"read": self.sieve.number, "unfinished_bytes": self.source.unfinished()},
            "kinds": {k.removeprefix("kind_"): n for k, n in sorted(counts.items()) if k.startswith("kind_")},
            "late": counts["late"],
            "repaired": counts["repaired"],
            "from_future": counts["from_future"],
            "below_zero": counts["below_zero"],
            "silent": self.silent,
            "out_of_order": counts["out_of_order"],
            "readings": self.show.taken - self.missed if self.show else 0,
            "missed_readings": self.missed,
            "unreadable_seen": counts["unreadable_seen"],
            "alerts": self.alerts,
            "ended": self.ended,
            "restarts": self.restarts,
            "show_s": max(0, self.sieve.newest) / US,
            "busy_s": self.busy_s,
            "lines_per_busy_s": sum(lines.values()) / busy,
            "lag_s": {name: lag.summary() for name, lag in self.lags.items()},
        }

    def _write_metrics(self) -> None:
        if self.ways.metrics is None:
            return
        beside = self.ways.metrics.with_name(f".{self.ways.metrics.name}.part")
        try:
            beside.write_text(json.dumps(self.metrics(), indent=1) + "\n", encoding="utf-8")
            os.replace(beside, self.ways.metrics)
        except OSError as error:
            raise StreamError(f"metrics={str(self.ways.metrics)!r} cannot be written ({error.strerror}); "
                              "choose another metrics=") from None  # fmt: skip

    # -- the state --------------------------------------------------------------------------------------------

    def _save(self, pending: str) -> None:
        """Save everything, with the alerts that are about to be written."""
        self.dirty, self.saved = 0, time.monotonic()
        if self.ways.state is None:
            return
        s = self.sieve
        young, old = s.ids.state()
        head = {
            "config": self.plan.bound_to, "offset": self.source.offset, "crc": self.source.crc, "out": self.outbox.size,
            "pending": pending, "rejects": self.rejects.size, "alerts": self.alerts, "missed": self.missed,
            "silent": self.silent, "restarts": self.restarts, "ended": self.ended, "crowd": self.crowd, "busy_s": self.busy_s,
            "clock": s.clock.kind if s.clock else None, "start_us": s.start_us, "newest": s.newest, "bound": s.bound,
            "offset_us": s.offset_us, "number": s.number, "units": s.units, "crowd_t": s.crowd_t, "seq": s.seq, "told": s.told,
            "level": [[k, v.us, v.stock, v.enrolled, v.total] for k, v in s.level.items()], "counts": s.counts,
            "held": [s.held.number, s.held.line.decode(), s.held.t] if s.held else None, "shown": self.show is not None,
        }  # fmt: skip
        arrays = {"ids_young": young, "ids_old": old} | {f"lag_{name}": lag.state() for name, lag in self.lags.items()}
        save(self.ways.state, head, arrays | (self.show.state() if self.show else {}))

    def _resume(self, head: Mapping[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Go on from a state."""
        s, where = self.sieve, f"state={str(self.ways.state)!r}"
        if self.ways.resend == "start":
            self.source.skip(head["offset"], head["crc"], where)
        s.catching_up = self.ways.resend == "seq"
        s.clock = Clock(head["clock"], self.plan.rules.zone) if head["clock"] else s.clock
        for name in ("start_us", "newest", "bound", "offset_us", "number", "units", "crowd_t", "seq", "told"):
            setattr(s, name, head[name])
        s.level = {k: Level(us, stock, enrolled, total) for k, us, stock, enrolled, total in head["level"]}
        s.counts.update(head["counts"])
        if head["held"]:
            number, line, t = head["held"]
            s.held = Held(number, line.encode(), t, decode(line))
        s.ids.restore(arrays["ids_young"], arrays["ids_old"])
        self.alerts, self.missed, self.ended, self.busy_s = head["alerts"], head["missed"], head["ended"], head["busy_s"]
        self.silent = head.get("silent", False)
        self.restarts, self.crowd = head["restarts"] + 1, tuple(head["crowd"])
        for name, lag in self.lags.items():
            lag.restore(arrays[f"lag_{name}"])
        if head["shown"] and s.start_us is not None and s.clock is not None:
            self.show = self._open(s.start_us, s.clock)
            self.show.restore(arrays)
        self.rejects.resume(head["rejects"])
        self.outbox.resume(head["out"], head["pending"])
        self.tell(f"going on after line {s.number:,}" + (f" (seq {s.seq})" if s.seq >= 0 else "")
                  + (", the show has ended already" if self.ended else ""))  # fmt: skip
