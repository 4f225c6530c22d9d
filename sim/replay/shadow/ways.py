"""Where the lines, alerts and figures of a live show go, and the figures in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.words import N_, _

LEVELS = ("warning", "info", "debug")
"""What is said to people: what went wrong; reports, beginnings and ends too; every saving and sending too."""


@dataclass(frozen=True)
class Ways:
    """Where things go and when. Files: None where there is none. ``resend``: what the input holds after a restart."""

    source: str = "-"
    out: Path | None = None
    state: Path | None = None
    rejects: Path | None = None
    metrics: Path | None = None
    follow: bool = True
    wall: bool = False
    resend: str = "start"
    idle_s: float = 0.0
    save_events: int = 20_000
    save_s: float = 5.0
    report_s: float = 60.0
    silent_s: float = 60.0
    port: int = 0
    log: str = "info"


ODD = (N_("rejected"), N_("duplicate"), N_("behind"), N_("resent"), N_("held"))
"""What else may become of a line."""


def sentence(m: Mapping[str, Any]) -> str:
    """The metrics in one line."""
    lag, lines = m["lag_s"], m["lines"]
    odd = {k: lines[k] for k in ODD if lines[k]}
    read = _("{read:,} lines ({used:,} used{odd})").format(
        read=lines["read"], used=lines["used"], odd="".join(f", {n:,} {_(k)}" for k, n in odd.items())
    )
    text = _(
        "{lines}, {late:,} late, {repaired:,} repaired, {future:,} from the future, {readings:,} readings, {alerts:,} "
        "alerts; lines per busy second {pace:,.0f}; read to done p50 {p50:.1f} ms, p95 {p95:.1f}, max {max:.1f}"
    )
    done = {k: 1e3 * lag["done"][k] for k in ("p50", "p95", "max")}
    return text.format(
        lines=read,
        late=m["late"],
        repaired=m["repaired"],
        future=m["from_future"],
        readings=m["readings"],
        alerts=m["alerts"],
        pace=m["lines_per_busy_s"],
        **done,
    )
