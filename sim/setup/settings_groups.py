"""What several verbs are asked alike, as groups: how a recording is read, how a study is played, how candidates are compared.

A verb's record inherits a group that it has whole; what differs (a default, a bound) it declares again.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting
from sim.setup import shared


def verb_of(record: type) -> str:
    """The verb whose settings a record holds, by its name: ``TuneSettings`` are those of ``tune``."""
    return record.__name__.removesuffix("Settings").lower()


@dataclass(frozen=True)
class Reading:
    """How a recording is read (``sim.replay.load``), whichever verb asks."""

    cues: str = setting("", "cue sheet (run of show as it happened)")
    stock: object = setting(None, "declared stock: units for all, {sku: units} or a stock sheet")
    shut: object = setting(None, "when items took no orders although they had stock: a file (sku, from, to) or a [list]")
    actions: object = setting(None, "what the team did, judged like a strategy: a file or [list] of time, sku, action, ...")
    sku: object = shared.sku()
    zone: str = shared.zone()
    start: str = setting("", "first moment used, written like the stream's own times")
    end: str = setting("", "last moment used, and the planned end of the show")
    speedup: float = shared.speedup()


@dataclass(frozen=True)
class Playing:
    """How the shows of a study are played."""

    seed: int = shared.seed()
    uncertain: bool = shared.uncertain()
    workers: int = shared.workers()


@dataclass(frozen=True)
class Distributed(Playing):
    """How the shows of a study are played that is large enough for several machines."""

    engine: str = setting("local", "who plays", choices=("local", "dask", "ray"))
    address: str = setting("", "of the scheduler, as in tcp://10.0.0.5:8786")


@dataclass(frozen=True)
class Comparing(Distributed):
    """How candidates are played and told apart."""

    delta: float = setting(0.0, "a difference too small to matter; 0: a thousandth of hindsight", "CNY", 0, 1e12)
    shock: float = setting(0.0, "a loss of one show that none may show: tables say what it could cost", "CNY", 0, 1e12)
    confidence: float = setting(0.95, "of the verdict and of certificates", "", 0.51, 0.999)
