"""Columns of figures inside a page: binary, compressed, unpacked by ``js/columns.js`` when they are looked at."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.report.pages.kit import spelt

LEVEL = 6
"""Of compression: the highest takes nine times as long for a hundredth less."""
Column = np.ndarray | Sequence[str] | float | str | None


def packed(columns: Mapping[str, Any]) -> str:
    """Base64 of a gzip stream: length of the directory [uint32], the directory (JSON), then the columns, each 8-byte aligned.

    Arrays of whole numbers travel as differences in 4 bytes where they fit, other numbers as float64, everything else
    (names, single
    values) in the directory. Same columns, same text.
    """
    directory: dict[str, Any] = {"arrays": [], "values": {}}
    body = b""
    for name, value in columns.items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
            kind, raw = _encoded(value)
            directory["arrays"].append([name, kind, len(value), len(body)])
            body += raw + bytes(-len(raw) % 8)
        else:
            directory["values"][name] = spelt(value)
    head = json.dumps(directory, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    head += b" " * (-(len(head) + 4) % 8)
    return base64.b64encode(gzip.compress(len(head).to_bytes(4, "little") + head + body, LEVEL, mtime=0)).decode()


def _encoded(value: np.ndarray) -> tuple[str, bytes]:
    """Kind of a column and its bytes: ``d4`` differences of whole numbers, ``f8`` as they are."""
    whole = np.ascontiguousarray(value, np.float64)
    if len(whole) and np.all(np.isfinite(whole)) and np.all(whole == np.rint(whole)) and np.abs(whole).max() < 2**30:
        steps = np.diff(whole.astype(np.int64), prepend=0)
        return "d4", steps.astype("<i4").tobytes()
    return "f8", whole.astype("<f8").tobytes()
