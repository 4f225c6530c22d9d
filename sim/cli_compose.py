"""Hydra composes a verb's configuration in process and writes nothing. The only file that knows Hydra; plain dictionaries
leave it.

Scenario presets are Python records, and a user may bring his own scenario or strategy file, so their nodes are made on
the spot, only those that were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.cli_words import Words

GROUPS = {
    "rehearse": ("gate", "operations", "score"),
    "replay": ("gate", "feed", "operations", "score"),
    "review": ("gate", "feed", "operations", "score"),
}
"""Groups of conf/ that a verb composes, beside scenario and strategy."""


# -- what was chosen ------------------------------------------------------------------------------------------


def chosen_strategies(cut: Words) -> dict[str, str]:
    """The strategies chosen, by label; those of a first rehearsal where none is."""
    from sim.cli_words import labelled, listed
    from sim.study.rehearse import DEFAULT_STRATEGIES
    from strategies.registry import names

    entries = listed(cut.chosen.get("strategy", ",".join(DEFAULT_STRATEGIES)))
    return labelled(names() if entries == ["all"] else entries)


def experiment(words: list[str], verb: str) -> list[str]:
    """The words of a named experiment, then the user's own, so that his win."""
    from sim.cli_words import WordError, hint, split
    from sim.report.catalogue import options

    name = split(words, verb, ("experiment",)).chosen.get("experiment")
    if name is None:
        return words
    known = options("experiment")
    if name not in known and not name.endswith((".yaml", ".yml")):
        raise WordError(f"no experiment is called {name!r}{hint(name, known)}")
    made = _file(str(known.get(name, name)), "experiment")
    if (meant := made.get("verb", "rehearse")) != verb:
        raise WordError(f"the experiment {name!r} is for another verb; give it as stockcue {meant} experiment={name}")
    given = made.get("overrides")
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise WordError(f"the experiment file {name!r} needs overrides, a list of words of the command line")
    return [*given, *words]


def chosen_scenario(choice: str) -> tuple[dict[str, Any], Any]:
    """A scenario as plain data, and the preset it starts from (None where a file stands alone)."""
    from scenarios.registry import load, plain
    from sim.cli_words import laid_over

    if not choice.endswith((".yaml", ".yml")):
        preset = load(choice)
        return plain(preset), preset
    given = _file(choice, "scenario")
    base = given.pop("base", None)
    if base is None:
        return given, None
    preset = load(str(base))
    return laid_over(plain(preset), given), preset


def chosen_world(choice: str | None) -> dict[str, Any]:
    """The parts of a scenario that a recording is silent about, as plain data; those of a preset or file where one is chosen."""
    from scenarios.registry import plain
    from sim.replay.closedtape import WORLD, backdrop

    whole = plain(backdrop())
    if choice is not None:
        # A preset's host improvises cues out of a model; a recording's host did what he did.
        whole |= {k: v for k, v in chosen_scenario(choice)[0].items() if k != "host"}
    return {part: whole[part] for part in WORLD}


def _file(path: str, what: str) -> dict[str, Any]:
    """A user's scenario or experiment file as plain data."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from sim.cli_words import WordError

    try:
        made = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except OSError as error:
        raise WordError(f"the {what} file {path!r} cannot be read: {error.strerror or error}") from None
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
        raise WordError(f"the {what} file {path!r} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(made, dict) or "${" in str(made):
        raise WordError(f"the {what} file {path!r} must hold settings by name, without ${{...}}")
    return {str(key): value for key, value in made.items()}


# -- Hydra ----------------------------------------------------------------------------------------------------


def compose_verb(verb: str, cut: Words, labels: dict[str, str], scenario: dict[str, Any] | None) -> dict[str, Any] | None:
    """The verb's configuration as plain data, ``strategy`` by label; None if it was only to be shown."""
    from omegaconf import OmegaConf

    from sim.cli_words import addressed, chooses
    from sim.report.catalogue import options

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

    from sim.cli_words import parts

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

    from sim.cli_words import WordError, fault

    known = OmegaConf.to_container(tree, resolve=False)
    for word in words:
        sentence = _unreadable(word, verb) or fault(word, known, verb)
        if sentence is not None:
            raise WordError(sentence) from None
    raise WordError(str(error).strip().splitlines()[0]) from None


def _unreadable(word: str, verb: str) -> str | None:
    """What is wrong with a word's syntax, if anything is."""
    from sim.cli_words import parts

    found = _readable(word) or _readable(f"key={parts(word, verb)[2]}")
    if found is None:
        return f"{word!r} cannot be read as key=value; put a value with special characters in quotes"
    if found.is_sweep_override():
        return f"{word!r} gives several values, and {verb} takes one; a list is written [a,b]"
    return None
