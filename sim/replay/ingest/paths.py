"""Whether a path names a file that can be read to its end."""

from __future__ import annotations

import difflib
from pathlib import Path

from sim.replay.clock import StreamError


def must_be_file(path: Path) -> None:
    """:class:`StreamError`, with the nearest name beside it, where there is no such file, or where it is none."""
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "; check the path"
        raise StreamError(f"there is no file {path}{hint}")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or a device"
        raise StreamError(f"{path.name} is {what}, not a file; name a file")
