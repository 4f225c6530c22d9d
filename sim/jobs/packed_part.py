"""The figures of one chunk as bytes: compressed and sealed by who played it, so that who keeps it has next to nothing to do."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np

MARK = b"stockcue part 1\n"
SEAL = 32
"""Bytes of a SHA-256."""


class Damaged(ValueError):
    """A part that is not what was written; it is played again."""


def packed(digest: str, chunk: Any, values: np.ndarray) -> bytes:
    """A part. digest: of the sweep it belongs to. values: float64 [run, metric]. Metric by metric, in which figures repeat."""
    columns = np.ascontiguousarray(values.T, np.float64).tobytes()
    return MARK + _seal(digest, chunk, columns) + zlib.compress(columns, 1)


def unpacked(digest: str, chunk: Any, content: bytes, metrics: int) -> np.ndarray:
    """The figures of a part, float64 [metric, run]; :class:`Damaged` where it was cut short, changed, or is another's."""
    try:
        columns = zlib.decompress(content[len(MARK) + SEAL :])
    except zlib.error as error:
        raise Damaged(str(error)) from None
    known = MARK + _seal(digest, chunk, columns)
    if content[: len(known)] != known or len(columns) != 8 * metrics * chunk.runs:
        raise Damaged
    return np.frombuffer(columns, np.float64).reshape(metrics, chunk.runs)


def _seal(digest: str, chunk: Any, columns: bytes) -> bytes:
    """Checksum over the figures, the chunk they are of, and the sweep they belong to."""
    hasher = hashlib.sha256(f"{digest} {chunk}\n".encode())
    hasher.update(columns)
    return hasher.digest()
