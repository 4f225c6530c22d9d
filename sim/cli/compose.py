"""Hydra composes a verb's configuration in process and writes nothing. With ``grammar`` the only file that knows Hydra; plain
dictionaries leave it.

Hydra chooses the options of groups, in ``conf/`` and in a team's own folders. Everything that has a name of the user's (his
scenario and its items, his strategies and their labels) and every single value is put over what Hydra composed, by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.bare import clock, percent, range_words, several_words, span
from sim.cli.chosen import chosen_scenario, chosen_strategies
from sim.cli.grammar import TEXTS, axis_of, several, value_of
from sim.cli.words import WordError, Words, addressed, laid_over, listed, parts
from sim.score.profiles import of_old
from sim.setup.options import CONF, options
from sim.setup.paths import steps
from sim.setup.space import ROOMS, called_by_name, declared_entries, declared_names
from sim.setup.tree import GROUPS, complete, strategy_node, tree_of, values_used
from sim.words import _, nearest, no_such

EXAMPLE = "example"
"""The recording that comes with StockCue, by name."""

if TYPE_CHECKING:
    from sim.setup.design import Axis


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
    return listed(chosen)


def compose_varied(verb: str, cut: Words, default: str) -> Varied | None:
    """Compose a study whose words may hold ranges, once; None if it was only to be shown. default: the scenario."""
    labels = chosen_strategies(cut)
    axes, fixed = _ranges(cut, labels, verb)
    config = _with_strategies(verb, fixed, cut, labels)
    scenarios, presets = {}, {}
    for choice in listed(cut.chosen.get("scenario", default)):
        values, preset = chosen_scenario(choice, cut.folders)
        scenario = _applied({"scenario": values}, [w for w in fixed if _room(w, verb) == "scenario"], verb)["scenario"]
        name = str(scenario.get("name", choice))
        if name in scenarios:
            raise WordError(_("two scenarios are called {name!r}; give each once, or another name").format(name=name))
        scenarios[name], presets[name] = scenario, preset
    if not scenarios:
        raise WordError(_("scenario= names no scenario; see stockcue list"))
    others = [w for w in fixed if _room(w, verb) != "scenario"]
    config["scenario"] = next(iter(scenarios.values()))
    config["options"] = {
        axis.key: {str(v): _option(verb, axis.key, str(v), cut.folders, others) for v in axis.values}
        for axis in axes
        if axis.key in GROUPS[verb]
    }
    if cut.show:
        used = values_used(verb, {key: value for key, value in config.items() if key != "options"}, cut.unknown(labels))
        used.pop("scenario")
        shown = used | {"scenarios": {k: complete(v) for k, v in scenarios.items()}}
        _print(shown | {"varied": {a.key: a.spelt for a in axes}})
        return None
    return Varied(config, scenarios, presets, axes, fixed)


def _option(verb: str, group: str, name: str, folders: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    """The node of one option of a group, with the words about its single settings put over it."""
    own = [w for w in words if parts(w, verb).key.startswith(f"{group}.")]
    return _applied(_composed(verb, [(group, name)], folders), own, verb)[group]


def _room(word: str, verb: str) -> str:
    return parts(word, verb).key.split(".")[0]


def _ranges(cut: Words, labels: Mapping[str, str], verb: str) -> tuple[list[Axis], list[str]]:
    """Words that give several values as axes, and the other words; both with the strategy's label in their keys."""
    axes, fixed = [], []
    for word in cut.rest:
        _name, key, value = parts(word, verb)
        if value is None or not several(key, value):
            fixed += addressed([word], labels, verb)
            continue
        if (root := key.split(".")[0]) not in ROOMS:
            near = nearest(root, ROOMS)
            text = (
                _("{word!r} gives several values; {verb} varies settings of {rooms}; did you mean {near!r}?")
                if near
                else _(
                    "{word!r} gives several values; {verb} varies settings of {rooms}, and this is none of them: give it one "
                    "value"
                )
            )
            raise WordError(text.format(word=word, verb=verb, rooms=", ".join(ROOMS), near=near))
        axis = axis_of(parts(addressed([word], labels, verb)[0], verb).key, value, word)
        if axis.key in GROUPS[verb]:
            for name in axis.values:
                _known(axis.key, str(name), cut.folders)
        axes.append(axis)
    taken = {parts(word, verb).key for word in fixed}
    for axis in axes:
        if axis.key in taken:
            raise WordError(_("{key} is given one value and a range; give it once").format(key=axis.key))
    return axes, fixed


# -- one configuration ----------------------------------------------------------------------------------------


def compose_verb(verb: str, cut: Words, labels: dict[str, str], scenario: dict[str, Any] | None) -> dict[str, Any] | None:
    """The verb's configuration as plain data, ``strategy`` by label; None if it was only to be shown.

    A setting that is None keeps its declared default.
    """
    config = _with_strategies(verb, addressed(cut.rest, labels, verb), cut, labels, scenario)
    if cut.show:
        _print(values_used(verb, config, cut.unknown(labels)))
        return None
    return config


def _with_strategies(
    verb: str, words: Sequence[str], cut: Words, labels: Mapping[str, str], scenario: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The configuration for these words; without a scenario those about one are left out where the verb plays several."""
    chosen = [(p.key, p.value or "") for p in (parts(w, verb) for w in words) if p.key in GROUPS[verb] and p.prefix != "~"]
    tree = _composed(verb, chosen, cut.folders)
    if labels:
        unknown = cut.unknown(labels)
        tree["strategy"] = {name: {"name": file} if name in unknown else strategy_node(file) for name, file in labels.items()}
    if scenario is not None:
        tree["scenario"] = scenario
    several_shows = scenario is None and verb in ("sweep", "tune", "sensitivity")
    values = [w for w in words if parts(w, verb).key not in GROUPS[verb] and not (several_shows and _room(w, verb) == "scenario")]
    return _applied(tree, values, verb)


def _composed(verb: str, chosen: Sequence[tuple[str, str]], folders: Sequence[str]) -> dict[str, Any]:
    """Hydra's configuration: the verb's tree of settings with the options chosen put over it."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    groups = GROUPS[verb] | dict(chosen)
    for group, name in groups.items():
        _known(group, name, folders)
    defaults = ["_self_", *({group: name} for group, name in groups.items())]
    ConfigStore.instance().store(name=f"stockcue_{verb}", node={"defaults": defaults, **tree_of(verb)})
    GlobalHydra.instance().clear()
    paths = [f"hydra.searchpath=[{','.join(_quoted(f'file://{folder}') for folder in folders)}]"] if folders else []
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            tree: Any = OmegaConf.to_container(compose(config_name=f"stockcue_{verb}", overrides=paths), resolve=True)
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise WordError(_("an option of {list} cannot be read: {one_line}").format(
                           list=', '.join((f'{g}={n}' for g, n in chosen)), one_line=_one_line(error))) from None  # fmt: skip
    return tree


def _known(group: str, name: str, folders: Sequence[str]) -> None:
    """Refuse an option that is not there."""
    if not name:
        raise WordError(
            _("{group}= names no option; known: {options}").format(group=group, options=", ".join(options(group, folders)))
        )
    if name not in (known := options(group, folders)):
        raise WordError(no_such("option", name, known, group))
    if name in options(group) and not known[name].is_relative_to(CONF):
        text = _("{word} is an option of StockCue's own and one of {folder!r}; give yours another name")
        raise WordError(text.format(word=f"{group}={name}", folder=str(known[name].parent)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


# -- values, by name ------------------------------------------------------------------------------------------


def _applied(tree: dict[str, Any], words: Sequence[str], verb: str) -> dict[str, Any]:
    """The tree with every word's value in its place; ``${...}`` stands for another setting's value, as in Hydra."""
    config = tree
    for word in words:
        config = _put(config, word, verb)
    if not any("${" in word for word in words):
        return config
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        resolved: Any = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
    except OmegaConfBaseException as error:
        raise WordError(_one_line(error)) from None
    return resolved


def _put(tree: dict[str, Any], word: str, verb: str) -> dict[str, Any]:
    """A copy of the tree with one word's value in its place, or a sentence about what is wrong with the word."""
    prefix, key, text = parts(word, verb)
    path = steps(tree, key)
    if prefix and path[0] == "scenario" and path[2:] and declared_entries(path[1]) and (text or "").lstrip().startswith("{"):
        path = [*path[:2], ".".join(path[2:])]  # a new entry, whose name may hold dots
    copy = dict(tree)
    node = copy
    for depth, name in enumerate(path[:-1]):
        _there(node, path, depth, prefix, verb)
        below = node.get(name)
        if below is not None and not isinstance(below, Mapping):
            raise WordError(of_old(".".join(path)) or _("{path} is a single value and has no setting {path_path!r}").format(
                               path='.'.join(path[:depth + 1]), path_path=path[depth + 1]))  # fmt: skip
        node[name] = dict(below or {})
        node = node[name]
    _there(node, path, len(path) - 1, prefix, verb)
    last = path[-1]
    if prefix == "~":
        node.pop(last, None)
        return copy
    if several(key, text or ""):
        raise WordError(several_words(verb, word, key, text or ""))
    value, standing = value_of(key, text or ""), node.get(last)
    _as_people_write(verb, word, key, value, standing)
    if prefix == "+" and standing is not None:
        raise WordError(_("{key} is there already; leave out the + to change it").format(key=key))
    by_name = isinstance(value, str) and path[0] == "scenario" and called_by_name(path[1:])
    if isinstance(standing, Mapping) and standing and not isinstance(value, Mapping) and not by_name:
        raise WordError(
            _("{key} is a group of settings; set one of them, as in {key}.{next}=...").format(key=key, next=next(iter(standing)))
        )
    node[last] = laid_over(standing, value) if isinstance(standing, Mapping) and isinstance(value, Mapping) else value
    return copy


def _as_people_write(verb: str, word: str, key: str, value: Any, standing: Any) -> None:
    """Refuse what is a number to people and none here: nothing at all, 20-400, 5 %."""
    if value == "" and key not in TEXTS and not isinstance(standing, str):
        raise WordError(_("{word!r} gives no value; leave it out to keep its default").format(word=word))
    if key == "stream" and isinstance(value, str) and nearest(value, [EXAMPLE]) and value != EXAMPLE and not Path(value).exists():
        raise WordError(no_such("file", value, [EXAMPLE]))  # fmt: skip
    if key.split(".")[0] not in ROOMS:
        return
    if key.rsplit(".", 1)[-1].endswith(("_hour", "_h")) and (hours := clock(value)):
        raise WordError(_("{word} is no number; hours are written {key}={hours}").format(word=word, key=key, hours=hours))
    if ends := span(value):
        raise WordError(_("{word} is no number; {range_words}").format(word=word, range_words=range_words(verb, key, *ends)))
    if (share := percent(value)) is not None:
        raise WordError(_("{word} is no number; shares are written {key}={share}").format(word=word, key=key, share=share))


def _there(node: Mapping[str, Any], path: Sequence[str], depth: int, prefix: str, verb: str) -> None:
    """Refuse a name that is not there, unless the word adds it, a strategy's tiers or a scenario's record have it."""
    name = path[depth]
    if name in node or (prefix in ("+", "++") and depth):
        return
    if path[0] == "strategy" and ("by_tier" in path[:depth] or (depth > 1 and "by_tier" not in node)):
        return  # the registry checks tiers, names and bounds; a strategy that is not run says none of its settings
    if path[0] == "scenario" and depth > 1 and name in declared_names(path[1:depth]):
        return  # of an entry that another word added
    if gone := of_old(".".join(path)):
        raise WordError(gone)
    where = ".".join(path[:depth]) or verb
    raise WordError(no_such("setting", name, [k for k in node if k != "name"] or list(node), where))


def _print(values: Mapping[str, Any]) -> None:
    import yaml

    print(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, default_flow_style=False, width=120), end="")
