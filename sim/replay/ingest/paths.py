"""Whether a path names a file that can be read to its end."""

from __future__ import annotations

from pathlib import Path

from scenarios.setting import nearest
from sim.replay.clock import StreamError


def must_be_file(path: Path) -> None:
    """:class:`StreamError`, with the nearest name beside it, where there is no such file, or where it is none."""
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        hint = f"; did you mean {near!r}?" if near else "; check the path"
        raise StreamError(f"there is no file {path}{hint}")
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or a device"
        raise StreamError(f"{path.name} is {what}, not a file; name a file")
