"""Settings of the verbs that look for a setting: sweep, tune, breakpoint, sensitivity; declared once, as in ``settings``."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting


@dataclass(frozen=True)
class Sweep:
    """Settings of ``stockcue sweep`` beside scenario, strategy, gate, operations, score and what is varied in them."""

    replicates: int = setting(100, "shows played per candidate and world", "shows", 1, 500_000)
    seed: int = setting(1, "first key of every random stream, and of the design's", "", 0, 10**15)
    design: str = setting("auto", "how ranges are filled", choices=("auto", "grid", "random", "lhs", "sobol"))
    points: int = setting(64, "candidates of a family whose ranges are not listed values", "candidates", 1, 10**6)
    uncertain: bool = setting(False, "each show draws its parameters from the scenario's uncertainty")
    world_points: int = setting(8, "worlds of a scenario whose ranges are not listed values", "worlds", 1, 10**5)
    select: str = setting("none", "none: everybody plays every show; kn: more shows where the decision is open",
                          choices=("none", "kn"))  # fmt: skip
    first: int = setting(30, "shows everybody plays, with select=kn", "shows", 3, 500_000)
    budget: int = setting(0, "runs at most, with select=kn; 0: no limit", "runs", 0, 10**10)
    delta: float = setting(0.0, "a difference too small to matter; 0: a thousandth of hindsight; kn needs one", "CNY", 0, 1e12)
    shock: float = setting(0.0, "loss of one show to allow for though none had it yet", "CNY", 0, 1e12)
    confidence: float = setting(0.95, "of the verdict and of certificates", "", 0.51, 0.999)
    workers: int = setting(0, "processes; 0: one a core; results do not depend on it", "processes", 0, 512)
    engine: str = setting("local", "who plays", choices=("local", "dask", "ray"))
    address: str = setting("", "of the scheduler, as in tcp://10.0.0.5:8786")
    out: str = setting("", "run folder; empty: runs/sweep-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class Tune:
    """Settings of ``stockcue tune`` beside scenario, strategy, gate, operations, score and the ranges searched."""

    trials: int = setting(160, "settings tried, in eights: rounded up to whole ones", "trials", 1, 10**6)
    replicates: int = setting(48, "search shows of a trial that is not dropped", "shows", 4, 100_000)
    seed: int = setting(1, "first key of every random stream, and of the search", "", 0, 10**12)
    robust: str = setting("mean", "what is lowered over several scenarios", choices=("mean", "worst", "cvar", "regret"))
    alpha: float = setting(0.2, "share of worst shows, with robust=cvar", "", 0.001, 1)
    objectives: object = setting(None, "metrics to lower together instead of J, as in [oversold_units,missed_gmv]")
    limits: str = setting("none", "limits to keep", choices=("none", "strict", "standard", "platform"))
    prune: bool = setting(True, "drop settings that are clearly worse before they have played every show")
    finalists: int = setting(8, "settings judged on fresh shows, beside the best of every family", "settings", 1, 100)
    judging: int = setting(400, "judging shows at most", "shows", 20, 100_000)
    confirm: int = setting(200, "further shows for the reported figures", "shows", 10, 100_000)
    delta: float = setting(0.0, "a difference too small to matter; 0: a thousandth of hindsight", "CNY", 0, 1e12)
    shock: float = setting(0.0, "a loss of one show that none may show: the tables say what it could cost", "CNY", 0, 1e12)
    confidence: float = setting(0.95, "that the choice among the finalists is right", "", 0.51, 0.999)
    uncertain: bool = setting(False, "each show draws its parameters from the scenario's uncertainty")
    world_points: int = setting(4, "worlds of a scenario whose ranges are not listed values", "worlds", 1, 1000)
    workers: int = setting(0, "processes; 0: one a core; results do not depend on it", "processes", 0, 512)
    engine: str = setting("local", "who plays", choices=("local", "dask", "ray"))
    address: str = setting("", "of the scheduler, as in tcp://10.0.0.5:8786")
    out: str = setting("", "run folder; empty: runs/tune-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class Breakpoint:
    """Settings of ``stockcue breakpoint`` beside scenario, strategy, gate, operations and score."""

    limits: str = setting("standard", "limits to break", choices=("strict", "standard", "platform"))
    only: object = setting(None, "of these limits, the ones that count, a name or [list]; null: all")
    dials: object = setting(None, "what is made worse, a name or [list]; null: the usual five")
    replicates: int = setting(200, "shows played per severity", "shows", 10, 500_000)
    steps: int = setting(5, "halvings for each end of the bracket", "steps", 1, 30)
    confidence: float = setting(0.95, "of certificates", "", 0.51, 0.999)
    seed: int = setting(1, "first key of every random stream", "", 0, 10**15)
    workers: int = setting(0, "processes; 0: one a core; results do not depend on it", "processes", 0, 512)
    uncertain: bool = setting(False, "each show draws its parameters from the scenario's uncertainty")
    out: str = setting("", "run folder; empty: runs/breakpoint-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class Sensitivity:
    """Settings of ``stockcue sensitivity`` beside scenario, strategy, gate, operations, score and the ranges."""

    points: int = setting(32, "base points of the design, a power of two; (ranges + 2) times as many settings are played",
                          "points", 8, 65_536)  # fmt: skip
    replicates: int = setting(20, "shows per setting", "shows", 2, 100_000)
    seed: int = setting(1, "first key of every random stream, and of the design's", "", 0, 10**15)
    workers: int = setting(0, "processes; 0: one a core; results do not depend on it", "processes", 0, 512)
    uncertain: bool = setting(False, "each show draws its parameters from the scenario's uncertainty")
    out: str = setting("", "run folder; empty: runs/sensitivity-<scenario>-<hash of the settings>")
