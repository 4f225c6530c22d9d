"""The state file: everything needed to go on, written whole or not at all, and bound to the settings it was made with."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.jobs.durable import write_whole
from sim.jobs.work_folder import differences
from sim.replay.clock import StreamError
from sim.words import _

if TYPE_CHECKING:
    from sim.replay.shadow.loop import Shadow

VERSION = 4
"""2: two gates, one for people and one for machines. 3: what the files held, so that a lost tail is seen. 4: several
lines wait."""
HEAD = "head"
MAGIC = b"PK\x03\x04"
"""What a state begins with (a zip of arrays)."""


class Unusable(StreamError):
    """A state that was one: empty, damaged or another version's."""


def save(path: Path, head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a state: ``head`` is plain data. The old file stands until the new one is whole and on the disk."""
    text = json.dumps({"version": VERSION, **head}, ensure_ascii=True).encode()
    room = io.BytesIO()
    np.savez(room, **{HEAD: np.frombuffer(text, np.uint8)}, **arrays)  # type: ignore[arg-type]
    try:
        write_whole(path, room.getbuffer())
    except OSError as error:
        raise StreamError(
            _("the state cannot be written to {path!r} ({strerror}); choose another state=").format(
                path=str(path), strerror=error.strerror
            )
        ) from None


def head_of(shadow: Shadow, pending: str) -> dict[str, Any]:
    """What a state says in plain data, with the alerts that are about to be written."""
    s = shadow.reader
    return {
        "config": shadow.plan.bound_to, "offset": shadow.source.offset, "crc": shadow.source.crc,
        "out": [shadow.outbox.size, shadow.outbox.crc], "pending": pending, "own": shadow.own,
        "rejects": [shadow.rejects.size, shadow.rejects.crc], "alerts": shadow.alerts, "missed": shadow.missed,
        "silent": shadow.silent, "restarts": shadow.restarts, "ended": shadow.ended, "crowd": shadow.crowd,
        "busy_s": shadow.figures.busy_s,
        "clock": s.clock.kind if s.clock else None, "start_us": s.start_us, "newest": s.newest, "bound": s.bound,
        "offset_us": s.offset_us, "number": s.number, "units": s.units, "crowd_t": s.crowd_t, "seq": s.seq, "told": s.told,
        "level": [[k, v.us, v.stock, v.enrolled, v.total] for k, v in s.level.items()], "counts": s.counts,
        "held": [[one.number, one.line.decode(), one.t] for one in s.held], "shown": shadow.show is not None,
    }  # fmt: skip


def load(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The state in a file; None where there is no file. Raises :class:`Unusable` for what is left of a state, and a plain
    :class:`StreamError` for what never was one."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StreamError(
            _("state={path!r} cannot be read ({strerror}); check the file").format(
                path=str(path), strerror=error.strerror or error
            )
        ) from None
    if not data.startswith((MAGIC[: len(data)], b"\0")):  # zeros: a first page that never reached the disk
        raise StreamError(
            _("state={path!r} is not a state of stockcue shadow; name another, or delete it").format(path=str(path))
        )
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head = json.loads(arrays.pop(HEAD).tobytes())
    except Exception:  # whatever a half-written archive makes its readers say
        raise Unusable(_("state={path!r} is empty or damaged").format(path=str(path))) from None
    if head.get("version") != VERSION:
        raise Unusable(_("state={path!r} was written by another version of StockCue").format(path=str(path)))
    return head, arrays


def set_aside(path: Path) -> None:
    """Move a state that cannot be used out of the way, as ``NAME.damaged``."""
    with suppress(FileNotFoundError):
        if path.stat().st_size:
            os.replace(path, path.with_name(f"{path.name}.damaged"))


def must_agree(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse a state made with other settings, saying which."""
    changes = list(differences(then, json.loads(json.dumps(now))))
    if changes:
        more = _(" and {n} more").format(n=len(changes) - 3) if len(changes) > 3 else ""
        raise StreamError(
            _(
                "state={path!r} was made with other settings: {found}{more}; set them back, or begin anew with "
                "another out= or state="
            ).format(path=str(path), found="; ".join(changes[:3]), more=more)
        )
