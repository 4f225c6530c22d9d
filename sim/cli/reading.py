"""Verbs that play no study: they read results, rules and what there is, or time the engine."""

from __future__ import annotations

from sim.cli.endings import FAILED, OK, show
from sim.core.export import for_terminal
from sim.words import _


def diff(words: list[str]) -> int:
    from sim.app.compare import compare
    from sim.cli.words import WordError

    folders = [word for word in words if not word.startswith("out=")]
    out = [word.removeprefix("out=") for word in words if word.startswith("out=")]
    if len(folders) != 2:
        raise WordError(
            _("diff compares two run folders, and {n} are named; give stockcue diff FOLDER FOLDER").format(n=len(folders))
        )
    show(compare(*folders, out=out[-1] if out else None, command=words))
    return OK


def walk(words: list[str]) -> int:
    from sim.app.walk import walk
    from sim.cli.words import given

    folders, settings = given("walk", words, ("first", "out"))
    if not settings.get("first", "1").isdecimal():
        from sim.cli.words import WordError

        raise WordError(_("first must be a whole number of nights, as in first=3"))
    result = walk(folders, first=int(settings.get("first", 1)), out=settings.get("out"), command=words)
    show(result)
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

    text, ok = run_rules(words)
    print(for_terminal(text))
    return OK if ok else FAILED


def bench(words: list[str]) -> int:
    try:
        from benchmarks.engine import OTHERS
        from benchmarks.engine import main as bench
    except ModuleNotFoundError as missing:
        if str(missing.name).split(".")[0] != "benchmarks":
            raise
        from sim.cli.words import WordError

        raise WordError(
            _("the benchmarks are not part of the installed package; run `stockcue bench` in a checkout of the project")
        ) from None
    from sim.cli.words import WordError
    from sim.words import did_you_mean

    known = [*OTHERS, "--quick"]
    if (odd := next((word for word in words if word not in known), None)) is not None:
        raise WordError(_("bench has no option {odd!r}{did_you_mean}").format(odd=odd, did_you_mean=did_you_mean(odd, known)))
    return int(bench(words) or OK)
