"""What a study has played, by name, in the folder where it keeps what it has: the same command goes on from there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

WORTH = "*.npz"
"""Pattern of the files that hold something."""


class Kept:
    """Arrays by name. A file that is damaged is made again: it carries a checksum of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob(WORTH))

    def __call__(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array called ``name``, made where it is not there yet."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path) as file:
                return np.asarray(file["rows"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            pass
        rows = make()
        # Not called .npz before it is whole.
        unfinished = path.with_suffix(".tmp")
        with unfinished.open("wb") as file:
            np.savez(file, rows=rows)
        os.replace(unfinished, path)
        return rows
