"""The ``stockcue`` command: one function a verb, one exit code a kind of ending, one sentence a mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from sim import __version__
from sim.cli_help import HELP

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
OWN = ("sim", "scenarios", "strategies")
"""Packages whose ValueErrors are sentences for the person at the keyboard."""


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code (0 well, 1 failed, 2 bad input, 130 interrupted)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except KeyboardInterrupt:
        print("\nInterrupted; no results were written.", file=sys.stderr)
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
        from sim.cli_words import WordError, hint

        raise WordError(f"there is no verb {verb!r}{hint(verb, VERBS)}")
    return OK


# -- verbs ----------------------------------------------------------------------------------------------------


def _rehearse(words: list[str]) -> int:
    from sim.cli_compose import chosen_scenario, chosen_strategies, compose_verb, experiment
    from sim.cli_words import split

    cut = split(experiment(words, "rehearse"), "rehearse", ("scenario", "strategy", "experiment"))
    scenario, preset = chosen_scenario(cut.chosen.get("scenario", "first_show"))
    config = compose_verb("rehearse", cut, chosen_strategies(cut), scenario)
    if config is None:
        return OK
    from sim.report.rehearsal import rehearse_and_report

    rehearse_and_report(config, preset, words)
    return OK


def _replay(words: list[str]) -> int:
    from sim.cli_compose import chosen_strategies, chosen_world, compose_verb
    from sim.cli_words import split

    cut = split(words, "replay", ("strategy", "scenario"))
    config = compose_verb("replay", cut, chosen_strategies(cut), chosen_world(cut.chosen.get("scenario")))
    if config is None:
        return OK
    from sim.report.recording import replay_and_report

    replay_and_report(config, words)
    return OK


def _review(words: list[str]) -> int:
    from sim.cli_compose import chosen_scenario, chosen_strategies, chosen_world, compose_verb, experiment
    from sim.cli_words import split

    cut = split(experiment(words, "review"), "review", ("scenario", "strategy", "experiment"))
    recorded = any(word.startswith("stream=") for word in cut.rest)
    name = cut.chosen.get("scenario")
    scenario = chosen_world(name) if recorded else chosen_scenario(name or "first_show")[0]
    config = compose_verb("review", cut, chosen_strategies(cut), scenario)
    if config is None:
        return OK
    from sim.report.review import review_and_report

    review_and_report(config, words)
    return OK


def _list(words: list[str]) -> int:
    from sim.report.catalogue import catalogue

    print(catalogue(words))
    return OK


def _check(words: list[str]) -> int:
    from sim.report.catalogue import checked

    text, ok = checked(words)
    print(text)
    return OK if ok else FAILED


def _bench(words: list[str]) -> int:
    from sim.bench import main as bench

    return int(bench(words) or OK)


VERBS: dict[str, Callable[[list[str]], int]] = {
    "rehearse": _rehearse, "replay": _replay, "review": _review, "list": _list, "check": _check, "bench": _bench,
}  # fmt: skip
