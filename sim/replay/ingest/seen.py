"""Which keys were there already, for ten million of them: 64-bit hashes in sorted runs, merged as they grow.

Two different keys among n fall on one hash with probability n²/2⁶⁵: 3 in a million for ten million keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def hashed(texts: pa.Array) -> np.ndarray:
    """A 64-bit hash of each text. Equal texts, equal hashes, whatever stands beside them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pandas.util import hash_array

    # A number without a leading zero is its own hash, spread out: most order ids are numbers, and text is slow to hash.
    sized = pc.less_equal(pc.binary_length(texts), 18)
    digits = pc.and_(pc.and_(pc.ascii_is_decimal(texts), sized), pc.invert(pc.starts_with(texts, "0")))
    numeric = digits.to_numpy(zero_copy_only=False)
    out = np.zeros(len(texts), np.uint64)
    if numeric.any():
        out[numeric] = pc.cast(texts.filter(digits), pa.int64()).to_numpy().astype(np.uint64)
        out = mixed(out)
    if not numeric.all():
        words = texts.filter(pc.invert(digits)).to_numpy(zero_copy_only=False)
        out[~numeric] = hash_array(words, categorize=False)
    return out


def mixed(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Two 64-bit numbers as one, well spread (the finaliser of SplitMix64).

    >>> len(set(mixed(np.arange(1000, dtype=np.uint64)).tolist()))
    1000
    """
    with np.errstate(over="ignore"):
        x = a * np.uint64(0x9E3779B97F4A7C15)
        if b is not None:
            x ^= (b + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


class Seen:
    """Keys met so far, and where each was met first.

    >>> seen = Seen()
    >>> seen.first(np.array([5, 6, 5], np.uint64), np.array([2, 3, 4])).tolist()
    [-1, -1, 2]
    >>> seen.first(np.array([7, 6], np.uint64), np.array([8, 9])).tolist()
    [-1, 3]
    """

    def __init__(self) -> None:
        self.runs: list[tuple[np.ndarray, np.ndarray]] = []

    def first(self, keys: np.ndarray, places: np.ndarray) -> np.ndarray:
        """For each key the place it was met before, or -1; the new ones are remembered."""
        out = np.full(len(keys), -1, np.int64)
        if not len(keys):
            return out
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        head = np.ones(len(keys), bool)
        head[1:] = ordered[1:] != ordered[:-1]
        start = np.flatnonzero(head)[np.cumsum(head) - 1]
        earlier = np.where(head, -1, places[order][start])
        for known, where in self.runs:
            at = np.minimum(np.searchsorted(known, ordered), len(known) - 1)
            hit = known[at] == ordered
            earlier[hit] = where[at[hit]]
        out[order] = earlier
        new = earlier < 0
        self._add(ordered[new], places[order][new])
        return out

    def _add(self, keys: np.ndarray, places: np.ndarray) -> None:
        """Keep runs few: one not much longer than the new one is merged with it."""
        if not len(keys):
            return
        while self.runs and len(self.runs[-1][0]) < 2 * len(keys):
            known, where = self.runs.pop()
            keys, places = np.concatenate([known, keys]), np.concatenate([where, places])
            order = np.argsort(keys, kind="stable")
            keys, places = keys[order], places[order]
        self.runs.append((keys, places))
