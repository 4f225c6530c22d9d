"""What the words of a command line choose by name or by file: strategies, a scenario, an experiment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.cli.words import Words


def chosen_strategies(cut: Words) -> dict[str, str]:
    """The strategies chosen, by label; those of a first rehearsal where none is."""
    from sim.cli.words import labelled, listed
    from sim.study.rehearse import DEFAULT_STRATEGIES
    from strategies.registry import names

    entries = listed(cut.chosen.get("strategy", ",".join(DEFAULT_STRATEGIES)))
    return labelled(names() if entries == ["all"] else entries)


def experiment(words: list[str], verb: str) -> list[str]:
    """The words of a named experiment, then the user's own, so that his win."""
    from sim.app.listing import options
    from sim.cli.words import WordError, hint, split

    name = split(words, verb, ("experiment",)).chosen.get("experiment")
    if name is None:
        return words
    known = options("experiment")
    if name not in known and not name.endswith((".yaml", ".yml")):
        raise WordError(f"no experiment is called {name!r}{hint(name, known)}")
    made = _file(str(known.get(name, name)), "experiment")
    if (meant := made.get("verb", "rehearse")) != verb and not (meant == "rehearse" and verb == "breakpoint"):
        raise WordError(f"the experiment {name!r} is for another verb; give it as stockcue {meant} experiment={name}")
    given = made.get("overrides")
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise WordError(f"the experiment file {name!r} needs overrides, a list of words of the command line")
    return [*(_beside(word, Path(name).parent) for word in given), *words]


def _beside(word: str, folder: Path) -> str:
    """A word of an experiment file; the files it chooses lie beside that file, if they do, or else where the user stands."""
    key, _, value = word.partition("=")
    if key not in ("scenario", "strategy"):
        return word

    def found(match: re.Match[str]) -> str:
        return str(folder / match[0]) if (folder / match[0]).is_file() else match[0]

    return f"{key}={re.sub(r'[^][,:]+[.](py|ya?ml)(?=$|[],])', found, value)}"


def chosen_scenario(choice: str) -> tuple[dict[str, Any], Any]:
    """A scenario as plain data, and the preset it starts from (None where a file stands alone)."""
    from scenarios.registry import load, plain
    from sim.cli.words import laid_over

    if not choice.endswith((".yaml", ".yml")):
        preset = load(choice)
        return plain(preset), preset
    given = _file(choice, "scenario")
    base = given.pop("base", None)
    if base is None:
        return _whole(given), None
    preset = load(str(base))
    return laid_over(plain(preset), given), preset


def _whole(given: dict[str, Any]) -> dict[str, Any]:
    """A file that stands alone, with every setting it leaves out, so that words and ranges may change those too; what is not a
    scenario's stays as it is."""
    from scenarios.registry import from_plain, plain
    from sim.setup.uncertain import taken

    alone = dict(given)
    taken(alone)
    return given | plain(from_plain(alone))


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

    from sim.cli.words import WordError

    try:
        made = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except OSError as error:
        raise WordError(f"the {what} file {path!r} cannot be read: {error.strerror or error}") from None
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
        raise WordError(f"the {what} file {path!r} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(made, dict) or "${" in str(made):
        raise WordError(f"the {what} file {path!r} must hold settings by name, without ${{...}}")
    return {str(key): value for key, value in made.items()}
