"""Verbs that play no study: they read results, rules and what there is, or time the engine."""

from __future__ import annotations

import sys

from sim.app.progress import aloud
from sim.cli.endings import FAILED, OK, show
from sim.core.export import for_terminal
from sim.words import _, no_such


def diff(words: list[str]) -> int:
    from sim.app.compare import compare
    from sim.cli.few import few
    from sim.cli.words import WordError
    from sim.setup.settings_few import DiffSettings

    folders, s = few(DiffSettings, words)
    if len(folders) != 2:
        raise WordError(
            _("diff compares two run folders, and {n} are named; give stockcue diff FOLDER FOLDER").format(n=len(folders))
        )
    show(compare(*folders, out=s.out or None, command=words))
    return OK


def walk(words: list[str]) -> int:
    from sim.app.walk import walk
    from sim.cli.few import few
    from sim.setup.settings_few import WalkSettings

    folders, s = few(WalkSettings, words)
    show(walk(folders, first=s.first, out=s.out or None, command=words))
    return OK


def rollup(words: list[str]) -> int:
    from sim.app.rollup import rollup
    from sim.cli.few import few
    from sim.setup.settings_few import RollupSettings

    folders, s = few(RollupSettings, words)
    show(rollup(folders, out=s.out or None, command=words))
    return OK


def list_(words: list[str]) -> int:
    from sim.app.listing import catalogue
    from sim.cli.words import named

    names, folders = named(words, "list")
    print(for_terminal(catalogue(names, folders)))
    return OK


def check(words: list[str]) -> int:
    from sim.app.listing import checked

    text, ok = checked(words)
    print(for_terminal(text))
    return OK if ok else FAILED


def test(words: list[str]) -> int:
    from sim.app.rules import run_rules

    text, ok = run_rules(words, lambda sentence: aloud(sentence, sys.stderr))
    print(for_terminal(text))
    return OK if ok else FAILED


def bench(words: list[str]) -> int:
    try:
        from benchmarks.engine import OTHERS, SIZED
        from benchmarks.engine import main as bench
    except ModuleNotFoundError as missing:
        if str(missing.name).split(".")[0] != "benchmarks":
            raise
        from sim.cli.words import WordError

        raise WordError(
            _("the benchmarks are not part of the installed package; run `stockcue bench` in a checkout of the project")
        ) from None
    from sim.cli.words import WordError

    known, sized = [*OTHERS, "--quick"], any(word in SIZED for word in words)
    if (odd := next((word for word in words if word not in known and not (sized and word.isdigit())), None)) is not None:
        raise WordError(no_such("option", odd, known, "bench"))
    return int(bench(words) or OK)
