"""The ids that came lately, so that what is sent twice counts once, in memory that does not grow with the show."""

from __future__ import annotations

from array import array
from hashlib import blake2b

import numpy as np


class Ids:
    """Remembers at least the last ``most`` keys (and at most twice as many), each as 64 bits of its BLAKE2 sum.

    Two different keys have the same sum with a chance of 2^-64: about 1e-8 for a million keys held against a million more.

    >>> ids = Ids(2)
    >>> [ids.again(key) for key in ("a", "b", "a", "c", "d", "b")]
    [False, False, True, False, False, False]
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.order, self.before = array("Q"), array("Q")
        self.young: set[int] = set()
        self.old: set[int] = set()

    def again(self, key: str) -> bool:
        """Whether ``key`` was here; remembers it."""
        number = int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        if number in self.young or number in self.old:
            return True
        self.young.add(number)
        self.order.append(number)
        if len(self.order) >= self.most:
            self.old, self.before, self.young, self.order = self.young, self.order, set(), array("Q")
        return False

    def state(self) -> tuple[np.ndarray, np.ndarray]:
        """Both generations, the younger first."""
        return np.array(self.order, np.uint64), np.array(self.before, np.uint64)

    def restore(self, young: np.ndarray, old: np.ndarray) -> None:
        """Go on from :meth:`state`."""
        self.order, self.before = array("Q", young.tobytes()), array("Q", old.tobytes())
        self.young, self.old = set(self.order), set(self.before)
