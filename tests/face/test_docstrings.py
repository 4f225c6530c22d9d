"""Docstrings of the face say what the records declare: a bound, a default or a choice is written twice and held equal."""

import inspect
import re
from dataclasses import MISSING, fields

import pytest

import stockcue as sc
from sim.app.recording import ReadingArguments
from sim.setup.settings_few import WalkSettings
from sim.setup.settings_groups import Reading
from sim.setup.tree import RECORDS

VERBS = {verb: getattr(sc, verb) for verb in RECORDS} | {"walk": sc.walk, "read": sc.read}
SETTINGS = RECORDS | {"walk": WalkSettings, "read": Reading}
NUMBER = r"[-\d.,e]*\d"
UNITS = ("s", "x", "CNY", "CNY/unit")


def documented(function):
    """Parameter to what its docstring says of it."""
    text = inspect.getdoc(function).split("Parameters\n----------\n")[1]
    by_argument = {}
    for names, body in re.findall(r"(?m)^(\S[^\n]*)\n((?:    [^\n]*\n?)+)", re.split(r"\n\n(?=\w+\n---)", text)[0] + "\n"):
        for name in names.split(" : ")[0].split(", "):
            by_argument[name] = " ".join(body.split())
    return by_argument


def number(text):
    return float(text.replace(",", ""))


def faults(verb):
    function, parameters = VERBS[verb], inspect.signature(VERBS[verb]).parameters
    said_there = documented(function)
    for f in fields(SETTINGS[verb]):
        name = "shows" if f.name == "replicates" else f.name
        if name not in parameters or f.name == "out" or f.default is MISSING:
            continue
        text, meta = said_there[name], f.metadata
        if other := re.match(r"(?:Whether .*)?[Aa]s in :func:`stockcue\.(\w+)`", text):
            twin = next(g for g in fields(SETTINGS[other[1]]) if g.name == f.name)
            if any(twin.metadata[key] != meta[key] for key in ("low", "high", "unit")) or twin.default != f.default:
                yield f"{name}: not as in {other[1]}"
            continue
        if isinstance(f.default, int | float) and not isinstance(f.default, bool):
            bounds = re.search(rf"({NUMBER}) to ({NUMBER})", text)
            if not bounds or (number(bounds[1]), number(bounds[2])) != (meta["low"], meta["high"]):
                yield f"{name}: bounds {meta['low']:g} to {meta['high']:g}"
            if meta["unit"] in UNITS and f"[{meta['unit'].split('/')[0]}" not in text:
                yield f"{name}: unit {meta['unit']}"
        if missing := [c for c in meta["choices"] or () if c and f"``{c}``" not in text and f" {c}" not in text]:
            yield f"{name}: choices {missing}"
        if parameters[name].default is None and f.default not in ("", None, "auto"):
            default = re.search(rf"None(?:: | or )({NUMBER}|\w+)", text)
            stated = default and default[1]
            same = number(stated) == f.default if stated and re.fullmatch(NUMBER, stated) else stated == str(f.default)
            if not same:
                yield f"{name}: default {f.default}"


@pytest.mark.parametrize("verb", VERBS)
def test_bounds_units_choices_and_defaults_are_those_declared(verb):
    assert list(faults(verb)) == []


def test_how_a_recording_is_read_is_one_list():
    names = {f.name for f in fields(Reading)}
    assert set(ReadingArguments.__annotations__) == names == set(inspect.signature(sc.read).parameters) - {"source"}
    for verb in ("replay", "review"):
        assert issubclass(RECORDS[verb], Reading)
        assert inspect.signature(VERBS[verb]).parameters["reading"].annotation == "Unpack[ReadingArguments]"
    assert {f.name: f.default for f in fields(Reading)} == {
        name: {"cues": ""}.get(name, p.default) for name, p in inspect.signature(sc.read).parameters.items() if name != "source"
    }
