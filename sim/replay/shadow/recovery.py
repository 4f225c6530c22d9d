"""What a start finds: a state to go on from, nothing yet, or files that a power cut or a person left apart.

A feed that is kept (a file, read from its start, with times of its own) makes everything again: the same lines, the same alerts.
So where the state is gone or does not fit, the feed is gone over once more and compared with what ``out`` and ``rejects`` have;
nothing is touched before they agree. Where no feed is kept, the sentence says what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from sim.jobs.locks import Busy, alone
from sim.replay.clock import StreamError
from sim.replay.shadow.outbox import Growing, Outbox, RejectedLines
from sim.replay.shadow.state import Unusable, load, must_agree
from sim.replay.shadow.ways import Ways
from sim.words import _


class Start(NamedTuple):
    """``state``: head and arrays, or None; ``why``: why everything is made again, or ""; ``broken``: there is a state that cannot
    be read; ``own``: alerts about the feed itself that are known, by number (no feed makes them again)."""

    state: tuple[dict[str, Any], dict[str, np.ndarray]] | None
    why: str
    broken: bool
    own: dict[int, str]


def start(ways: Ways, bound_to: Mapping[str, Any], outbox: Outbox, rejects: RejectedLines) -> Start:
    """Look at what is there; raises one sentence where it does not fit and cannot be made again."""
    own: dict[int, str] = {}
    try:
        state = load(ways.state) if ways.state else None
        why, broken = "", False
    except Unusable as unusable:
        state, why, broken = None, str(unusable), True
    if state:
        must_agree(ways.state, state[0]["config"], bound_to)  # type: ignore[arg-type]
        own, why = {int(n): text for n, text in state[0]["own"].items()}, misfit(ways, state[0], outbox, rejects)
        state = None if why else state
    elif not why:
        left = next((f for f in (outbox, rejects) if f.there), None)
        stray = _("{name}={path!r} has lines in it and no state beside it says how they came about")
        why = stray.format(name=left.name, path=str(left.path)) if left else ""
    if why:
        must_be_kept(ways, why)
    return Start(state, why, broken, own)


def misfit(ways: Ways, head: Mapping[str, Any], *files: Growing) -> str:
    """How the files differ from what the state knows of them; "" where they do not."""
    for file, (size, crc) in zip(files, (head["out"], head["rejects"]), strict=True):
        if not file.fits(size, crc):
            return _("{name}={path!r} is not as the state left it (it has {there:,} bytes, the state knows of {size:,})").format(
                name=file.name, path=str(file.path), there=file.there, size=size)  # fmt: skip
    out, due = files[0], head["out"][0] + len(head["pending"].encode())
    if out.path is not None and out.there > due and (ways.wall or ways.resend == "new"):
        return _("out={path!r} has more alerts than the state knows of").format(path=str(out.path))
    return ""


def must_be_kept(ways: Ways, why: str) -> None:
    """Raise a sentence unless the feed can be gone over again."""
    if ways.wall:
        raise StreamError(_("{why}, and with clock=wall a feed does not make the same alerts twice; choose another out= or "
                            "state=, or move these away").format(why=why))  # fmt: skip
    if ways.source == "-" or ways.resend != "start":
        raise StreamError(_("{why}, and this input is not the kept feed; give the feed from its start as input=FILE and they "
                            "are made again from it, or choose another out= or state=").format(why=why))  # fmt: skip


def lock_names(ways: Ways) -> ExitStack:
    """Hold the names of files that are replaced as a whole, until the stack is closed."""
    held = ExitStack()
    for name, path in (("state", ways.state), ("metrics", ways.metrics)):
        if path is None:
            continue
        real = path.resolve()
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(real.with_name(f".{real.name}.lock")))
        except Busy as who:
            held.close()
            busy = _("{who} is writing {path!r}; stop it, or choose another {name}=")
            raise StreamError(busy.format(who=who, path=str(path), name=name)) from None
        except OSError as error:
            held.close()
            cannot = _("{name}={path!r} cannot be written ({why}); choose another {name}=")
            raise StreamError(cannot.format(name=name, path=str(path), why=error.strerror)) from None
    return held


def own_alert(text: bytes, n: int) -> bool:
    """Whether a line is an alert about the feed itself, with number ``n``."""
    try:
        record = json.loads(text)
    except ValueError:
        return False
    return type(record) is dict and record.get("n") == n and record.get("strategy") == "feed"


def settle(ways: Ways, outbox: Outbox, rejects: RejectedLines, n: int) -> None:
    """The feed has been gone over: whatever the files have beyond it came from elsewhere, and is refused. ``n``: the number the
    next alert will have. A torn alert about the feed itself was never sent, and goes."""
    torn = outbox.next_line()
    if outbox.behind() and b"\n" not in torn:
        head = f'{{"n": {n}, "strategy": "feed"'.encode()
        if torn.startswith(head) or head.startswith(torn):
            outbox.cut(outbox.size)
    for file in (outbox, rejects):
        if file.behind():
            raise StreamError(_("{name}={path!r} holds more than {feed!r} makes, from byte {n:,} on; give the whole feed it came "
                                "from, or choose another {name}=").format(
                                    name=file.name, path=str(file.path), feed=ways.source, n=file.size))  # fmt: skip
