"""The figures of one chunk as bytes: compressed and sealed by who played it, so that who keeps it has next to nothing to do."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np

MARK = b"stockcue part 2\n"
SEAL = 32
"""Bytes of a SHA-256."""


class Damaged(ValueError):
    """A part that is not what was written; it is played again."""


def packed(digest: str, chunk: Any, values: np.ndarray) -> bytes:
    """A part. digest: of the sweep it belongs to. values: float64 [run, metric]. Candidates that played alike have equal rows:
    each is told once (which one a run has, int32 [run]), metric by metric, in which figures repeat."""
    rows = np.ascontiguousarray(values, np.float64)
    known: dict[bytes, int] = {}
    which = np.array([known.setdefault(row.tobytes(), len(known)) for row in rows], "<i4")
    told = np.frombuffer(b"".join(known), np.float64).reshape(-1, rows.shape[1])
    content = zlib.compress(which.tobytes() + np.ascontiguousarray(told.T).tobytes(), 1)
    return MARK + _seal(digest, chunk, content) + content


def unpacked(digest: str, chunk: Any, part: bytes, metrics: int) -> np.ndarray:
    """The figures of a part, float64 [metric, run]; :class:`Damaged` where it was cut short, changed, or is another's."""
    content = memoryview(part)[len(MARK) + SEAL :]
    known = MARK + _seal(digest, chunk, content)
    if part[: len(known)] != known:
        raise Damaged
    plain = zlib.decompress(content)
    which = np.frombuffer(plain, "<i4", chunk.runs)
    told = np.frombuffer(plain, np.float64, offset=which.nbytes)
    return told.reshape(metrics, -1).take(which, axis=1)


def _seal(digest: str, chunk: Any, content: bytes | memoryview) -> bytes:
    """Checksum over the figures as they are packed, the chunk they are of, and the sweep they belong to."""
    hasher = hashlib.sha256(f"{digest} {chunk}\n".encode())
    hasher.update(content)
    return hasher.digest()
