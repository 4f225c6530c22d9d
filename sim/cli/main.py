"""The ``stockcue`` command: one function a verb, one exit code a kind of ending, one sentence a mistake."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from sim import __version__
from sim.cli import pages, reading, terminal
from sim.cli.endings import OK, ended, show, tidied_seldom
from sim.cli.helptext import HELP, help_on
from sim.cli.tried import without_cfg
from sim.words import LANGUAGES, _, language, no_such, speaking


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code (0 well, 1 failed, 2 bad input, 130 interrupted)."""
    words = list(sys.argv[1:] if argv is None else argv)
    terminal.prepare()
    with tidied_seldom() if argv is None else nullcontext():
        try:
            return ended(lambda: _spoken(words))
        finally:
            with suppress(OSError):
                terminal.tell()


def _spoken(words: list[str]) -> int:
    """Dispatch, in the language that ``lang=`` asks for; nothing else decides it."""
    from sim.cli.words import WordError

    if any("\udc80" <= sign <= "\udcff" for word in words for sign in word):
        raise WordError(
            _("this Python cannot read the words of the command ({encoding}); start it with PYTHONUTF8=1").format(
                encoding=sys.getfilesystemencoding()
            )
        )
    given = [word.removeprefix("lang=") for word in words if word.startswith("lang=")]
    if given and given[-1] not in LANGUAGES:
        raise WordError(no_such("language", given[-1], LANGUAGES))
    with speaking(given[-1] if given else language()):
        try:
            return ended(lambda: _dispatch([word for word in words if not word.startswith("lang=")]))
        finally:
            with suppress(OSError):
                terminal.tell_pictures()


def _dispatch(words: list[str]) -> int:
    verb = words[0] if words else "--help"
    if verb in ("--version", "-V", "version"):
        print(f"stockcue {__version__}")
    elif verb in ("--help", "-h"):
        print(help_on(""))
    elif verb == "help" or {"--help", "-h"} & set(words[1:]):
        topic = (words[1] if len(words) > 1 else "") if verb == "help" else verb
        if topic not in HELP:
            raise _no_verb(topic)
        print(help_on(topic))
    elif verb in VERBS:
        if (asked := without_cfg(verb, words[1:])) is not None:
            from sim.app.frame import trying

            with trying():
                VERBS[verb](asked)
        return VERBS[verb](words[1:])
    elif later := next((word for word in words[1:] if word in VERBS), None):
        from sim.cli.words import WordError

        raise WordError(_("{word!r} stands before the verb; write stockcue {verb} {word}").format(word=verb, verb=later))
    else:
        raise _no_verb(verb)
    return OK


def _no_verb(word: str) -> ValueError:
    from sim.cli.words import WordError

    return WordError(no_such("verb", word, VERBS))


# -- verbs ----------------------------------------------------------------------------------------------------


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """A verb's own settings as its function takes them, those that were given."""
    rooms = ("scenario", "strategy", "gate", "operations", "score", "feed", "options")
    given = {key: value for key, value in config.items() if key not in rooms and value is not None}
    return {"shows" if key == "replicates" else key: value for key, value in given.items()}


def _show(verb: Callable[..., Any], words: list[str], *things: Any, **settings: Any) -> int:
    """Call a verb, print its Result. Where nothing else is said it names its own run folder."""
    from sim.app.frame import is_trying
    from sim.app.progress import Terminal

    began = time.monotonic()
    told = None if is_trying() else Terminal()
    result = verb(*things, **({"out": ""} | settings), progress=told, command=words)
    show(result, told.shown if told else "")
    with suppress(OSError, ValueError):
        print(_("done in {s:.1f} s").format(s=time.monotonic() - began), file=sys.stderr)
    return OK


def study_of_words(verb: str, words: list[str]) -> tuple[dict[str, Any] | None, Any]:
    """The configuration of a verb that plays one scenario (None: it was only to be shown), and the preset behind it."""
    from sim.cli.chosen import chosen_scenario, chosen_strategies, read
    from sim.cli.compose import compose_verb

    cut = read(words, verb)
    scenario, preset = chosen_scenario(cut.chosen.get("scenario", "first_show"), cut.folders)
    return compose_verb(verb, cut, chosen_strategies(cut), scenario), preset


def policies_of_words(config: dict[str, Any], acting: bool = True) -> list[Any]:
    from sim.setup.choices import policies_from

    return policies_from(config["strategy"], config["gate"], config["operations"] if acting else None)


def _rehearse(words: list[str]) -> int:
    config, preset = study_of_words("rehearse", words)
    if config is None:
        return OK
    from sim.app.rehearse import rehearse

    things = config["scenario"], policies_of_words(config)
    return _show(rehearse, words, *things, score=config["score"], base=preset, **_settings(config))


def _export(words: list[str]) -> int:
    config, _preset = study_of_words("export", words)
    if config is None:
        return OK
    from sim.app.export import export
    from sim.cli.words import WordError

    policies = policies_of_words(config)
    if len(policies) > 1:
        raise WordError(_("export writes one policy, and {n} are chosen; name one strategy").format(n=len(policies)))
    return _show(export, words, config["scenario"], policies[0], **_settings(config))


def _stock(words: list[str]) -> int:
    from sim.cli.chosen import chosen_scenario, read
    from sim.cli.compose import compose_verb

    cut = read(words, "stock", ("scenario",))
    scenario, _preset = chosen_scenario(cut.chosen.get("scenario", "first_show"), cut.folders)
    config = compose_verb("stock", cut, {}, scenario)
    if config is None:
        return OK
    from sim.app.stock import stock

    return _show(stock, words, config["scenario"], score=config["score"], **_settings(config))


def _breakpoint(words: list[str]) -> int:
    config, _preset = study_of_words("breakpoint", words)
    if config is None:
        return OK
    from sim.app.breakpoint import breakpoint as break_

    return _show(break_, words, config["scenario"], policies_of_words(config), score=config["score"], **_settings(config))


def _ranged(verb: str, words: list[str]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """What a verb over ranges is called with, and the words as they were cut; None where it was only to be shown."""
    from sim.cli.chosen import read
    from sim.cli.compose import compose_varied

    cut = read(words, verb)
    study = compose_varied(verb, cut, "first_show")
    if study is None:
        return None, (), {}
    config = study.config
    vary = {axis.key: config["options"].get(axis.key, axis) for axis in study.axes}
    settings = _settings(config) | {"score": config["score"]}
    return (cut, study), (study.scenarios, policies_of_words(config), vary), settings


def _sensitivity(words: list[str]) -> int:
    ranged, things, settings = _ranged("sensitivity", words)
    if ranged is None:
        return OK
    from sim.app.sensitivity import sensitivity

    return _show(sensitivity, words, *things, **settings)


def _sweep(words: list[str]) -> int:
    ranged, things, settings = _ranged("sweep", words)
    if ranged is None:
        return OK
    from sim.app.sweep import sweep

    return _show(sweep, words, *things, **settings)


def _tune(words: list[str]) -> int:
    ranged, things, settings = _ranged("tune", words)
    if ranged is None:
        return OK
    from sim.app.tune import tune
    from sim.app.written import Written
    from sim.cli.compose import scenario_words

    cut, study = ranged
    as_written = Written(scenario_words(cut.chosen.get("scenario", "first_show")), study.fixed)
    return _show(tune, words, *things, **settings, written_as=as_written)


def _replay(words: list[str]) -> int:
    from sim.cli.chosen import chosen_strategies, chosen_world, read
    from sim.cli.compose import compose_verb

    cut = read(words, "replay", ("strategy", "scenario", "experiment"))
    config = compose_verb("replay", cut, chosen_strategies(cut), chosen_world(cut.chosen.get("scenario"), cut.folders))
    if config is None:
        return OK
    from sim.app.replay import replay

    things = config.pop("stream"), policies_of_words(config, config["loop"] == "closed")
    rooms = {name: config[name] for name in ("scenario", "feed", "score")}
    return _show(replay, words, *things, **rooms, **_settings(config))


def _ingest(words: list[str]) -> int:
    return _plain("ingest", words, "files")


def _calibrate(words: list[str]) -> int:
    return _plain("calibrate", words, "stream")


def _plain(verb: str, words: list[str], what: str) -> int:
    """A verb without scenario and strategies. what: the setting that names its input."""
    from sim.cli.chosen import read
    from sim.cli.compose import compose_verb

    config = compose_verb(verb, read(words, verb, ()), {}, None)
    if config is None:
        return OK
    given = config.pop(what)
    return _show(getattr(importlib.import_module(f"sim.app.{verb}"), verb), words, given, **_settings(config))


def _shadow(words: list[str]) -> int:
    from sim.cli.chosen import chosen_strategies, read
    from sim.cli.compose import compose_verb

    cut = read(["strategy=smart", *words], "shadow", ("strategy",))
    config = compose_verb("shadow", cut, chosen_strategies(cut), None)
    if config is None:
        return OK
    from sim.app.progress import Terminal
    from sim.app.shadow import shadow

    # What it finds goes out line by line while it lasts; standard output may be these very lines.
    feed, settings = config.pop("input") or "-", {"out": "", "follow": "yes"} | _settings(config)
    shadow(feed, policies_of_words(config, acting=False), **settings, progress=Terminal(), command=words)
    return OK


def _review(words: list[str]) -> int:
    from sim.cli.chosen import chosen_scenario, chosen_strategies, chosen_world, read
    from sim.cli.compose import compose_verb

    cut = read(words, "review")
    recorded = any(word.startswith("stream=") for word in cut.rest)
    name = cut.chosen.get("scenario")
    scenario = chosen_world(name, cut.folders) if recorded else chosen_scenario(name or "first_show", cut.folders)[0]
    config = compose_verb("review", cut, chosen_strategies(cut), scenario)
    if config is None:
        return OK
    from sim.app.recording import Unread
    from sim.app.review import review

    stream, rooms = config.pop("stream"), {name: config[name] for name in ("feed", "score")}
    show = Unread(str(stream)) if stream else config["scenario"]
    behind = {"scenario": config["scenario"]} if stream else {}
    return _show(review, words, show, policies_of_words(config), **rooms, **behind, **_settings(config))


VERBS: dict[str, Callable[[list[str]], int]] = {
    "rehearse": _rehearse, "stock": _stock, "sweep": _sweep, "tune": _tune, "breakpoint": _breakpoint,
    "sensitivity": _sensitivity,
    "ingest": _ingest, "calibrate": _calibrate, "replay": _replay, "review": _review,
    "diff": reading.diff, "walk": reading.walk, "rollup": reading.rollup,
    "page": pages.page, "workbook": pages.workbook, "card": pages.card, "desk": pages.desk,
    "shadow": _shadow, "export": _export, "list": reading.list_, "check": reading.check, "test": reading.test,
    "bench": reading.bench,
}  # fmt: skip
