"""Single nights of earlier calibrations, from the file that carries them, and the table of what nights say of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.calibrate.night_prior import LEVEL_SD, NightForecast, Quantity
from sim.calibrate.night_prior import from_plain as earlier_nights
from sim.core.export import write_csv
from sim.demand.audience import grown
from sim.replay.taught import Taught
from sim.setup.settings import SettingError
from sim.setup.uncertain import KEY
from sim.stats.pooling import pooled
from sim.words import _

STEPS, COURSE_NIGHTS = 481, 10
"""Moments of a show at which its room is read off; fewest nights whose course is believed (project, A: of eight fits of three
nights of a steady shop, one had a course from .4 to 1.7)."""


def nights_before(path: str) -> list[Quantity]:
    """Single nights of an earlier calibration."""
    return _nights(_tree(path), path) if path else []


def _tree(path: str) -> dict[str, Any]:
    from scenarios.plain_yaml import plain_yaml

    if not Path(path).is_file():
        raise SettingError(_("prior={path} is not a file; name a scenario file that stockcue calibrate wrote").format(path=path))
    tree = plain_yaml(Path(path).read_text(encoding="utf-8"), f"prior={path}", SettingError)
    return tree if isinstance(tree, dict) else {}


def _nights(tree: dict[str, Any], path: str) -> list[Quantity]:
    group = tree.get(KEY)
    return earlier_nights(group.get("nights") if isinstance(group, dict) else None, path)


def taught_by(path: str) -> Taught | None:
    """What the nights of a fitted scenario file say of another: the level of what no cue brings, which is the file's rate (what
    single nights have outside the responses to cues, late and early comers among it, tells only how far nights differ), and where
    there are enough of them how the room goes over a show, the file's audience. The moods of a few nights pass for a course."""
    if not path:
        return None
    from scenarios.registry import from_plain

    tree = _tree(path)
    levels = [q for q in _nights(tree, path) if q.quantity == "level"]
    if not levels:
        raise SettingError(
            _("{path} says nothing of the level of its nights; fit it anew with stockcue calibrate").format(path=path)
        )
    between = pooled(np.array([q.value for q in levels]), np.array([q.error for q in levels]), LEVEL_SD)
    show = from_plain({key: value for key, value in tree.items() if key != KEY})
    at_s = np.linspace(0.0, show.duration_s, STEPS)
    room = grown(show.audience.pushes, show.duration_s, at_s, show.audience)
    people = show.audience.arrivals_per_min / 60 * show.audience.mean_stay_s() * room.mean()
    rate = people * show.shoppers.shelf_rate / 60 / len(show.skus)
    level = replace(between, mean=float(np.log(rate)) - between.between**2 / 2)
    return Taught(level, show.duration_s, (at_s, room / room.mean()) if len(levels) >= COURSE_NIGHTS else None)


def nights_table(steps: Sequence[NightForecast], path: Path) -> None:
    """What nights said of the next, a row a quantity and night."""
    import pandas as pd

    rows = []
    for step in steps:
        (low, high), (sure_low, sure_high) = step.prior.band(), step.prior.known()
        rows.append({"quantity": step.quantity, "nights": step.prior.nights, "log_mean": step.prior.mean, "prior_low": low,
                     "prior_high": high, "known_low": sure_low, "known_high": sure_high, "between_sd": step.prior.between,
                     "next": step.next, "next_log": step.value, "inside": step.inside, "log_score": step.score})  # fmt: skip
    write_csv(pd.DataFrame(rows), path)
