"""What a study has played, by name, in the folder where it keeps what it has: the same command goes on from there."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

WORTH = "*.cached"
"""Pattern of the files that hold something."""


class Cache:
    """Arrays by name, which must say all that an array follows from. A file is a checksum and a NumPy file; one that is damaged
    is made again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob(WORTH))

    def __call__(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array called ``name``, made where it is not there yet."""
        path = self.folder / f"{name}.cached"
        content = path.read_bytes() if path.exists() else b""
        if content and content[:32] == _seal(name, content[32:]):
            return np.asarray(np.load(io.BytesIO(content[32:])))
        value = make()
        file = io.BytesIO()
        np.save(file, value)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(_seal(name, file.getvalue()) + file.getvalue())
        os.replace(unfinished, path)
        return value


def _seal(name: str, content: bytes) -> bytes:
    """Checksum over what is kept and its name."""
    return hashlib.sha256(name.encode() + content).digest()
