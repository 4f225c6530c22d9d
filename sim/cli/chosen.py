"""What the words of a command line choose by name or by file: strategies, a scenario, an experiment."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios.plain_yaml import plain_yaml, text_of
from sim.app.progress import aloud
from sim.cli.words import WordError, Words, labelled, laid_over, listed, split
from sim.setup.options import ENDINGS, options
from sim.words import _, did_you_mean, no_such

CHOOSING = ("scenario", "strategy", "experiment")
BOOK = ".xlsx"
OURS = ("verb", "overrides")
"""Keys of an experiment file of StockCue's own kind, a list of words. Any other file with settings is one of Hydra's kind."""


def chosen_strategies(cut: Words) -> dict[str, str]:
    """The strategies chosen, by label; those of a first rehearsal where none is."""
    from sim.study.rehearse import DEFAULT_STRATEGIES
    from strategies.registry import names

    entries = listed(cut.chosen.get("strategy", ",".join(DEFAULT_STRATEGIES)))
    return labelled(names() if entries == ["all"] else entries)


# -- experiments ----------------------------------------------------------------------------------------------


def read(words: Sequence[str], verb: str, choosing: Sequence[str] = CHOOSING) -> Words:
    """The words of a command line, cut up; those of a named experiment come first, so that the user's own win."""
    own = split(words, verb, choosing)
    name = own.chosen.get("experiment")
    if name is None:
        return own
    recommended = _words_of(name, verb, own.folders, ())
    cut = split([*recommended, *words], verb, choosing)
    theirs = split(recommended, verb, choosing).chosen.get("strategy")
    if theirs is not None and "strategy" not in own.chosen:
        cut.foreign = [source for source in labelled(listed(theirs)).values() if source.endswith(".py")]
    if not cut.show:
        for source in dict.fromkeys(cut.foreign):
            aloud(_("runs the code of {source}").format(source=source), sys.stderr)
    return cut


def _words_of(name: str, verb: str, folders: Sequence[str], within: tuple[str, ...]) -> list[str]:
    """The words an experiment stands for. within: the experiments that led here."""
    known = options("experiment", folders)
    if name not in known and not name.endswith((*ENDINGS, BOOK)):
        raise WordError(no_such("experiment", name, [], otherwise=_file_or(name, known, (*ENDINGS, "/recommended.yaml"))))
    if name in within:
        raise WordError(_("the experiment {name!r} rests on itself; take it out of its defaults").format(name=name))
    path = Path(known.get(name, name))
    settings = _sheet(path) if path.suffix == BOOK else _file(str(path), "experiment")
    if "overrides" not in settings and set(settings) - set(OURS):
        return _of_hydra(settings, path, verb, folders, (*within, name))
    if (meant := settings.get("verb", "rehearse")) != verb and not (meant == "rehearse" and verb == "breakpoint"):
        raise WordError(
            _("the experiment {name!r} is for another verb; give it as stockcue {meant} experiment={name}").format(
                name=name, meant=meant
            )
        )
    given = settings.get("overrides")
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise WordError(_("the experiment file {name!r} needs overrides, a list of words of the command line").format(name=name))
    return [_beside(word, path.parent) for word in given]


def _sheet(path: Path) -> dict[str, Any]:
    """A recommendation that a team edited in a workbook, as the file of words it stands for."""
    from sim.app.settings_sheet import overrides

    return {"overrides": overrides(path)}


def _of_hydra(settings: dict[str, Any], path: Path, verb: str, folders: Sequence[str], within: tuple[str, ...]) -> list[str]:
    """The words that an experiment of Hydra's kind stands for: options chosen under ``defaults``, and settings by name."""
    package = re.search(r"#\s*@package\s+(\S+)", path.read_text(encoding="utf-8"))
    if package and package[1] != "_global_":
        raise WordError(
            _("the experiment file {path!r} is laid into {package!r}; write # @package _global_ in its first line").format(
                path=str(path), package=package[1]
            )
        )
    defaults = settings.pop("defaults", [])
    if not isinstance(defaults, list):
        raise WordError(
            _("defaults of the experiment file {path!r} must be a list, as in [override /gate: calm_room]").format(path=str(path))
        )
    words: list[str] = []
    for entry in defaults:
        words += _default(entry, path, verb, folders, within)
    return words + [_beside(word, path.parent) for word in _leaves(settings, ())]


def _default(entry: Any, path: Path, verb: str, folders: Sequence[str], within: tuple[str, ...]) -> list[str]:
    """One entry of ``defaults``: ``override /gate: calm_room``, another experiment, or ``_self_``."""
    if entry == "_self_":
        return []
    if isinstance(entry, str):
        name = entry.removeprefix("/experiment/")
        near = path.parent / f"{name}.yaml"
        return _words_of(name if name in options("experiment", folders) else str(near), verb, folders, within)
    key, value = next(iter(entry.items())) if isinstance(entry, Mapping) and len(entry) == 1 else ("", None)
    group = str(key).removeprefix("override ").strip().lstrip("/")
    if group == "experiment":
        return _words_of(str(value), verb, folders, within)
    chosen = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if group not in ("scenario", "strategy", "gate", "operations", "score", "feed") or value is None:
        raise WordError(
            _(
                "defaults of the experiment file {path!r} hold {entry!r}, which chooses nothing; they choose as in override "
                "/gate: calm_room, of scenario, strategy, gate, operations, score or feed"
            ).format(path=str(path), entry=entry)
        )
    return [_beside(f"{group}=[{chosen}]" if isinstance(value, list) else f"{group}={chosen}", path.parent)]


def _leaves(node: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The words for settings written as a tree. A text like interval(1,9) is a range, as it is on the command line."""
    from sim.cli.grammar import spelt

    for name, value in node.items():
        key = ".".join((*path, str(name)))
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, str(name)))
        elif isinstance(value, str) and (re.fullmatch(r"(interval|range|choice|tag|int)\(.*\)", value) or key in CHOOSING):
            yield f"{key}={value}"
        elif isinstance(value, list) and key in CHOOSING:
            yield f"{key}=[{','.join(map(str, value))}]"
        else:
            yield f"{key}={spelt(value)}"


def _beside(word: str, folder: Path) -> str:
    """A word of an experiment file; the files it chooses lie beside that file, if they do, or else where the user stands."""
    key, _, value = word.partition("=")
    if key not in ("scenario", "strategy"):
        return word

    def found(match: re.Match[str]) -> str:
        return str(folder / match[0]) if (folder / match[0]).is_file() else match[0]

    return f"{key}={re.sub(r'[^][,:]+[.](py|ya?ml)(?=$|[],])', found, value)}"


# -- scenarios ------------------------------------------------------------------------------------------------


def chosen_scenario(choice: str, folders: Sequence[str] = ()) -> tuple[dict[str, Any], Any]:
    """A scenario as plain data, every setting of it, and the preset it starts from (None where a file stands alone)."""
    from scenarios.registry import load, names, plain
    from sim.setup.uncertain import complete

    own = options("scenario", folders)
    if choice not in own and not choice.endswith(ENDINGS):
        if choice not in names():
            raise WordError(no_such("scenario", choice, [], otherwise=_file_or(choice, [*own, *names()], ENDINGS)))
        preset = load(choice)
        return plain(preset), preset
    given = _file(str(own.get(choice, choice)), "scenario")
    base = given.pop("base", None)
    if base is None:
        return complete(given), None
    preset = load(str(base))
    return complete(laid_over(plain(preset), given)), preset


def chosen_world(choice: str | None, folders: Sequence[str] = ()) -> dict[str, Any]:
    """The parts of a scenario that a recording is silent about, as plain data; those of a preset or file where one is chosen."""
    from scenarios.registry import plain
    from sim.replay.closedtape import WORLD, backdrop

    whole = plain(backdrop())
    if choice is not None:
        # A preset's host improvises cues out of a model; a recording's host did what he did.
        whole |= {k: v for k, v in chosen_scenario(choice, folders)[0].items() if k != "host"}
    return {part: whole[part] for part in WORLD}


def _file_or(name: str, known: Iterable[str], endings: Iterable[str]) -> str:
    """A hint: the file of that name where there is one, else the nearest known name."""
    file = next((f"{name}{ending}" for ending in endings if Path(f"{name}{ending}").is_file()), None)
    return _("; did you mean {word!r}?").format(word=file) if file else did_you_mean(name, known)


def _file(path: str, what: str) -> dict[str, Any]:
    """A user's scenario or experiment file as plain data."""
    where = _("the {what} file {path!r}").format(what=what, path=path)
    settings = plain_yaml(text_of(Path(path), where, WordError), where, WordError)
    settings = {} if settings is None else settings
    if not isinstance(settings, dict) or "${" in str(settings):
        raise WordError(_("the {what} file {path!r} must hold settings by name, without ${{...}}").format(what=what, path=path))
    return {str(key): value for key, value in settings.items()}
