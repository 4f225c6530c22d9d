"""Which program made a result: a checksum of the sources that figures depend on."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

SOURCES = (
    "sim/core",
    "sim/demand",
    "sim/engine",
    "sim/score",
    "sim/jobs/evaluate.py",
    "sim/jobs/trials.py",
    "strategies",
    "scenarios",
)


@cache
def program() -> str:
    """Sixteen hex digits: equal where the sources of engine, score, strategies and scenarios are."""
    base, made = Path(__file__).resolve().parents[2], hashlib.sha256()
    for source in SOURCES:
        for path in sorted((base / source).rglob("*.py")) or [base / source]:
            made.update(path.relative_to(base).as_posix().encode() + path.read_bytes())
    return made.hexdigest()[:16]
