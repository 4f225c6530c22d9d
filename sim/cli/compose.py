"""Hydra composes a verb's configuration in process and writes nothing. The only file that knows Hydra; plain dictionaries
leave it.

Scenario presets are Python records, and a user may bring his own scenario or strategy file, so their nodes are made on
the spot, only those that were asked for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from sim.cli.chosen import chosen_scenario, chosen_strategies

if TYPE_CHECKING:
    from sim.cli.words import Words
    from sim.setup.design import Axis

PLAYED = ("gate", "operations", "score")
GROUPS = {
    **dict.fromkeys(("rehearse", "sweep", "tune", "breakpoint", "sensitivity"), PLAYED),
    **dict.fromkeys(("ingest", "calibrate"), ()),
    **dict.fromkeys(("replay", "review"), (*PLAYED, "feed")),
    "shadow": ("gate",),
}
"""Groups of conf/ that a verb composes, beside scenario and strategy."""
FUNCTIONS = ("interval", "range", "choice", "tag", "glob", "shuffle", "sort", "int", "float", "str", "bool", "json_str",
             "extend_list")  # fmt: skip
"""What Hydra's grammar calls; ranges are written with the first three."""


# -- studies that vary something ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Varied:
    """A study over ranges. ``config``: the composed configuration, under ``options`` the nodes of varied groups by name.
    ``scenarios``, ``presets``: every scenario chosen, by name, as :func:`chosen_scenario` gives it. ``axes``: what varies.
    ``fixed``: the words that give one value."""

    config: dict[str, Any]
    scenarios: dict[str, dict[str, Any]]
    presets: dict[str, Any]
    axes: list[Axis]
    fixed: list[str]


def scenario_words(chosen: str) -> list[str]:
    """The scenarios that ``scenario=`` chooses, each as it was written."""
    from sim.cli.words import listed

    return listed(chosen)


def compose_varied(verb: str, cut: Words, default: str) -> Varied | None:
    """Compose a study whose words may hold ranges, once; None if it was only to be shown. default: the scenario."""
    from sim.cli.words import WordError, addressed, listed

    labels = chosen_strategies(cut)
    axes, rest = _ranges(cut.rest, labels, verb)
    quiet, config, scenarios, presets = replace(cut, rest=rest, show=False), {}, {}, {}
    for choice in listed(cut.chosen.get("scenario", default)):
        scenario, preset = chosen_scenario(choice)
        made = compose_verb(verb, quiet, labels, scenario) or {}
        config, name = config or made, str(made["scenario"]["name"])
        if name in scenarios:
            raise WordError(f"two scenarios are called {name!r}; give each once, or another name")
        scenarios[name], presets[name] = made["scenario"], preset
    if not scenarios:
        raise WordError("scenario= names no scenario; see stockcue list")
    config["options"] = {
        axis.key: {str(v): _option(verb, quiet, labels, scenarios, axis.key, v) for v in axis.values}
        for axis in axes
        if axis.key in GROUPS[verb]
    }
    if cut.show:
        from omegaconf import OmegaConf

        shown = {k: v for k, v in config.items() if k not in ("options", "scenario")} | {"scenarios": scenarios}
        print(OmegaConf.to_yaml(OmegaConf.create(shown | {"varied": {a.key: a.spelt for a in axes}})), end="")
        return None
    return Varied(config, scenarios, presets, axes, addressed(rest, labels, verb))


def _option(verb: str, cut: Words, labels: dict[str, str], scenarios: Mapping[str, Any], group: str, name: Any) -> Any:
    """The node of one option of a group, with the user's other words put over it."""
    scenario = next(iter(scenarios.values()))
    return (compose_verb(verb, replace(cut, rest=[f"{group}={name}", *cut.rest]), labels, scenario) or {})[group]


def _ranges(words: list[str], labels: Mapping[str, str], verb: str) -> tuple[list[Axis], list[str]]:
    """Words that give several values as axes, and the other words."""
    from sim.cli.words import WordError, addressed, parts
    from sim.setup.space import ROOMS

    axes, rest = [], []
    for word in words:
        _, key, value = parts(word, verb)
        found = None if value is None else _readable(f"key={value}")
        if found is None or not found.is_sweep_override():
            rest.append(word)
            continue
        if (root := key.split(".")[0]) not in ROOMS:
            near = difflib.get_close_matches(root, ROOMS, n=1, cutoff=0.7)
            more = f"; did you mean {near[0]!r}?" if near else ", and this is none of them: give it one value"
            raise WordError(f"{word!r} gives several values; {verb} varies settings of {', '.join(ROOMS)}{more}")
        axes.append(_axis(parts(addressed([word], labels, verb)[0], verb)[1], found, word))
    taken = {parts(word, verb)[1] for word in addressed(rest, labels, verb)}
    for axis in axes:
        if axis.key in taken:
            raise WordError(f"{axis.key} is given one value and a range; give it once")
    return axes, rest


def _axis(key: str, found: Any, word: str) -> Axis:
    """The axis that a range in Hydra's sweep grammar describes."""
    from hydra.core.override_parser.types import IntervalSweep, QuotedString, Transformer

    from sim.cli.words import WordError
    from sim.setup.design import MOST, Axis

    swept = found.value()
    tags = set(getattr(swept, "tags", ()))
    if tags - {"log"} or (tags and not isinstance(swept, IntervalSweep)):
        raise WordError(f"{word!r} has a tag that means nothing here; only tag(log,interval(a,b)) does")
    if isinstance(swept, IntervalSweep):
        return Axis(key, swept.start, swept.end, "log" in tags, isinstance(swept.start, int) and isinstance(swept.end, int))
    try:
        listed = islice(found.sweep_iterator(Transformer.identity), MOST + 1)
        values = [v.text if isinstance(v, QuotedString) else v for v in listed]
    except Exception:
        raise WordError(f"{word!r} gives no list of values; write a,b,c or range(a,b,step) or interval(a,b)") from None
    if len(values) > MOST:
        raise WordError(f"{word!r} lists more than {MOST:,} values; take a larger step, or interval(a,b) and points=")
    if not values:
        raise WordError(f"{word!r} lists no value; its start must lie before its end")
    if any(not isinstance(v, int | float | str) for v in values):
        raise WordError(f"{word!r} must give numbers or names to choose from")
    return Axis(key, values=tuple(values))


# -- Hydra ----------------------------------------------------------------------------------------------------


def compose_verb(verb: str, cut: Words, labels: dict[str, str], scenario: dict[str, Any] | None) -> dict[str, Any] | None:
    """The verb's configuration as plain data, ``strategy`` by label; None if it was only to be shown."""
    from omegaconf import OmegaConf

    from sim.app.listing import options
    from sim.cli.words import addressed, chooses

    rest = addressed(cut.rest, labels, verb)
    groups = [w for w in rest if chooses(w, {group: options(group) for group in GROUPS[verb]}, verb)]
    fixed = _nodes(labels, scenario)
    try:
        config = _composed(verb, [*fixed, *groups], [w for w in rest if w not in groups])
        plain: Any = OmegaConf.to_container(config, resolve=True)
    except Exception as error:
        _explain(error, verb, rest, _composed(verb, [*fixed, *groups], []))
    if cut.show:
        print(OmegaConf.to_yaml(OmegaConf.create(plain)), end="")
        return None
    return plain


def _nodes(labels: Mapping[str, str], scenario: dict[str, Any] | None) -> list[str]:
    """The overrides that choose scenario and strategies. What no YAML file holds is stored first: the scenario, and the
    settings of a user's own strategy, all null."""
    from hydra.core.config_store import ConfigStore

    from strategies.registry import load, names

    store, words = ConfigStore.instance(), []
    for label, source in labels.items():
        strategy = load(source)
        if source not in names():
            values: dict[str, Any] = {"name": source} | {p.name: None for p in strategy.params} | {"by_tier": {}}
            store.store(group="strategy", name=f"own_{label}", node=values)
        words.append(f"+strategy@strategy.{label}={source if source in names() else f'own_{label}'}")
    if scenario is not None:
        store.store(group="scenario", name="chosen", node=scenario)
        words.append("scenario=chosen")
    return words


def _composed(verb: str, choices: list[str], values: list[str]) -> Any:
    """Hydra's configuration. A key its grammar cannot spell (a SKU called 面膜) is set afterwards."""
    from hydra import compose, initialize_config_module
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    from sim.cli.words import parts

    spelt = [word for word in values if _readable(word)]
    GlobalHydra.instance().clear()
    with initialize_config_module("conf", version_base="1.3"):
        config = compose(config_name=verb, overrides=[*choices, *spelt])
    for word in values:
        if word not in spelt:
            prefix, key, value = parts(word, verb)
            OmegaConf.update(config, key, _readable(f"key={value}").value(), force_add=prefix in ("+", "++"))
    return config


def _readable(word: str) -> Any:
    """The word as Hydra's parser understands it, or None."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_override(word)
    except HydraException:
        return None


def _explain(error: Exception, verb: str, words: list[str], tree: Any) -> None:
    """Turn Hydra's complaint into one sentence about the word that caused it."""
    from omegaconf import OmegaConf

    from sim.cli.words import WordError, fault, parts
    from sim.score.profiles import of_old

    known = OmegaConf.to_container(tree, resolve=False)
    for word in words:
        sentence = _unreadable(word, verb) or of_old(parts(word, verb)[1]) or fault(word, known, verb)
        if sentence is not None:
            raise WordError(sentence) from None
    raise WordError(str(error).strip().splitlines()[0]) from None


def _unreadable(word: str, verb: str) -> str | None:
    """What is wrong with a word's syntax, if anything is."""
    from sim.cli.words import hint, parts

    found = _readable(word) or _readable(f"key={parts(word, verb)[2]}")
    if found is None:
        if re.search(r"=(tag\(|int\()?.*interval\(", word):
            return f"{word!r} gives no interval; its ends are two numbers, as in interval(10,400)"
        if word.count("(") != word.count(")"):
            return f"{word!r} has a bracket that is not closed, or not opened"
        if (called := re.match(r"[^=]*=(\w+)\(", word)) and called[1] not in FUNCTIONS:
            return f"{word!r} calls {called[1]!r}, which means nothing here{hint(called[1], FUNCTIONS[:3])}"
        return f"{word!r} cannot be read as key=value; put a value with special characters in quotes"
    if found.is_sweep_override():
        return f"{word!r} gives several values, and {verb} takes one; a list is written [a,b]"
    return None
