"""A scenario whose parameters are not known exactly: each replicate draws its own, the same for every policy.

A fitted scenario file may hold a group ``uncertainty``: parameters with their place in the scenario, a scale on which they are
jointly normal (log, logit or plain), their means, and the lower triangle that turns independent standard normal numbers into
deviations from them. A replicate's numbers come from the stream (seed, replicate, "parameters"), so two policies meet the
same world, and so do two runs with other workers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import from_plain
from scenarios.registry import plain as plain_scenario
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.demand.redraw import redrawn, same_shoppers
from sim.demand.streams import stream
from sim.setup.settings import SettingError
from sim.words import _

KEY = "uncertainty"
SCALES = ("log", "logit", "plain")


@dataclass(frozen=True)
class Uncertain:
    """One parameter. ``at``: its place, as ("shoppers", "buy_rate"), ("cues", "deal", "peak") for all cues of a kind, or
    ("skus", NAME, "appeal"). ``scale``: log, logit or plain. ``mean``: on that scale."""

    at: tuple[str, ...]
    scale: str
    mean: float


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """``parameters`` and ``root`` [parameter, standard normal number]: deviations = root @ standard normal numbers; as a file
    holds it lower triangular."""

    parameters: tuple[Uncertain, ...]
    root: np.ndarray

    def draw(self, seed: int, replicate: int) -> np.ndarray:
        """The parameters of one replicate, each on its natural scale."""
        z = stream(seed, replicate, "parameters").standard_normal(self.root.shape[1])
        moved = np.array([p.mean for p in self.parameters]) + self.root @ z
        return np.array([natural(p.scale, float(v)) for p, v in zip(self.parameters, moved, strict=True)])

    def without(self, keys: Iterable[str]) -> Uncertainty:
        """The same with the parameters that ``keys`` set (scenario.shoppers.buy_rate, scenario.cues.*.cart_surge) left alone; the
        others are drawn as they were."""
        held = {tuple(key.split(".")[1:]) for key in keys}
        kept = [k for k, p in enumerate(self.parameters) if p.at not in held and (p.at[0], "*", p.at[-1]) not in held]
        return Uncertainty(tuple(self.parameters[k] for k in kept), self.root[kept])


def natural(scale: str, value: float) -> float:
    """A value on its natural scale.

    >>> natural("logit", 0.0), natural("log", 0.0), natural("plain", 3.0)
    (0.5, 1.0, 3.0)
    """
    if scale == "log":
        return math.exp(min(value, 700.0))
    return 0.5 * (1 + math.tanh(value / 2)) if scale == "logit" else value


def scenario_for(scenario: Scenario, uncertainty: Uncertainty | None, seed: int, replicate: int) -> Scenario:
    """The scenario one replicate plays: the fitted one with its parameters drawn; without uncertainty, the scenario itself.

    Values outside a setting's declared bounds are moved to them.
    """
    if uncertainty is None:
        return scenario
    for parameter, value in zip(uncertainty.parameters, uncertainty.draw(seed, replicate).tolist(), strict=True):
        scenario = placed(scenario, parameter.at, value)
    return scenario


def placed(scenario: Scenario, at: tuple[str, ...], value: float) -> Scenario:
    """The scenario with one setting changed."""
    group, name = at[0], at[-1]
    if group == "cues":
        cues = tuple(_with(c, name, value) if c.kind == at[1] else c for c in scenario.cues)
        return replace(scenario, cues=cues)
    if group == "skus":
        return replace(scenario, skus=tuple(_with(s, name, value) if s.id == at[1] else s for s in scenario.skus))
    return replace(scenario, **{group: _with(getattr(scenario, group), name, value)})


def _with(record: Any, name: str, value: float) -> Any:
    meta = next(f.metadata for f in fields(record) if f.name == name)
    return replace(record, **{name: min(max(value, meta["low"]), meta["high"])})


def asked(values: Mapping[str, Any], uncertain: bool) -> tuple[Scenario, Uncertainty | None]:
    """A scenario from plain data, and what its replicates are to draw: nothing unless ``uncertain`` is asked for, which only a
    scenario that says how uncertain it is can serve."""
    values = dict(values)
    wanted = taken(values)
    scenario = from_plain(values)
    if not uncertain:
        return scenario, None
    if wanted is None:
        raise SettingError(
            _(
                "scenario {name!r} says nothing about how uncertain it is; uncertain=true needs a file "
                "written by stockcue calibrate"
            ).format(name=scenario.name)
        )
    check_places(scenario, wanted)
    return scenario, wanted


def staged(scenario: Scenario, uncertainty: Uncertainty | None, seed: int, replicate: int, known: Stage | None = None) -> Stage:
    """The stage of one replicate. What strategies know beforehand, the plan, is the scenario's even where the show draws other
    parameters: nobody tells a team what its cues will really do tonight. known: the same show staged in another world, of which
    what they share is taken over."""
    drawn = scenario_for(scenario, uncertainty, seed, replicate)
    if known is None:
        stage = set_stage(drawn, draw_tape(drawn, seed, replicate))
    else:
        stage = set_stage(drawn, redrawn(known.tape, known.scenario, drawn))
        if same_shoppers(stage.tape, known.tape):
            stage = replace(stage, marks=known.marks, blocks=known.blocks)
    if drawn is scenario:
        return stage
    planned = set_stage(scenario, stage.tape).fixed
    return replace(stage, fixed=stage.fixed | {"plan_t": planned["plan_t"], "plan_lift": planned["plan_lift"]})


def taken(values: dict[str, Any]) -> Uncertainty | None:
    """Take the uncertainty out of a scenario's plain data (which then are a scenario's alone); None where there is none."""
    wanted = values.pop(KEY, None)
    return None if wanted is None else uncertainty_from(wanted)


def complete(values: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario's plain data with everything they leave out, so that any of it can be set; the uncertainty as it is."""
    own = {key: value for key, value in values.items() if key != KEY}
    return plain_scenario(from_plain(own)) | ({KEY: values[KEY]} if KEY in values else {})


def uncertainty_from(values: Any) -> Uncertainty:
    """Uncertainty from plain data; a fault is one sentence."""
    try:
        rows = values["parameters"]
        draws = tuple(Uncertain(tuple(str(k) for k in row["at"]), str(row["scale"]), float(row["mean"])) for row in rows)
        size = len(draws)
        root = np.zeros((size, size))
        for k, row in enumerate(values["root"]):
            root[k, : k + 1] = [float(v) for v in row]
        if k + 1 != size or not np.isfinite(root).all() or any(p.scale not in SCALES or len(p.at) < 2 for p in draws):
            raise ValueError
    except (KeyError, TypeError, ValueError, IndexError, UnboundLocalError):
        raise SettingError(
            _(
                "the scenario's group 'uncertainty' must hold parameters (at, scale: log, logit or plain, mean) and root, "
                "the lower triangle with a row for each of them; let stockcue calibrate write it, or leave it out"
            )
        ) from None
    return Uncertainty(draws, root)


def check_places(scenario: Scenario, uncertainty: Uncertainty) -> None:
    """Refuse an uncertainty about settings this scenario does not have."""
    groups = {f.name for f in fields(scenario)}
    for p in uncertainty.parameters:
        if p.at[0] == "cues" and len(p.at) == 3:
            ok = p.at[2] in ("peak", "tau_s", "duration_s", "cart_surge") and any(c.kind == p.at[1] for c in scenario.cues)
        elif p.at[0] == "skus" and len(p.at) == 3:
            ok = p.at[2] in ("popularity", "appeal") and any(s.id == p.at[1] for s in scenario.skus)
        else:
            ok = len(p.at) == 2 and p.at[0] in groups and _number(getattr(scenario, p.at[0]), p.at[1])
        if not ok:
            raise SettingError(
                _("the uncertainty is about {at}, which scenario {name!r} does not have").format(
                    at=".".join(p.at), name=scenario.name
                )
            )


def _number(record: Any, name: str) -> bool:
    value = getattr(record, name, None) if hasattr(record, "__dataclass_fields__") else None
    return isinstance(value, float)


def plain(uncertainty: Uncertainty) -> Mapping[str, Any]:
    """The inverse of :func:`uncertainty_from`."""
    rows = [{"at": list(p.at), "scale": p.scale, "mean": p.mean} for p in uncertainty.parameters]
    root = uncertainty.root
    square = root.shape[0] == root.shape[1]
    return {"parameters": rows, "root": [root[k, : k + 1 if square else None].tolist() for k in range(len(rows))]}
