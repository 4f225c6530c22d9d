"""Whether a path names a file that can be read to its end."""

from __future__ import annotations

import os
from pathlib import Path

from sim.replay.clock import StreamError
from sim.words import _, nearest, no_such


def called(path: Path) -> str:
    """A file's name as text: one that is not in the machine's own encoding is tried as GBK, as Chinese Windows writes it.

    >>> called(Path(os.fsdecode("周五.csv".encode("gbk")))), called(Path("周五.csv"))
    ('周五.csv', '周五.csv')
    """
    try:
        return path.name if path.name.encode() else ""
    except UnicodeEncodeError:
        raw = os.fsencode(path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gbk", "replace")


def must_be_file(path: Path) -> None:
    """:class:`StreamError`, with the nearest name beside it, where there is no such file, or where it is none."""
    if not path.exists():
        beside = [called(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
        name = str(path.parent / called(path)).encode("utf-8", "replace").decode()
        near = nearest(called(path), beside)
        hint = _("; did you mean {word!r}?").format(word=near) if near else _("; check the path")
        raise StreamError(no_such("file", name, [], otherwise=hint))
    if not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or a device"
        raise StreamError(_("{called} is {what}, not a file; name a file").format(called=called(path), what=what))
