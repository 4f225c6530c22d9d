"""Folders whose content is run as code (machine code, copies of strategies): made for this user alone, or not used."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def private_folder(folder: Path) -> bool:
    """Make ``folder`` (0700) and say whether it may be trusted: it is a real folder of this user's that nobody else may write,
    and so is everything the tool made above it, up to the folder it was made in."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    return is_private(folder)


def is_private(folder: Path) -> bool:
    """Whether ``folder`` is a real folder that this user owns and no other may write, or put another in the place of."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):  # Windows: folders of a user's profile are his own
        return True
    own = status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    place = folder.parent.resolve()
    return own and all(_keeps(above) for above in (place, *place.parents) if above != above.parent)


def _keeps(above: Path) -> bool:
    """Whether only this user and root can rename what lies in a folder: where all may write, its sticky bit keeps it."""
    status = above.stat()
    return status.st_uid in (0, os.geteuid()) and bool(status.st_mode & stat.S_ISVTX or not status.st_mode & stat.S_IWOTH)
