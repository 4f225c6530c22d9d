"""The contract suite over every built-in strategy, and over strategies that break it on purpose."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim.conformance.check import WARNING, check, failures
from sim.conformance.readings import SHAPES, extremes, readings
from strategies.contract import Param, Signal, Strategy
from strategies.registry import load, names

UNITS = (Param("units", 50.0, 0.0, 1e6, "units", "line"),)
HEADER = "from strategies.contract import Param, Strategy\n"
TAIL = '\nSTRATEGY = Strategy("bad", "breaks a rule", fold, (Param("units", 50.0, 0.0, 1e6, "units", "line"),), memory=2)\n'


@pytest.mark.parametrize("name", names())
def test_built_in_strategies_keep_the_contract(name):
    findings = check(load(name))
    assert [f for f in findings if not f.ok] == [], "warnings too: every built-in compiles"


def line(p, m, s):
    m[0] = p[0]
    return 2 if s.stock <= p[0] else 0


def test_a_plain_line_passes():
    assert failures(check(Strategy("line", "plain", line, UNITS, memory=1))) == []


LATEST = [0.0, 500.0]


def prophet(p, m, s):
    """Looks ahead: remembers, outside its memory, what came last in an earlier run."""
    m[0] = p[0]
    if s.t > LATEST[0]:
        LATEST[:] = s.t, s.stock
    return 3 if LATEST[0] > s.t and LATEST[1] <= p[0] else 0


COUNT = [0]


def counter(p, m, s):
    """Keeps state outside its memory."""
    COUNT[0] += 1
    return 2 if COUNT[0] % 7 == 0 else 0


def overrun(p, m, s):
    m[1] = s.stock
    return 0


def nine(p, m, s):
    return 9 if s.stock <= p[0] else 0


def half(p, m, s):
    return 1.5


def truth(p, m, s):
    return s.stock <= p[0]


def mutator(p, m, s):
    p[0] += 1.0
    return 2 if s.stock <= p[0] else 0


def bad_line(p, m, s):
    m[0] = -1.0
    return 0


def divides(p, m, s):
    m[0] = 0.0
    return 2 if s.orders / s.viewers > p[0] else 0


def stuck(p, m, s):
    if s.stock <= p[0]:
        m[1] = 1.0
    return 3 if m[1] > 0.0 else 0


@pytest.mark.parametrize(
    ("fold", "memory", "rules"),
    [
        (prophet, 1, {"no look-ahead", "deterministic", "independent"}),
        (counter, 1, {"deterministic", "no look-ahead", "independent"}),
        (overrun, 1, {"answers"}),
        (nine, 1, {"answers"}),
        (half, 1, {"answers"}),
        (truth, 1, {"answers"}),
        (mutator, 1, {"answers"}),
        (bad_line, 1, {"answers"}),
        (divides, 1, {"bounds"}),
        (stuck, 2, {"falls back to calm"}),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_a_broken_strategy_is_caught(fold, memory, rules):
    LATEST[:] = 0.0, 500.0
    broken = {finding.name for finding in failures(check(Strategy("bad", "breaks a rule", fold, UNITS, memory=memory)))}
    assert broken & rules, f"found {broken}"


def test_a_wrong_declaration_is_caught():
    params = (Param("units", 5.0, 10.0, 20.0, "units", "line"),)
    findings = {f.name: f for f in check(Strategy("bad", "default out of bounds", line, params))}
    assert not findings["declaration"].ok
    assert "outside its bounds" in findings["declaration"].detail


def test_what_does_not_compile_or_imports_more_is_a_warning(tmp_path):
    """A user's own file may use what it likes and run as plain Python; he is told."""
    path = tmp_path / "own.py"
    body = "import json\n\ndef fold(p, m, s):\n    m[0] = json.loads('1')\n    return 0 if s.stock > p[0] else 2\n"
    path.write_text(HEADER + body + TAIL)
    findings = check(load(path))
    assert failures(findings) == []
    warned = {f.name for f in findings if not f.ok}
    assert warned == {"imports", "compiles"}
    assert all(f.kind == WARNING for f in findings if not f.ok)
    assert "json" in next(f.detail for f in findings if f.name == "imports")


@pytest.mark.parametrize("shape", SHAPES)
def test_readings_keep_the_contract(shape):
    """Seeded, time increasing, cumulative figures not falling, no reading from the future."""
    signals = readings(shape, seed=4)
    assert signals == readings(shape, seed=4)
    assert signals != readings(shape, seed=5)
    assert all(isinstance(x, float) for x in signals[7])
    for before, after in pairwise(signals):
        assert after.t > before.t
        assert after.now >= before.now
        assert after.now >= after.t
        assert min(after.orders - before.orders, after.carts - before.carts, after.paid - before.paid, after.stock) >= 0.0
        assert 0.0 <= after.mark < 1.0


def test_extremes_are_signals():
    signals = extremes()
    assert all(isinstance(s, Signal) for s in signals)
    assert all(b.t > a.t for a, b in pairwise(signals))


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="known are quiet"):
        readings("square")
