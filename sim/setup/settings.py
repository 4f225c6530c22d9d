"""The settings of each verb, declared once; the YAML of conf/ only overrides them, and the help is tested against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from scenarios.setting import ScenarioError, check_types, setting, validate
from sim.setup import shared
from sim.setup.settings_groups import Playing, Reading
from sim.words import _

MODELS = ("poisson", "cue", "room", "hawkes", "both")
"""Models of demand, from the simplest to the richest."""


class SettingError(ValueError):
    """A setting of a verb that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class RehearseSettings(Playing):
    """Settings of ``stockcue rehearse`` beside scenario, strategy, gate, operations and score."""

    workers: int = shared.workers(1)
    replicates: int = setting(50, "shows played per strategy", "shows", 1, 10**6)
    shock: float = setting(0.0, "a loss of one show that none may show: the table says what it could cost", "CNY", 0, 1e12)
    out: str = setting("", "run folder; empty: runs/<scenario>-<hash of the settings>")
    figure: str = setting("best", "timeline of the best strategy, of one by name, of all, or none")
    figure_sku: str = setting("auto", "SKU drawn; auto: the one with most oversold units, then most missed")
    figure_replicate: int = setting(0, "replicate drawn", "", 0, 10**6)


@dataclass(frozen=True)
class StockSettings:
    """Settings of ``stockcue stock`` beside scenario and score."""

    replicates: int = setting(40, "shows played with every stock", "shows", 10, 10**5)
    carry: float = setting(3.0, "cost of an unsold unit: carried back or marked down; stands for the score's cs", "CNY/unit", 0,
                           1e6, "domain 6.2: 2-5")  # fmt: skip
    seed: int = shared.seed()
    uncertain: bool = shared.uncertain()
    out: str = setting("", "run folder; empty: runs/stock-<scenario>-<hash of the settings>")
    figure: str = shared.figure()


@dataclass(frozen=True)
class ReplaySettings(Reading):
    """Settings of ``stockcue replay`` beside strategy, gate, feed and, for a closed loop, scenario, operations and score."""

    stream: object = setting("", "recorded stream: a file or a folder, or a [list of them]")
    loop: str = setting("open", "open: what would have fired; closed: what would have happened", choices=("open", "closed"))
    horizon_s: float = setting(1800.0, "an alert counts for a sell-out that comes within this time", "s", 1, 10**7)
    merge_s: float = setting(600.0, "sell-outs closer together than this are one", "s", 0, 10**7)
    replicates: int = setting(20, "closed loop: draws of what the recording does not say", "draws", 1, 10**5)
    seed: int = shared.seed("closed loop: first key of every random stream")
    bin_s: float = shared.bin_s()
    whatif_stock: object = setting(None, "closed loop: stock that is tried, units for all or {sku: units}; null: as recorded")
    prior: str = setting("", "closed loop: scenario file that calibrate fitted to other nights: their level and course")
    beyond: str = setting("keep", "orders beyond the stock: keep them, or hide them and impute", choices=("keep", "hide"))
    diff: bool = setting(False, "compare what two settings would have fired")
    within_s: float = setting(60.0, "diff: alerts of one SKU this close are the same alert", "s", 0, 86400)
    out: str = setting("", "run folder; empty: runs/replay-<stream>-<hash of the settings>")
    figure: str = setting("all", "one picture with a lane per strategy, or none", choices=("all", "none"))
    figure_sku: str = setting("auto", "SKU drawn; auto: the one that ran out first")
    feed_lines: str = setting("none", "write the recording as lines for stockcue shadow", choices=("none", "write"))


@dataclass(frozen=True)
class CalibrateSettings:
    """Settings of ``stockcue calibrate``."""

    stream: object = setting(None, "stream, or [list of them]; the last one gives the run of show")
    zone: str = shared.zone()
    sku: object = shared.sku()
    name: str = setting("fitted", "name of the scenario")
    model: str = setting("auto", "model fitted; auto: chosen by stretches left out", choices=("auto", *MODELS))
    prior: str = setting("", "scenario file of an earlier calibration, whose nights come before these")
    seed: int = shared.seed("key of the random streams behind the predictive bands")
    out: str = setting("", "scenario file NAME.yaml, with its report in the folder NAME; empty: runs/calibrate-<name>-<hash>")
    figure: str = shared.figure()


@dataclass(frozen=True)
class IngestSettings:
    """Settings of ``stockcue ingest``."""

    files: object = setting("", "a file, [a list of files] or a folder")
    mapping: object = setting(
        None, "what the columns mean: a shipped mapping, a .yaml file, or {file: mapping}; null: told by them"
    )
    zone: str = setting("", "what times without a zone are in; empty: what the mapping says, else UTC+8")
    cues: str = setting("", "run of show, where it lies elsewhere")
    stock: str = setting("", "declared stock, where it lies elsewhere")
    name: str = setting("", "the stream's name; empty: after the file or folder")
    out: str = setting("", "run folder; empty: runs/ingest-<stream>-<hash of settings and account>")


@dataclass(frozen=True)
class ShadowSettings:
    """Settings of ``stockcue shadow`` beside strategy and gate."""

    input: str = setting("-", "feed: a file that grows, or - for standard input")
    stock: object = setting(None, "declared stock: {sku: units} or a stock sheet")
    cues: str = setting("", "cue sheet (planned run of show)")
    zone: str = setting("", "what times without a zone are in, and the zone alerts are written in")
    start: str = setting("", "start of the show, written like the feed's times; empty: its first line")
    end: str = setting("", "planned end of the show, written like the feed's times")
    length_s: float = setting(0.0, "planned length of the show, instead of end", "s", 0, 10**6)
    speedup: float = shared.speedup("seconds of the feed")
    clock: str = setting("stream", "what moves time: the feed's own times, or the wall clock", choices=("stream", "wall"))
    period_s: float = setting(1.0, "a reading every", "s", 0.01, 3600)
    lag_s: float = setting(0.5, "a reading arrives this much later", "s", 0, 3600)
    levels: str = setting("auto", "what a stock level means: sales, the record set right, or as the feed has orders",
                          choices=("auto", "sales", "set"))  # fmt: skip
    jump_s: float = setting(60.0, "a line this far ahead of all others waits for a second one", "s", 1, 10**9)
    silent_s: float = setting(60.0, "an alert of its own when no line has come for this long; 0: never", "s", 0, 10**6)
    remember: int = setting(200_000, "ids remembered at least, so that nothing counts twice", "ids", 1, 10**7)
    follow: str = setting("yes", "wait for more at the end of the file", choices=("yes", "no"))
    idle_s: float = setting(0.0, "stop when no line has come for this long; 0: never", "s", 0, 10**6)
    resend: str = setting("start", "what the input holds after a restart: all from its start, only what is new, or whatever "
                          "has a seq above the last one", choices=("start", "new", "seq"))  # fmt: skip
    out: str = setting("", "alerts: a file; empty: standard output")
    state: str = setting("", "state to resume from; empty: beside out, or none")
    rejects: str = setting("", "lines that could not be used; empty: beside out, or standard error")
    metrics: str = setting("", "counts and lags as JSON; empty: beside out, or none")
    save_events: int = setting(20_000, "save the state after this many lines at the latest", "lines", 1, 10**9)
    save_s: float = setting(5.0, "save the state after this long at the latest", "s", 0.01, 3600)
    prometheus_port: int = setting(0, "port on which Prometheus can scrape the metrics; 0: none", "", 0, 65535)
    report_s: float = setting(60.0, "a line of metrics on standard error this often; 0: only at the end", "s", 0, 10**6)
    log: str = setting("info", "what is said on standard error: what went wrong, reports too, every saving and sending too",
                       choices=("warning", "info", "debug"))  # fmt: skip


@dataclass(frozen=True)
class ReviewSettings(Reading):
    """Settings of ``stockcue review`` beside scenario, strategy, gate, operations, feed and score."""

    stream: str = setting("", "recorded show to review; empty: a rehearsed one (scenario=)")
    bin_s: float = shared.bin_s()
    rehearsal: str = setting("", "run folder of the last rehearsal: whether its bands held this night, item by item")
    prior: str = setting("", "recorded: scenario file that calibrate fitted to other nights: their level and course")
    earlier: object = setting(None, "earlier shows: recordings or folders of earlier reviews, a path or a [list of them]")
    seed: int = shared.seed()
    replicate: int = setting(0, "rehearsed: the show reviewed; recorded: the draw of what is not recorded", "", 0, 10**6)
    shows: int = setting(8, "other shows, or draws of a recorded one, that the proposal is tried on", "shows", 0, 1000)
    alerts: int = setting(150, "alerts that are played out with and without their actions, the first ones", "alerts", 0, 10**5)
    uncertain: bool = shared.uncertain()
    out: str = setting("", "run folder; empty: runs/review-<show>-<hash of the settings>")
    figure: str = shared.figure()
    figure_sku: str = setting("auto", "SKU of the timeline; auto: the one that lost most")


Record = TypeVar("Record")


def settle(cls: type[Record], values: Mapping[str, Any], verb: str) -> Record:
    """The verb's settings from plain values; None keeps the declared default. Faults raise :class:`SettingError`."""
    kinds = get_type_hints(cls)
    try:
        check_types(cls, values, verb)
        settled = cls(**{name: _typed(name, value, kinds[name]) for name, value in values.items() if value is not None})
        validate(settled, verb)
    except ScenarioError as error:
        raise SettingError(str(error)) from None
    return settled


def _typed(name: str, value: Any, kind: Any) -> Any:
    if kind is object:
        return value
    if kind is str:
        return str(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise SettingError(_("{name} must be true or false, not {value!r}").format(name=name, value=value))
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(_("{name} must be a number, not {value!r}").format(name=name, value=value))
    if kind is int and value != int(value):
        raise SettingError(_("{name} must be a whole number, not {value!r}").format(name=name, value=value))
    return kind(value)


@dataclass(frozen=True)
class ExportSettings:
    """Settings of ``stockcue export`` beside scenario, strategy, gate and operations."""

    every_s: float = setting(5.0, "between two evaluations of the rules, and between two scrapes", "s", 1, 3600)
    replicates: int = setting(5, "shows over which the rules are held against the strategy", "shows", 1, 1000)
    seed: int = shared.seed()
    out: str = setting("", "run folder; empty: runs/export-<scenario>-<hash of the settings>")
