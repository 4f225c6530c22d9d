"""What a cue sheet says of one cue beside its time and item: kind, its own response, the sheet's words for it.

In the canonical stream it is one text, the column ``label``: ``deal/双11 福利``, or ``deal peak=15 tau_s=8/双11 福利`` where the
sheet gives the cue a response of its own.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from scenarios.contract import Cue
from scenarios.kernels import KERNEL_SHAPES
from sim.replay.ingest.values import Number, read_number, read_span
from sim.words import did_you_mean

OWN = ("peak", "tau_s", "shape")
"""What a sheet may say of a cue's response; its length is a column of its own."""
BOUNDS = {f.name: (f.metadata["low"], f.metadata["high"]) for f in fields(Cue) if f.name in OWN}
TIMES = ("倍", "x", "×")
"""What may stand behind a multiple."""


class CueLabel(NamedTuple):
    """One cue. own: its values of OWN, those the sheet gives."""

    kind: str
    name: str
    own: dict[str, Any]


def written(kind: str, name: str, own: dict[str, Any]) -> str:
    """A cue as one text.

    >>> written("deal", "mask", {}), written("deal", "a/b", {"peak": 15.0, "shape": "block"})
    ('deal/mask', 'deal peak=15.0 shape=block/a/b')
    """
    return "/".join([" ".join([kind, *(f"{key}={value}" for key, value in own.items())]), name])


def parsed(label: str) -> CueLabel:
    """The cue that a text tells.

    >>> parsed("deal peak=15.0 shape=block/a/b")
    CueLabel(kind='deal', name='a/b', own={'peak': 15.0, 'shape': 'block'})
    """
    head, _slash, name = label.partition("/")
    kind, *rest = head.split(" ")
    own = dict(word.split("=", 1) for word in rest)
    return CueLabel(kind, name, {key: value if key == "shape" else float(value) for key, value in own.items()})


def decimal(value: float) -> str:
    """A number as sheets write it, without an exponent.

    >>> decimal(15.0), decimal(1e-05)
    ('15', '0.00001')
    """
    return np.format_float_positional(value, trim="-")


def read_peak(text: str) -> Number | str | None:
    """The height of a response over ordinary demand; None: the kind's own.

    >>> read_peak("15").value, read_peak("2.5倍").value, read_peak(""), read_peak("0")
    (15.0, 2.5, None, 'peak 0 is not positive')
    >>> read_peak("inf"), read_peak("20000")
    ("peak 'inf' is not a number", 'peak 20000 is more than 10,000')
    """
    if not text:
        return None
    bare = next((text[: -len(t)] for t in TIMES if text.lower().endswith(t)), text).rstrip()
    value, most = read_number(bare), BOUNDS["peak"][1]
    if value is None:
        return f"peak {text[:60]!r} is not a number"
    if value.value <= 0:
        return f"peak {value.value:g} is not positive"
    return value if value.value <= most else f"peak {text[:60]} is more than {most:,.0f}"


def read_tau(text: str) -> Number | str | None:
    """The time scale of a response [s]; None: the kind's own.

    >>> read_tau("8").value, read_tau("1分").value, read_tau("0")
    (8.0, 60.0, "tau_s '0' is not a span of time from 0.1 s to 7,200 s")
    """
    if not text:
        return None
    value, (least, most) = read_span(text), BOUNDS["tau_s"]
    if value is None or not least <= value.value <= most:
        return f"tau_s {text[:60]!r} is not a span of time from {least:g} s to {most:,.0f} s"
    return value


def read_shape(text: str) -> str | None:
    """Why a word is no shape of a response; None where it is one, or empty.

    >>> read_shape("Block"), read_shape("blok")
    (None, "there is no shape 'blok'; did you mean 'block'?")
    """
    known = not text or text.lower() in KERNEL_SHAPES
    return None if known else f"there is no shape {text[:60]!r}{did_you_mean(text[:60], KERNEL_SHAPES)}"
