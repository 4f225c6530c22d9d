"""The run of show: cues of a canonical stream as the replay uses them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scenarios.contract import Cue
from sim.core.units import US
from sim.replay.clock import StreamError


def cues(part: Any, names: list[str], span: tuple[int, int], whole: tuple[int, int], speedup: float) -> tuple[Cue, ...]:
    """Cues inside ``span`` [us] about SKUs among ``names``; the others are set aside on ``part``.

    A sheet of which not one cue lies inside the ``whole`` recording is on another clock or about another show: refused.
    """
    sheet: pd.DataFrame = part.cues
    if sheet.empty:
        return ()
    if not sheet["at"].between(whole[0], whole[1]).any():
        where, clock = ", ".join(sheet["file"].unique()), part.head.own_clock
        raise StreamError(f"not one of the {len(sheet)} cues of {where} lies inside the recording ({clock.text(whole[0])} to "
                          f"{clock.text(whole[1])}); check the sheet, or zone=")  # fmt: skip
    inside = (sheet["at"] >= span[0]) & (sheet["at"] < span[1])
    part.note(sheet[~inside], "outside the recording")
    part.cues = sheet = sheet[inside]
    about = [_about(sku, label, names) for sku, label in zip(sheet["sku"], sheet["label"], strict=True)]
    known = pd.Series([a is not None for a in about], sheet.index, dtype=bool)
    part.note(sheet[~known], "about other SKUs")
    part.cues = sheet[known]
    rows = zip(sheet["at"], about, sheet["label"], strict=True)
    return tuple(Cue(at_s=(at - span[0]) / US / speedup, sku=sku, kind=label.partition("/")[0]) for at, sku, label in rows if sku)


def _about(sku: str, label: str, names: list[str]) -> str | None:
    """The SKU a cue is about: the one it names; else the only one there is; else the one its words are the name of."""
    if sku:
        return sku if sku in names else None
    name = label.partition("/")[2]
    return names[0] if len(names) == 1 else name if name in names else None
