"""Plain arguments to records: a scenario, policies, a profile, ranges. Every fault is one sentence, before anything is played."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from scenarios.contract import Scenario
from scenarios.plain_yaml import plain_yaml, text_of
from scenarios.registry import from_plain, load, names, plain
from sim.app.plain import gate_of, node_of
from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.score.profiles import Profile
from sim.setup.choices import one_of, policy_from, profile_from
from sim.setup.options import options
from sim.setup.settings import SettingError
from sim.setup.uncertain import KEY, Uncertainty, asked, taken
from sim.words import _, no_such
from strategies import registry
from strategies.contract import Param, Strategy
from strategies.gate import GATE_PARAMS

__all__ = ["Param", "Policy", "Scenario", "Strategy", "policy", "scenario"]
YAML = (".yaml", ".yml")
Plain = Mapping[str, Any]
AnyScenario = str | Path | Scenario | Plain
AnyPolicy = str | Path | Policy | Strategy


# -- scenarios ------------------------------------------------------------------------------------------------


def scenario(source: AnyScenario, **changes: Any) -> Scenario:
    """A show to be played.

    Parameters
    ----------
    source : str, path, Scenario or mapping
        A built-in scenario by name (``stockcue list scenarios``), a ``.yaml`` file (which may start from one with ``base:``), a
        Scenario, or plain data as such a file holds them.
    **changes
        Settings put over it, by group: ``leaks={"duplicate_p": 0}``, ``skus={"serum-30ml": {"stock": 80}}``,
        ``duration_s=1800`` [s]. Units and bounds: ``stockcue list NAME``; sources: the contract's fields.

    Returns
    -------
    Scenario
        A frozen record.

    Raises
    ------
    ScenarioError, SettingError
        One sentence, where a name, a setting or a bound does not hold.

    Examples
    --------
    >>> scenario("double11", leaks={"duplicate_p": 0}).leaks.duplicate_p
    0.0
    """
    built = from_plain(_put_over(_values(source), changes, "scenario"))
    return built


def values_of(source: AnyScenario, uncertain: Any = False) -> dict[str, Any]:
    """Plain data of a scenario, with what its shows draw under KEY where the verb is to draw (``uncertain``)."""
    values = _values(source, whole=True)
    own = values.pop(KEY, None)
    if uncertain is True and own is not None:
        return values | {KEY: own}
    if uncertain and uncertain is not True:
        return values | {KEY: _uncertainty(uncertain)}
    return values


def drawn(source: AnyScenario, uncertain: Any) -> tuple[Scenario, Uncertainty | None]:
    """A scenario and what each of its shows draws: nothing unless asked for."""
    return asked(values_of(source, uncertain), bool(uncertain))


def worlds_of(scenarios: Any, uncertain: Any = False) -> dict[str, dict[str, Any]]:
    """Plain data of one or several scenarios, by name."""
    if isinstance(scenarios, str | Path | Scenario) or (isinstance(scenarios, Mapping) and "skus" in scenarios):
        scenarios = [scenarios]
    worlds: dict[str, dict[str, Any]] = {}
    for one in scenarios.values() if isinstance(scenarios, Mapping) else scenarios:
        values = values_of(one, uncertain)
        name = str(values.get("name"))
        if name in worlds:
            raise SettingError(_("two scenarios are called {name!r}; give each once, or another name").format(name=name))
        worlds[name] = values
    if not worlds:
        raise SettingError(_("no scenario is given; name one, as in scenario('first_show')"))
    return worlds


def base_of(show: Scenario) -> Scenario | None:
    """The built-in scenario a show starts from, by its name."""
    return load(show.name) if show.name in names() else None


def _uncertainty(source: Any) -> Any:
    """What shows draw, as plain data: from a fitted scenario's file, or the Result of a calibration."""
    from sim.setup.uncertain import plain as plain_uncertainty

    if isinstance(source, Uncertainty):
        return plain_uncertainty(source)
    place = getattr(source, "folder", None)
    if not isinstance(source, str | Path) and place is None:
        text = _("uncertain must be true or false, a fitted file or a calibration, not {value!r}")
        raise SettingError(text.format(value=source))
    path = source if place is None else place / "scenario.yaml"
    values = _values(path, whole=True)
    if KEY not in values:
        raise SettingError(_("{path!r} says nothing about how uncertain it is; let calibrate write it").format(path=str(path)))
    return values[KEY]


def _values(source: AnyScenario, whole: bool = False) -> dict[str, Any]:
    """Plain data of a scenario. whole: with what its shows draw, where its file says that."""
    if isinstance(source, Scenario):
        return plain(source)
    if isinstance(source, Mapping):
        given = dict(source)
    elif str(source).endswith(YAML):
        given = read_yaml(source, "scenario")
    else:
        return plain(load(str(source)))
    base = given.pop("base", None)
    values = _put_over(plain(load(str(base))), given, "scenario", free=True) if base is not None else given
    if not whole:
        taken(values)
    return values


def _put_over(base: Plain, given: Plain, where: str, free: bool = False) -> dict[str, Any]:
    """``base`` with what is given put over it, group by group."""
    merged = dict(base)
    for key, value in given.items():
        if not free and where == "scenario" and key not in {f.name for f in fields(Scenario)}:
            known = [f.name for f in fields(Scenario)]
            raise SettingError(no_such("setting", key, known, _("a scenario")))
        below = merged.get(str(key))
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[str(key)] = _put_over(below, value, f"{where}.{key}", free) if both else value  # type: ignore[arg-type]
    return merged


def read_yaml(path: Any, what: str) -> dict[str, Any]:
    """A YAML file of settings by name, as plain data, read within bounds."""
    where = _("the {what} file {path!r}").format(what=what, path=str(path))
    content = plain_yaml(text_of(Path(path).expanduser(), where, SettingError), where, SettingError)
    if not isinstance(content, dict):
        raise SettingError(_("{file} must hold settings by name").format(file=where))
    return {str(key): value for key, value in content.items()}


# -- policies -------------------------------------------------------------------------------------------------


def policy(
    source: AnyPolicy,
    *,
    label: str = "",
    gate: str | Plain | None = None,
    operations: str | Plain | Playbook | None = None,
    by_tier: Mapping[str, Plain] | None = None,
    **settings: float | None,
) -> Policy:
    """Everything a team chooses: a strategy with its settings, the gate's settings, a playbook.

    Parameters
    ----------
    source : str, path, Strategy or Policy
        A built-in strategy by name, a ``.py`` file that defines ``STRATEGY``, a Strategy (one defined in a notebook cell too), or
        a policy to change.
    label : str
        What tables call it; empty: the strategy's name, of a file the file's, without ``.py``.
    gate : str or mapping
        Alert hygiene: an option of ``conf/gate`` by name, or settings such as ``{"cooldown_s": 30}`` [s].
    operations : str, mapping or Playbook
        The playbook: an option by name, settings put over the strategy's own such as ``{"auto_s": 0.5}`` [s], or a record.
    by_tier : mapping
        Settings that differ by tier: ``{"traffic": {"units": 200}}``.
    **settings
        The strategy's settings for all tiers, each within its declared bounds (``stockcue list NAME``).

    Returns
    -------
    Policy
        A frozen record.

    Raises
    ------
    StrategyError, PolicyError, SettingError
        One sentence, where a name, a setting or a bound does not hold.

    Examples
    --------
    >>> policy("smart", chance=0.2, gate={"cooldown_s": 30}).name
    'smart'
    """
    if isinstance(source, Policy):
        node = node_of(source)
        values = node | settings | {"by_tier": {**node["by_tier"], **(by_tier or {})}}
        chosen = policy_from(source.strategy, label or source.label, values, gate_node(gate, source), {}, source.name)
        return replace(chosen, playbook=source.playbook if operations is None else _playbook(source.strategy, operations))
    strategy = registry.load(source)
    tag = label or (Path(source).stem if isinstance(source, str | Path) and str(source).endswith(".py") else "")
    values = {**settings, "by_tier": by_tier or {}}
    chosen = policy_from(strategy, "" if tag == strategy.name else tag, values, gate_node(gate), {}, tag or strategy.name)
    return replace(chosen, playbook=_playbook(strategy, operations))


def policies_of(given: Any) -> list[Policy]:
    """Policies from one or several of them, each a name, a file, a Strategy or a Policy."""
    if isinstance(given, str | Path | Policy | Strategy):
        given = [given]
    policies = [one if isinstance(one, Policy) else policy(one) for one in given]
    if not policies:
        raise SettingError(_("no strategy was given; name at least one, as in ['smart', 'fixed_count']"))
    called = [p.name for p in policies]
    twice = next((name for name in called if called.count(name) > 1), None)
    if twice is not None:
        text = _("two policies are called {name!r}; give one another name, as in policy({name!r}, label='other')")
        raise SettingError(text.format(name=twice))
    return policies


def _playbook(strategy: Strategy, given: str | Plain | Playbook | None) -> Playbook:
    from sim.setup.choices import playbook_of

    if isinstance(given, Playbook):
        return given
    return playbook_of(strategy.playbook, option("operations", given) if isinstance(given, str) else given or {})


def gate_node(given: str | Plain | None, base: Policy | None = None) -> dict[str, Any]:
    """Settings of the gate as plain data, None where the default applies."""
    plain_ = option("gate", given) if isinstance(given, str) else dict(given or {})
    node = dict.fromkeys(p.name for p in GATE_PARAMS) if base is None else gate_of(base)
    for key in plain_:
        if key not in node:
            raise SettingError(no_such("setting", key, node, _("the gate")))
    return node | plain_


def option(group: str, name: str) -> dict[str, Any]:
    """An option of ``conf`` by name, as plain data: what differs from the defaults."""
    known = options(group)
    one_of(group, name, list(known))
    return {key: value for key, value in read_yaml(known[name], group).items() if value is not None}


def profile_of(score: str | Plain | Profile) -> Profile:
    """What things cost: a profile by name, with weights put over it, or a record."""
    if isinstance(score, Profile):
        return score
    return profile_from({"name": score} if isinstance(score, str) else score)


# -- names and paths ------------------------------------------------------------------------------------------


def listed(value: Any) -> list[str]:
    """A setting that is a name or several; empty where it is not given."""
    return [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)] if value else []


def paths_of(given: Any) -> list[str]:
    """A path or several, as text; empty where none is given."""
    many: Iterable[Any] = given if isinstance(given, list | tuple) else [] if given in (None, "") else [given]
    return [str(path) for path in many if path not in (None, "")]
