"""The ``stockcue`` command: one function a verb, one exit code a kind of ending, one sentence a mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from sim import __version__
from sim.cli.helptext import HELP

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
OWN = ("sim", "scenarios", "strategies")
"""Packages whose ValueErrors are sentences for the person at the keyboard."""


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code (0 well, 1 failed, 2 bad input, 130 interrupted)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except KeyboardInterrupt as stopped:
        print(f"\n{str(stopped) or 'Interrupted; no results were written.'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (as in `| head`); nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except ValueError as error:
        if type(error).__module__.split(".")[0] not in OWN:
            raise
        print(f"stockcue: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"stockcue: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}", file=sys.stderr)
        return FAILED


def _dispatch(words: list[str]) -> int:
    verb = words[0] if words else "--help"
    if verb in ("--version", "-V"):
        print(f"stockcue {__version__}")
    elif verb in ("--help", "-h", "help") or {"--help", "-h"} & set(words[1:]):
        topic = words[1] if verb == "help" and len(words) > 1 else verb
        print(HELP.get(topic, HELP[""]))
    elif verb in VERBS:
        return VERBS[verb](words[1:])
    else:
        from scenarios.setting import did_you_mean
        from sim.cli.words import WordError

        raise WordError(f"there is no verb {verb!r}{did_you_mean(verb, VERBS)}")
    return OK


# -- verbs ----------------------------------------------------------------------------------------------------


def _study(verb: str, words: list[str]) -> tuple[dict[str, Any] | None, Any]:
    """The configuration of a verb that plays one scenario (None: it was only to be shown), and the preset behind it."""
    from sim.cli.chosen import chosen_scenario, chosen_strategies, read
    from sim.cli.compose import compose_verb

    cut = read(words, verb)
    scenario, preset = chosen_scenario(cut.chosen.get("scenario", "first_show"), cut.folders)
    return compose_verb(verb, cut, chosen_strategies(cut), scenario), preset


def _sensitivity(words: list[str]) -> int:
    from sim.cli.chosen import read
    from sim.cli.compose import compose_varied

    cut = read(words, "sensitivity")
    study = compose_varied("sensitivity", cut, "first_show")
    if study is not None:
        from sim.app.sensitivity import matter_and_report

        matter_and_report(study.config, study.scenarios, study.axes, words)
    return OK


def _breakpoint(words: list[str]) -> int:
    config, _ = _study("breakpoint", words)
    if config is not None:
        from sim.app.breakpoint import break_and_report

        break_and_report(config, words)
    return OK


def _rehearse(words: list[str]) -> int:
    config, preset = _study("rehearse", words)
    if config is None:
        return OK
    from sim.app.rehearse import rehearse_and_report

    rehearse_and_report(config, preset, words)
    return OK


def _sweep(words: list[str]) -> int:
    from sim.cli.chosen import read
    from sim.cli.compose import compose_varied

    study = compose_varied("sweep", read(words, "sweep"), "first_show")
    if study is not None:
        from sim.app.sweep import sweep_and_report

        sweep_and_report(study.config, study.scenarios, study.axes, words)
    return OK


def _tune(words: list[str]) -> int:
    from sim.cli.chosen import read
    from sim.cli.compose import compose_varied, scenario_words

    cut = read(words, "tune")
    study = compose_varied("tune", cut, "first_show")
    if study is not None:
        from sim.app.tune import tune_and_report

        shows = scenario_words(cut.chosen.get("scenario", "first_show"))
        tune_and_report(study.config, study.scenarios, study.axes, words, study.fixed, shows)
    return OK


def _replay(words: list[str]) -> int:
    from sim.cli.chosen import chosen_strategies, chosen_world, read
    from sim.cli.compose import compose_verb

    cut = read(words, "replay", ("strategy", "scenario"))
    config = compose_verb("replay", cut, chosen_strategies(cut), chosen_world(cut.chosen.get("scenario"), cut.folders))
    if config is None:
        return OK
    from sim.app.replay import replay_and_report

    replay_and_report(config, words)
    return OK


def _ingest(words: list[str]) -> int:
    from sim.cli.chosen import read
    from sim.cli.compose import compose_verb

    config = compose_verb("ingest", read(words, "ingest", ()), {}, None)
    if config is None:
        return OK
    from sim.app.ingest import ingest_and_report

    ingest_and_report(config, words)
    return OK


def _calibrate(words: list[str]) -> int:
    from sim.cli.chosen import read
    from sim.cli.compose import compose_verb

    config = compose_verb("calibrate", read(words, "calibrate", ()), {}, None)
    if config is None:
        return OK
    from sim.app.calibrate import calibrate_and_report

    calibrate_and_report(config, words)
    return OK


def _shadow(words: list[str]) -> int:
    from sim.cli.chosen import chosen_strategies, read
    from sim.cli.compose import compose_verb

    cut = read(["strategy=smart", *words], "shadow", ("strategy",))
    config = compose_verb("shadow", cut, chosen_strategies(cut), None)
    if config is None:
        return OK
    from sim.app.shadow import follow

    follow(config)
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
    from sim.app.review import review_and_report

    review_and_report(config, words)
    return OK


def _list(words: list[str]) -> int:
    from sim.app.listing import catalogue
    from sim.cli.words import named

    names, folders = named(words, "list")
    print(catalogue(names, folders))
    return OK


def _check(words: list[str]) -> int:
    from sim.app.listing import checked

    text, ok = checked(words)
    print(text)
    return OK if ok else FAILED


def _bench(words: list[str]) -> int:
    try:
        from benchmarks.engine import main as bench
    except ModuleNotFoundError as missing:
        if str(missing.name).split(".")[0] != "benchmarks":
            raise
        from sim.cli.words import WordError

        raise WordError(
            "the benchmarks are not part of the installed package; run `stockcue bench` in a checkout of the project"
        ) from None
    return int(bench(words) or OK)


VERBS: dict[str, Callable[[list[str]], int]] = {
    "rehearse": _rehearse, "sweep": _sweep, "tune": _tune, "breakpoint": _breakpoint, "sensitivity": _sensitivity,
    "ingest": _ingest, "calibrate": _calibrate, "replay": _replay, "review": _review,
    "shadow": _shadow, "list": _list, "check": _check, "bench": _bench,
}  # fmt: skip
