"""Pictures: into files, and as a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.jobs.durable import write_whole
from sim.report.figures.style import png

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> None:
    """Write a picture as PNG."""
    path.write_bytes(png(figure))


@dataclass(frozen=True)
class Picture:
    """A picture of a result. A notebook shows it by itself.

    name: as its file is called, without ``.png``. png: its content. figure: the Matplotlib figure, None where it was read.
    """

    name: str
    png: bytes = field(repr=False)
    figure: Any = field(default=None, repr=False, compare=False)

    def _repr_png_(self) -> bytes:
        return self.png

    def save(self, path: str | Path) -> Path:
        """Write the picture (PNG). path: file name. Returns it. Raises OSError where it cannot be written."""
        write_whole(Path(path), self.png)
        return Path(path)
