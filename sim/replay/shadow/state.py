"""The state file: everything needed to go on, written whole or not at all, and bound to the settings it was made with."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim.replay.clock import StreamError

VERSION = 2
"""2: two gates, one for people and one for machines."""
HEAD = "head"


def save(path: Path, head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a state: ``head`` is plain data. The old file stands until the new one is whole.

    It outlives the process (``kill -9``), which is what it is for; it is not flushed to the disk each time, so a power cut
    may cost it.
    """
    text = json.dumps({"version": VERSION, **head}, ensure_ascii=True).encode()
    room = io.BytesIO()
    np.savez(room, **{HEAD: np.frombuffer(text, np.uint8)}, **arrays)  # type: ignore[arg-type]
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(room.getbuffer())
        os.replace(beside, path)
    except OSError as error:
        raise StreamError(f"the state cannot be written to {str(path)!r} ({error.strerror}); choose another state=") from None


def load(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The state in a file; None where there is no file."""
    try:
        with np.load(path, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        head = json.loads(arrays.pop(HEAD).tobytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StreamError(f"state={str(path)!r} cannot be read ({error.strerror or error}); check the file") from None
    except (ValueError, KeyError, zipfile.BadZipFile):
        raise StreamError(f"state={str(path)!r} is not a state of stockcue shadow; name another, or delete it") from None
    if head.get("version") != VERSION:
        raise StreamError(f"state={str(path)!r} was written by another version of StockCue; finish with that one, or delete it")
    return head, arrays


def differences(then: Any, now: Any, where: str = "") -> list[str]:
    """What differs between two configurations of plain data, a phrase each.

    >>> differences({"gate": {"n": 1.0}, "zone": ""}, {"gate": {"n": 2.0}, "zone": ""})
    ['gate.n was 1.0 and is now 2.0']
    """
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        keys = dict.fromkeys([*then, *now])
        return [d for k in keys for d in differences(then.get(k), now.get(k), f"{where}.{k}" if where else str(k))]
    return [] if then == now else [f"{where} was {_shown(then)} and is now {_shown(now)}"]


def _shown(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) < 60 else text[:57] + "..."


def must_agree(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse a state made with other settings, saying which."""
    found = differences(then, json.loads(json.dumps(now)))
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise StreamError(f"state={str(path)!r} was made with other settings: {'; '.join(found[:3])}{more}; "
                          "set them back, or begin anew with another out= or state=")  # fmt: skip
