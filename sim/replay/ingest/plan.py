"""The run of show: cues of a canonical stream as the replay uses them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from scenarios.contract import Cue
from scenarios.kernels import KERNELS
from sim.core.units import US
from sim.replay.clock import StreamError
from sim.replay.ingest.cue_label import parsed
from sim.words import N_, _

OUTSIDE, OTHERS = N_("outside the recording"), N_("about other SKUs")
"""Why cues are set aside."""
MOST_TAU = 10.0
"""A response is followed this many time scales at most."""


def cues(part: Any, names: list[str], span: tuple[int, int], whole: tuple[int, int], speedup: float) -> tuple[Cue, ...]:
    """Cues inside ``span`` [us] about SKUs among ``names``; the others are set aside on ``part``.

    A sheet of which not one cue lies inside the ``whole`` recording is on another clock or about another show: refused.
    """
    sheet: pd.DataFrame = part.cues
    if sheet.empty:
        return ()
    if not sheet["at"].between(whole[0], whole[1]).any():
        where, clock = ", ".join(sheet["file"].unique()), part.head.own_clock
        raise StreamError(
            _(
                "not one of the {n} cues of {where} lies inside the recording ({whole} to {whole_whole}); "
                "check the sheet, or zone="
            ).format(n=len(sheet), where=where, whole=clock.text(whole[0]), whole_whole=clock.text(whole[1]))
        )
    inside = (sheet["at"] >= span[0]) & (sheet["at"] < span[1])
    part.note(sheet[~inside], OUTSIDE)
    part.cues = sheet = sheet[inside]
    about = [_about(sku, label, names) for sku, label in zip(sheet["sku"], sheet["label"], strict=True)]
    known = pd.Series([a is not None for a in about], sheet.index, dtype=bool)
    part.note(sheet[~known], OTHERS)
    part.cues = sheet[known]
    rows = zip(sheet["at"], about, sheet["label"], sheet["value"], strict=True)
    return tuple(_cue((at - span[0]) / US / speedup, sku, label, length, speedup) for at, sku, label, length in rows if sku)


def _cue(at_s: float, sku: str, label: str, length_s: float, speedup: float) -> Cue:
    """A cue of the sheet. Its planned length [recorded s] ends the response to it; beyond MOST_TAU time scales nothing is left of
    one."""
    kind, _name, own = parsed(label)
    if "tau_s" in own:
        own["tau_s"] = max(own["tau_s"] / speedup, 0.1)
    cue = Cue(at_s, sku, kind, **own)
    if not length_s > 0:
        return cue
    whole = cue.kernel()
    return replace(cue, duration_s=min(max(length_s / speedup, 0.1), max(whole.duration_s, MOST_TAU * whole.tau_s)))


def opening(part: Any, names: list[str], first: int) -> int:
    """When the show begins [us]: with the first cue whose response still goes on at the ``first`` row of the recording."""
    sheet: pd.DataFrame = part.cues
    early = sheet[sheet["at"] < first]
    which = [
        int(at)
        for at, sku, label in zip(early["at"], early["sku"], early["label"], strict=True)
        if _about(sku, label, names) and at + KERNELS[parsed(label).kind].duration_s * US >= first
    ]
    return min([first, *which])


def _about(sku: str, label: str, names: list[str]) -> str | None:
    """The SKU a cue is about: the one it names; else the only one there is; else the one its words are the name of."""
    if sku:
        return sku if sku in names else None
    name = parsed(label).name
    return names[0] if len(names) == 1 else name if name in names else None
