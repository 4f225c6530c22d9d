"""What the other marathons say of one that is left out: level and hours of their stretches, or how much their rooms move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from benchmarks.closed_real import STRETCH_S, Belief, marathons
from benchmarks.leave_one_event_out import shows_of
from scenarios.kernels import KERNELS
from sim.core.units import US
from sim.replay.stream import Stream
from sim.replay.taught import Taught
from sim.stats.pooling import pooled

HALF_HOUR_S, STEP_S, LEVEL_SD = 1800.0, 60.0, 0.5
"""Counts that tell the course of the day; steps of it; spread of levels between nights known beforehand, which counts as two."""


def harmonics(hours: np.ndarray) -> np.ndarray:
    """A constant and two harmonics of the day, as ``calibrate`` has them."""
    w = 2 * np.pi * hours / 24
    return np.column_stack([np.ones(len(w)), np.sin(w), np.cos(w), np.sin(2 * w), np.cos(2 * w)])


class WholeStretches:
    """Whole stretches of all marathons. hour: of the day at which each marathon begins."""

    def __init__(self, data: Path) -> None:
        plan = pd.read_csv(data / "gdq-live-minute" / "schedule.csv", parse_dates=["start_time"])
        first = plan.groupby("event")["start_time"].min()
        self.hour = {str(event): at.hour + at.minute / 60 for event, at in first.items()}
        self.every = {s.name: s for s in marathons(data, watched=False)}

    def hours(self, name: str, at_s: np.ndarray) -> np.ndarray:
        """Hour of the day at some moments of a stretch."""
        event, *_rest, number = name.split()
        return np.asarray((self.hour[event] + (int(number) * STRETCH_S + at_s) / 3600) % 24)

    def course(self, others: list[Stream]) -> np.ndarray:
        """Coefficients of the log of orders by the hour, from half hours."""
        edges = np.arange(0, STRETCH_S + 1, HALF_HOUR_S)
        counts = [np.histogram(s.t / US - 1, edges, weights=s.qty)[0] for s in others]
        hours = [self.hours(s.name, edges[:-1] + HALF_HOUR_S / 2) for s in others]
        coefficients, *_rest = np.linalg.lstsq(harmonics(np.concatenate(hours)), np.log(np.concatenate(counts) + 0.5), rcond=None)
        return np.asarray(coefficients)

    def taught(self, event: str) -> Callable[[str], Taught]:
        """What all stretches but those of ``event`` say of one of its own."""
        others = [s for s in self.every.values() if s.name.split()[0] != event]
        edges = np.arange(0, STRETCH_S + 1, STEP_S)
        middle, by_hour = edges[:-1] + STEP_S / 2, self.course(others)
        values, counts = [], []
        for s in others:
            outside = np.ones(len(middle), bool)
            for cue in s.cues:
                outside &= (middle < cue.at_s) | (middle > cue.at_s + KERNELS["pitch"].duration_s)
            due = np.exp(harmonics(self.hours(s.name, middle)) @ by_hour) * STEP_S
            counts.append(float(np.histogram(s.t / US - 1, edges, weights=s.qty)[0][outside].sum()))
            values.append(float(np.log(counts[-1] / due[outside].sum())))
        prior = pooled(np.array(values), np.array(counts) ** -0.5, LEVEL_SD)
        at_s = np.append(middle, STRETCH_S)

        def of(name: str) -> Taught:
            return Taught(prior, STRETCH_S, (at_s, np.exp(harmonics(self.hours(name, at_s)) @ by_hour)))

        return of


def nights(data: Path) -> Callable[[str], Belief]:
    """What is believed of a stretch by its name, from the stretches of the five other marathons."""
    every = WholeStretches(data)
    known: dict[str, Callable[[str], Taught]] = {}

    def belief(name: str) -> Belief:
        event = name.split()[0]
        if event not in known:
            known[event] = every.taught(event)
        return Belief(taught=known[event](name))

    return belief


def fitted_spread(data: Path, folder: Path, watched: bool) -> Callable[[str], Belief]:
    """What a reviewer of one marathon believes who has calibrated on the five others: without their clock, which a stretch does
    not tell, and with their viewers where its own are known. Fits are kept in ``folder`` (a minute or two each)."""
    from sim.app.replay import world_of
    from sim.calibrate.fit import calibrate
    from sim.calibrate.scenario import scenario_of

    folder.mkdir(parents=True, exist_ok=True)

    def belief(name: str) -> Belief:
        event = name.split()[0]
        file = folder / f"without_{event}{'' if watched else '_unwatched'}.yaml"
        if not file.is_file():
            shows = [replace(s, start_unix_s=float("nan")) for s in shows_of(data / "gdq-live-minute") if s.name != event]
            shows = shows if watched else [replace(s, viewers=None) for s in shows]
            values, _ = scenario_of(calibrate(shows, lambda what: None, name="room", predict=False), "others")
            file.write_text(yaml.safe_dump({"spread": values["spread"]}), encoding="utf-8")
        return Belief(world_of(yaml.safe_load(file.read_text(encoding="utf-8"))))

    return belief
