"""StockCue from Python: ``import stockcue as sc``.

Rehearse stock alerts for a live show before it goes on air::

    show = sc.scenario("double11", leaks={"duplicate_p": 0})
    smart = sc.policy("smart", chance=0.2, gate={"cooldown_s": 30})
    result = sc.rehearse(show, [smart, "fixed_count"], shows=40)
    result.table, result.verdict, result.plot(), result.save("runs/x")

Every verb takes plain arguments and returns a Result, the same that the command of its name prints: it shows itself in a
notebook, holds tables as DataFrames, is saved as a run folder and loaded again::

    to play with: scenario, policy, interval, log, steps
    verbs: play, rehearse, stock, sweep, tune, breakpoint, sensitivity, export
    recorded shows: ingest, read, replay, review, calibrate
    a live show: shadow
    results: load, compare, walk, rollup
    nouns: Scenario, Policy, Strategy, Param, Run, Recording, Result

Each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.app.breakpoint import breakpoint
    from sim.app.calibrate import calibrate
    from sim.app.compare import compare
    from sim.app.export import export
    from sim.app.ingest import ingest
    from sim.app.nouns import Param, Policy, Scenario, Strategy, policy, scenario
    from sim.app.play import Run, play
    from sim.app.ranges import interval, log, steps
    from sim.app.recording import Recording, read
    from sim.app.rehearse import rehearse
    from sim.app.replay import replay
    from sim.app.result import Result, load
    from sim.app.review import review
    from sim.app.rollup import rollup
    from sim.app.sensitivity import sensitivity
    from sim.app.shadow import shadow
    from sim.app.stock import stock
    from sim.app.sweep import sweep
    from sim.app.tune import tune
    from sim.app.walk import walk

__all__ = [
    "Param", "Policy", "Recording", "Result", "Run", "Scenario", "Strategy", "breakpoint", "calibrate", "compare", "export",
    "ingest", "interval", "load", "log", "play", "policy", "read", "rehearse", "replay", "review", "rollup", "scenario",
    "sensitivity", "shadow", "steps", "stock", "sweep", "tune", "walk",
]  # fmt: skip

_HOMES = {
    "Policy": "sim.app.nouns", "Scenario": "sim.app.nouns", "Recording": "sim.app.recording", "Result": "sim.app.result",
    "Run": "sim.app.play", "Param": "sim.app.nouns", "Strategy": "sim.app.nouns", "interval": "sim.app.ranges",
    "load": "sim.app.result", "log": "sim.app.ranges",
    "policy": "sim.app.nouns", "read": "sim.app.recording", "scenario": "sim.app.nouns", "steps": "sim.app.ranges",
}  # fmt: skip
"""Where a name lives that is no verb's; a verb lives in the module of its name."""


def _refuse_hidden() -> None:
    """Raise a sentence where a folder of the user's is taken for our package ``sim`` (of the others ``sim/places.py`` speaks)."""
    spec = find_spec("sim")
    place = Path((spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), ""))) or "")
    if not place.resolve().is_relative_to(Path(__file__).resolve().parent / "sim"):
        raise ImportError(
            f"{str(place.parent if place.name == '__init__.py' else place)!r} hides StockCue's own package 'sim', because Python "
            "looks there first; give it another name, or start where it is not"
        )


def __getattr__(name: str) -> Any:
    if name == "__version__" or name in __all__:
        _refuse_hidden()
    if name == "__version__":
        return import_module("sim").__version__
    if name not in __all__:
        raise AttributeError(_no_name(name))
    thing = getattr(import_module(_HOMES.get(name, f"sim.app.{name}")), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def _no_name(name: str) -> str:
    from sim.words import _, did_you_mean

    return _("stockcue has no {name!r}{hint}").format(name=name, hint=did_you_mean(name, __all__))
