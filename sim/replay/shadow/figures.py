"""The figures of a live show: what became of its lines, what it took, and the file that says so."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.units import US
from sim.jobs.durable import write_whole
from sim.replay.clock import StreamError
from sim.replay.shadow.batch import COUNTS, Batch
from sim.replay.shadow.lag import Lag
from sim.replay.shadow.show import GateDecision
from sim.words import _

if TYPE_CHECKING:
    from sim.replay.shadow.loop import Shadow

LAGS = ("seen", "read", "done", "alert", "said")
"""What is timed: happened to seen (the feed's own word) and seen to read, of lines; read to done, of lines; the moment a
reading arrived to its alert written, and read to alert written, of alerts."""


class Figures:
    """What is measured beside the counts of the lines."""

    def __init__(self) -> None:
        self.lags = {name: Lag() for name in LAGS}
        self.busy_s = 0.0

    def note(self, shadow: Shadow, batch: Batch, wall_us: int, lines: int, at: float, words: list[GateDecision]) -> None:
        """Measure what these lines took, now that it is done."""
        spent, now_us, reader = time.monotonic() - at, int(shadow.now() * US), shadow.reader
        self.busy_s += spent
        self.lags["seen"].add(np.array(batch.waited) / US)
        if reader.clock is not None and reader.clock.family == "absolute":
            self.lags["read"].add((wall_us - np.array(batch.known)) / US)
            moments = [(reader.start_us or 0) + int(s.t * shadow.plan.rules.speedup) for s in words]
            self.lags["alert"].add((now_us - np.array(moments)) / US)
        if lines:
            self.lags["done"].several(spent, lines)
        if words:
            self.lags["said"].several(spent, len(words))

    def state(self) -> dict[str, np.ndarray]:
        """For the state file."""
        return {f"lag_{name}": lag.state() for name, lag in self.lags.items()}

    def restore(self, arrays: dict[str, np.ndarray], busy_s: float) -> None:
        """Go on from :meth:`state`."""
        self.busy_s = busy_s
        for name, lag in self.lags.items():
            lag.restore(arrays[f"lag_{name}"])

    def metrics(self, shadow: Shadow) -> dict[str, Any]:
        """Counts, lags [s] and rates as plain data; every line read is in exactly one of ``lines``."""
        reader, show = shadow.reader, shadow.show
        counts = reader.counts
        lines = {name: counts[name] for name in COUNTS} | {"held": len(reader.held)}
        busy = max(self.busy_s, 1e-9)
        return {
            "lines": lines | {"read": reader.number, "unfinished_bytes": shadow.source.unfinished()},
            "kinds": {k.removeprefix("kind_"): n for k, n in sorted(counts.items()) if k.startswith("kind_")},
            "late": counts["late"],
            "repaired": counts["repaired"],
            "from_future": counts["from_future"],
            "below_zero": counts["below_zero"],
            "silent": shadow.silent,
            "out_of_order": counts["out_of_order"],
            "readings": show.taken - shadow.missed if show else 0,
            "missed_readings": shadow.missed,
            "unreadable_seen": counts["unreadable_seen"],
            "alerts": shadow.alerts,
            "ended": shadow.ended,
            "restarts": shadow.restarts,
            "items": show.items() if show else {},
            "show_s": max(0, reader.newest) / US,
            "busy_s": self.busy_s,
            "lines_per_busy_s": sum(lines.values()) / busy,
            "lag_s": {name: lag.summary() for name, lag in self.lags.items()},
            "health": self.health(shadow),
        }

    def health(self, shadow: Shadow) -> dict[str, Any]:
        """When this was said (this machine's clock), how long ago a line came and the state was saved [s], and whether all is
        well: stock is seen, or the show is over; ``trouble``: why it is not; ``moved_s``: how long ago a line was used, the
        feed's time went on, a level came, and anything but ticks [s]. A file older than two reports says that nobody is there."""
        at = datetime.fromtimestamp(shadow.now(), shadow.plan.rules.zone or UTC).isoformat(timespec="seconds")
        quiet, saved = time.monotonic() - shadow.heard, time.monotonic() - shadow.saved
        return {"at": at, "quiet_s": round(quiet, 1), "state_age_s": round(saved, 1), "well": shadow.ended or not shadow.silent,
                "trouble": shadow.trouble, "moved_s": shadow.watch.quiet_s(time.monotonic())}  # fmt: skip


def write(path: Path | None, metrics: dict[str, Any]) -> None:
    """The metrics as a file, whole at any moment."""
    if path is None:
        return
    try:
        write_whole(path, (json.dumps(metrics, indent=1) + "\n").encode())
    except OSError as error:
        raise StreamError(
            _("metrics={path!r} cannot be written ({strerror}); choose another metrics=").format(
                path=str(path), strerror=error.strerror
            )
        ) from None
