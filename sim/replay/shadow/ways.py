"""Where the lines, alerts and figures of a live show go, and the figures in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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


def sentence(m: Mapping[str, Any]) -> str:
    """The metrics in one line."""
    lag, lines = m["lag_s"], m["lines"]
    odd = ", ".join(f"{lines[k]:,} {k}" for k in ("rejected", "duplicate", "behind", "resent", "held") if lines[k])
    own = lag["done"]
    return (f"{lines['read']:,} lines ({lines['used']:,} used{', ' + odd if odd else ''}), {m['late']:,} late, "
            f"{m['repaired']:,} repaired, {m['from_future']:,} from the future, "
            f"{m['readings']:,} readings, {m['alerts']:,} alerts; lines per busy second {m['lines_per_busy_s']:,.0f}; "
            f"read to done p50 {own['p50'] * 1e3:.1f} ms, p95 {own['p95'] * 1e3:.1f}, max {own['max'] * 1e3:.1f}")  # fmt: skip
