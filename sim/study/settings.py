"""The settings of each verb, declared once; the YAML of conf/ only overrides them, and the help is tested against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from scenarios.setting import ScenarioError, check_types, setting, validate


class SettingError(ValueError):
    """A setting of a verb that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Rehearse:
    """Settings of ``stockcue rehearse`` beside scenario, strategy, gate, operations and score."""

    replicates: int = setting(50, "shows played per strategy", "shows", 1, 10**6)
    seed: int = setting(1, "first key of every random stream", "", 0, 10**15)
    workers: int = setting(1, "processes; results do not depend on it", "processes", 1, 512)
    out: str = setting("", "run folder; empty: runs/<scenario>-<hash of the settings>")
    figure: str = setting("best", "timeline of the best strategy, of one by name, of all, or none")
    figure_sku: str = setting("auto", "SKU drawn; auto: the one with most oversold units, then most missed")
    figure_replicate: int = setting(0, "replicate drawn", "", 0, 10**6)


@dataclass(frozen=True)
class Replay:
    """Settings of ``stockcue replay`` beside strategy, gate, feed and, for a closed loop, scenario, operations and score."""

    stream: object = setting("", "recorded stream: a file or a folder, or a [list of them]")
    loop: str = setting("open", "open: what would have fired; closed: what would have happened", choices=("open", "closed"))
    cues: str = setting("", "cue sheet (run of show as it happened)")
    stock: object = setting(None, "declared stock: units for all, {sku: units} or a stock sheet")
    sku: object = setting(None, "SKU or [list of them] to replay; null: all")
    zone: str = setting("", "what times without a zone are in, as in Asia/Shanghai or +08:00")
    start: str = setting("", "first moment used, written like the stream's own times")
    end: str = setting("", "last moment used, and the planned end of the show")
    speedup: float = setting(1.0, "recorded seconds per second of the show", "x", 1e-6, 1e9)
    horizon_s: float = setting(1800.0, "an alert counts for a sell-out that comes within this time", "s", 1, 10**7)
    merge_s: float = setting(600.0, "sell-outs closer together than this are one", "s", 0, 10**7)
    replicates: int = setting(20, "closed loop: draws of what the recording does not say", "draws", 1, 10**5)
    seed: int = setting(1, "closed loop: first key of every random stream", "", 0, 10**15)
    bin_s: float = setting(60.0, "closed loop: bin of the fitted demand", "s", 1, 86400)
    beyond: str = setting("keep", "orders beyond the stock: keep them, or hide them and impute", choices=("keep", "hide"))
    diff: bool = setting(False, "compare what two settings would have fired")
    within_s: float = setting(60.0, "diff: alerts of one SKU this close are the same alert", "s", 0, 86400)
    out: str = setting("", "run folder; empty: runs/replay-<stream>-<hash of the settings>")
    figure: str = setting("all", "one picture with a lane per strategy, or none", choices=("all", "none"))
    figure_sku: str = setting("auto", "SKU drawn; auto: the one that ran out first")


@dataclass(frozen=True)
class Review:
    """Settings of ``stockcue review`` beside scenario, strategy, gate, operations, feed and score."""

    stream: str = setting("", "recorded show to review; empty: a rehearsed one (scenario=)")
    cues: str = setting("", "cue sheet (run of show as it happened)")
    stock: object = setting(None, "declared stock: units for all, {sku: units} or a stock sheet")
    sku: object = setting(None, "SKU or [list of them] to review; null: all")
    zone: str = setting("", "what times without a zone are in, as in Asia/Shanghai or +08:00")
    start: str = setting("", "first moment used, written like the stream's own times")
    end: str = setting("", "last moment used, and the planned end of the show")
    speedup: float = setting(1.0, "recorded seconds per second of the show", "x", 1e-6, 1e9)
    bin_s: float = setting(60.0, "bin of the fitted demand of a recording", "s", 1, 86400)
    earlier: object = setting(None, "earlier shows: recordings or folders of earlier reviews, a path or a [list of them]")
    seed: int = setting(1, "first key of every random stream", "", 0, 10**15)
    replicate: int = setting(0, "rehearsed: the show reviewed; recorded: the draw of what is not recorded", "", 0, 10**6)
    shows: int = setting(8, "other shows, or draws of a recorded one, that the proposal is tried on", "shows", 0, 1000)
    alerts: int = setting(150, "alerts that are played out with and without their actions, the first ones", "alerts", 0, 10**5)
    out: str = setting("", "run folder; empty: runs/review-<show>-<hash of the settings>")
    figure: str = setting("all", "pictures, or none", choices=("all", "none"))
    figure_sku: str = setting("auto", "SKU of the timeline; auto: the one that lost most")


Record = TypeVar("Record", Rehearse, Replay, Review)


def settle(cls: type[Record], values: Mapping[str, Any], verb: str) -> Record:
    """The verb's settings from plain values; None keeps the declared default. Faults raise :class:`SettingError`."""
    kinds = get_type_hints(cls)
    try:
        check_types(cls, values, verb)
        made = cls(**{name: _typed(name, value, kinds[name]) for name, value in values.items() if value is not None})
        validate(made, verb)
    except ScenarioError as error:
        raise SettingError(str(error)) from None
    return made


def _typed(name: str, value: Any, kind: Any) -> Any:
    if kind is object:
        return value
    if kind is str:
        return str(value)
    if kind is bool:
        if isinstance(value, bool):
            return value
        raise SettingError(f"{name} must be true or false, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(f"{name} must be a number, not {value!r}")
    if kind is int and value != int(value):
        raise SettingError(f"{name} must be a whole number, not {value!r}")
    return kind(value)
