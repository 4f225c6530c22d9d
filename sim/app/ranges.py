"""Ranges: what a sweep, a search or a sensitivity study varies, written in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.app.nouns import gate_node, option, policies_of, policy
from sim.core.actionwords import words_of
from sim.core.policy import Policy
from sim.core.response import ORDERABLE, Action
from sim.setup.choices import LEVELS
from sim.setup.design import MOST, Axis
from sim.setup.settings import SettingError
from sim.setup.space import SHARED
from sim.words import _
from strategies.contract import TIERS, Strategy


@dataclass(frozen=True)
class Range:
    """A range of a setting, whichever that is: both ends and whether it is logarithmic, or the values it lists."""

    low: float | None = None
    high: float | None = None
    logarithmic: bool = False
    values: tuple[Any, ...] = ()

    def axis(self, key: str) -> Axis:
        """The same, of the setting ``key``."""
        if self.values:
            return Axis(key, values=self.values)
        return Axis(key, self.low, self.high, self.logarithmic)


def interval(low: float, high: float) -> Range:
    """Anything between two ends, both allowed, evenly; whole numbers where the setting takes no others.

    Parameters
    ----------
    low, high : float
        The ends, in the setting's own unit, ``low`` below ``high``, both within its declared bounds.

    Examples
    --------
    >>> interval(0.1, 0.5).axis("x").spelt
    'interval(0.1,0.5)'
    """
    return Range(low, high)


def log(low: float, high: float) -> Range:
    """Anything between two ends, both allowed, evenly in the logarithm: as many points from 10 to 100 as from 100 to 1,000.

    Parameters
    ----------
    low, high : float
        The ends, in the setting's own unit, ``low`` above 0 and below ``high``, both within its declared bounds.

    Examples
    --------
    >>> log(10, 1000).axis("x").spelt
    'log interval(10,1000)'
    """
    return Range(low, high, logarithmic=True)


def steps(start: float, stop: float, step: float = 1) -> Range:
    """The values from ``start`` to below ``stop``, ``step`` apart; the command writes ``range(start,stop,step)``.

    Parameters
    ----------
    start, stop, step : float
        In the setting's own unit; ``step`` is not 0 and leads from ``start`` towards ``stop``.

    Raises
    ------
    SettingError
        Where no value, or more than a million, lies in it.

    Examples
    --------
    >>> steps(10, 40, 10).values
    (10, 20, 30)
    """
    count = -(-(stop - start) // step) if step else 0
    if not 1 <= count <= MOST:
        raise SettingError(_("steps({a:g}, {b:g}, {c:g}) lists no value, or more than {most:,}").format(
            a=start, b=stop, c=step, most=MOST))  # fmt: skip
    values = [start + k * step for k in np.arange(int(count)).tolist()]
    return Range(values=tuple(round(v, 12) if isinstance(v, float) else v for v in values))


def varied(policies: Any, vary: Mapping[str, Any]) -> tuple[list[Policy], list[Axis], dict[str, dict[str, Any]]]:
    """Policies as they stand, the axes that vary them, and the options of groups that vary by name."""
    teams, axes = _teams(policies)
    axes += [_axis(str(key), value) for key, value in vary.items()]
    choices = {a.key: _options(a.key, vary[a.key]) for a in axes if a.key in SHARED}
    return teams, axes, choices


def _teams(policies: Any) -> tuple[list[Policy], list[Axis]]:
    """Policies, and the ranges among their settings."""
    if not isinstance(policies, Mapping):
        return policies_of(policies), []
    teams, axes = [], []
    for label, given in policies.items():
        if isinstance(given, str | Policy | Strategy):
            teams.append(policy(given, label=str(label)))
            continue
        values = dict(given or {})
        source, own = values.pop("strategy", label), {k: values.pop(k) for k in ("gate", "operations") if k in values}
        by_tier = {str(t): dict(v) for t, v in (values.pop("by_tier", None) or {}).items()}
        fixed = {k: v for k, v in values.items() if not _is_range(v)}
        tiers = {t: {k: v for k, v in row.items() if not _is_range(v)} for t, row in by_tier.items()}
        # A file that is named by nothing but itself is called as on the command line: without its folder and ``.py``.
        called = "" if source == label and str(label).endswith(".py") else str(label)
        chosen = policy(source, label=called, by_tier={t: row for t, row in tiers.items() if row}, **own, **fixed)
        teams.append(chosen)
        if "." in chosen.name and (any(map(_is_range, values.values())) or tiers != by_tier):
            text = _("{name!r} has a dot in its name, so its settings cannot be varied; give it another, as in {example}")
            example = f"{{'{chosen.name.replace('.', '_')}': {{'strategy': {str(source)!r}, ...}}}}"
            raise SettingError(text.format(name=chosen.name, example=example))
        axes += [_axis(f"strategy.{chosen.name}.{k}", v) for k, v in values.items() if _is_range(v)]
        axes += [_axis(f"strategy.{chosen.name}.by_tier.{t}.{k}", v)
                 for t in TIERS if t in by_tier for k, v in by_tier[t].items() if _is_range(v)]  # fmt: skip
    return policies_of(teams), axes


def _is_range(value: Any) -> bool:
    return isinstance(value, Range | Axis | list | tuple | range | np.ndarray)


def _axis(key: str, value: Any) -> Axis:
    if isinstance(value, Axis):
        return replace(value, key=key)
    if isinstance(value, Range):
        return value.axis(key)
    if key in SHARED and isinstance(value, Mapping):
        return Axis(key, values=tuple(map(str, value)))
    if _is_range(value):
        values = value.tolist() if isinstance(value, np.ndarray) else [_worded(key, v) for v in value]
        if values:
            return Axis(key, values=tuple(values))
    raise SettingError(_("{key} needs a range: a list of values, interval(a, b) or log(a, b)").format(key=key))


def _worded(key: str, value: Any) -> Any:
    """A list of actions as the words that stand for it; anything else as it is."""
    if not (key.split(".")[0] == "operations" and key.split(".")[-1] in LEVELS and isinstance(value, list | tuple)):
        return value
    actions = [v if isinstance(v, Action) else Action(**v) if isinstance(v, Mapping) else str(v) for v in value]
    return "+".join(words_of([a]) if isinstance(a, Action) else a for a in actions) or words_of(())


def _options(group: str, given: Any) -> dict[str, Any]:
    """Nodes of a group's options by name."""
    if isinstance(given, Mapping):
        return {str(name): dict(node) for name, node in given.items()}
    values = given.values if isinstance(given, Range | Axis) else given
    if group == "gate":
        return {str(name): gate_node(str(name)) for name in values}
    blank = {"name": None, **dict.fromkeys((*LEVELS, *ORDERABLE))}
    return {str(name): blank | option(group, str(name)) for name in values}
