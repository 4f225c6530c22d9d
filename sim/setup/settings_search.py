"""Settings of the verbs that look for a setting: sweep, tune, breakpoint, sensitivity; declared once, as in ``settings``."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting
from sim.setup import shared
from sim.setup.settings_groups import Comparing, Distributed


@dataclass(frozen=True)
class SweepSettings(Comparing):
    """Settings of ``stockcue sweep`` beside scenario, strategy, gate, operations, score and what is varied in them."""

    replicates: int = setting(100, "shows played per candidate and world", "shows", 1, 500_000)
    design: str = setting("auto", "how ranges are filled", choices=("auto", "grid", "random", "lhs", "sobol"))
    points: int = setting(64, "candidates of a family whose ranges are not listed values", "candidates", 1, 10**6)
    world_points: int = shared.world_points(8, 10**5)
    select: str = setting("none", "none: everybody plays every show; kn: more shows where the decision is open",
                          choices=("none", "kn"))  # fmt: skip
    first: int = setting(30, "shows everybody plays, with select=kn", "shows", 3, 500_000)
    budget: int = setting(0, "runs at most, with select=kn; 0: no limit", "runs", 0, 10**10)
    out: str = setting("", "run folder; empty: runs/sweep-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class TuneSettings(Comparing):
    """Settings of ``stockcue tune`` beside scenario, strategy, gate, operations, score and the ranges searched."""

    seed: int = shared.seed(most=10**12)
    trials: int = setting(160, "settings tried, in eights: rounded up to whole ones", "trials", 1, 10**6)
    replicates: int = setting(48, "search shows of a trial that is not dropped", "shows", 4, 100_000)
    robust: str = setting("mean", "what is lowered over several scenarios", choices=("mean", "worst", "cvar", "regret"))
    alpha: float = setting(0.2, "share of worst shows, with robust=cvar", "", 0.001, 1)
    objectives: object = setting(None, "metrics to lower together instead of J, as in [oversold_units,missed_gmv]")
    limits: str = setting("none", "limits to keep", choices=("none", "strict", "standard", "platform"))
    prune: bool = setting(True, "drop settings that are clearly worse before they have played every show")
    finalists: int = setting(8, "settings judged on fresh shows, beside the best of every family", "settings", 1, 100)
    judging: int = setting(400, "judging shows at most", "shows", 20, 100_000)
    confirm: int = setting(200, "further shows for the reported figures", "shows", 10, 100_000)
    world_points: int = shared.world_points(4, 1000)
    out: str = setting("", "run folder; empty: runs/tune-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class BreakpointSettings(Distributed):
    """Settings of ``stockcue breakpoint`` beside scenario, strategy, gate, operations and score."""

    limits: str = setting("standard", "limits to break", choices=("strict", "standard", "platform"))
    only: object = setting(None, "of these limits, the ones that count, a name or [list]; null: all")
    dials: object = setting(None, "what is made worse, a name or [list]; null: the usual five")
    replicates: int = setting(200, "shows played per severity", "shows", 10, 500_000)
    steps: int = setting(5, "halvings for each end of the bracket", "steps", 1, 30)
    confidence: float = setting(0.95, "of certificates", "", 0.51, 0.999)
    out: str = setting("", "run folder; empty: runs/breakpoint-<scenario>-<hash of the settings>")


@dataclass(frozen=True)
class SensitivitySettings(Distributed):
    """Settings of ``stockcue sensitivity`` beside scenario, strategy, gate, operations, score and the ranges."""

    points: int = setting(32, "base points of the design, a power of two; (ranges + 2) times as many settings are played",
                          "points", 8, 65_536)  # fmt: skip
    replicates: int = setting(20, "shows per setting", "shows", 2, 100_000)
    out: str = setting("", "run folder; empty: runs/sensitivity-<scenario>-<hash of the settings>")
