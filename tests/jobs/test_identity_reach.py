"""However a value comes to a fold, it belongs to the strategy; and no module of the user's is an old one."""

from __future__ import annotations

import numpy as np
import pytest

from sim.conformance.readings import extremes
from sim.jobs.identity import identity_of
from sim.setup.policies import make_policy
from strategies.contract import StrategyError
from strategies.reach import reach
from tests.jobs.own_strategies import HEAD, TAIL, frozen_at, mine

CARRIERS = {
    "class attribute": ("class C:\n    X = LIMIT\n", "C.X"),
    "inherited": ("class B:\n    X = LIMIT\nclass C(B):\n    pass\n", "C.X"),
    "nested class": ("class C:\n    class D:\n        X = LIMIT\n", "C.D.X"),
    "enum": ("import enum\nclass C(enum.Enum):\n    X = LIMIT\n", "C.X.value"),
    "dataclass": ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    x: float = LIMIT\nc = C()\n", "c.x"),
    "data class that sorts": ("from dataclasses import dataclass, field\n@dataclass(order=True, slots=True)\n"
                              "class C:\n    x: float = LIMIT\n    y: list = field(default_factory=list)\nc = C()\n", "c.x"),
    "named tuple": ("from typing import NamedTuple\nclass C(NamedTuple):\n    x: float = LIMIT\nc = C()\n", "c.x"),
    "static method": ("class C:\n    @staticmethod\n    def f(k=LIMIT):\n        return k\n", "C.f()"),
    "class method": ("class C:\n    X = LIMIT\n    @classmethod\n    def f(cls):\n        return cls.X\n", "C.f()"),
    "property": ("K = LIMIT\nclass C:\n    @property\n    def f(self):\n        return K\nc = C()\n", "c.f"),
    "bound method": ("class C:\n    def __init__(s):\n        s.x = LIMIT\n    def f(s): return s.x\ng = C().f\n", "g()"),
    "call": ("class C:\n    def __init__(s):\n        s.x = LIMIT\n    def __call__(s):\n        return s.x\ng = C()\n", "g()"),
    "slots": ("class C:\n    __slots__ = ('x',)\nc = C()\nc.x = LIMIT\n", "c.x"),
    "meta class": ("class M(type):\n    @property\n    def X(cls): return LIMIT\nclass C(metaclass=M):\n    pass\n", "C.X"),
    "partial": ("import functools\ng = functools.partial(max, LIMIT)\n", "g(0.0)"),
    "closure in a table": ("def made(k):\n    def g(): return k\n    return g\nT = {'a': [made(LIMIT)]}\n", "T['a'][0]()"),
    "decorator": ("import functools\ndef deco(f):\n    @functools.wraps(f)\n    def w(): return f() * LIMIT\n    return w\n"
                  "@deco\ndef g():\n    return 1\n", "g()"),
    "memory": ("import functools\n@functools.lru_cache\ndef g():\n    return LIMIT\n", "g()"),
    "method of a table": ("g = {'x': LIMIT}.get\n", "g('x')"),
    "default factory": ("import collections\nD = collections.defaultdict(lambda: LIMIT)\n", "D['x']"),
    "attribute of a function": ("def g():\n    return g.x\ng.x = LIMIT\n", "g()"),
    "module as a whole": ("import sys\nM = sys.modules[__name__]\n", "getattr(M, 'LIMIT')"),
    "one of two": ("A, B = [2.0], [9.0]\nC = A if LIMIT == 2.0 else B\n", "C[0] + 0 * (A[0] + B[0])"),
}  # fmt: skip
"""How a value from outside the folder comes to a fold."""


@pytest.mark.parametrize("how", CARRIERS)
def test_a_value_from_the_environment_belongs_to_the_strategy_however_it_travels(how, tmp_path, monkeypatch):
    """What the fold answers changes, and so does what it reaches: its answers on fixed readings alone could miss it."""
    before, use = CARRIERS[how]
    text = (
        HEAD + "import os\nLIMIT = float(os.environ['LIMIT'])\n" + before + f"def line(units):\n    return units + {use}\n" + TAIL
    )
    digests, known = [], []
    for number, limit in enumerate(("2", "9", "2")):
        monkeypatch.setenv("LIMIT", limit)
        strategy = make_policy(mine(tmp_path / f"{number}", text)).strategy
        memory = np.zeros(8)
        strategy.fold(np.array([1.0]), memory, extremes()[0])
        digests.append((memory[0], reach(strategy.fold).fingerprint()))
        known.append(identity_of(strategy))  # it may be taken up again
    assert [line for line, _ in digests] == [3.0, 10.0, 3.0]
    assert digests[0] == digests[2] != digests[1]
    assert digests[0][1] != digests[1][1]
    assert known[0] == known[2] != known[1]


def test_modules_of_the_users_are_read_afresh_wherever_they_lie(tmp_path, monkeypatch):
    """From another folder of the path, and as a part of a package that does not name it."""
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    for number in (2, 9):
        (tmp_path / "mine" / "pkg").mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib").mkdir(exist_ok=True)
        for path in (tmp_path / "lib" / "far.py", tmp_path / "mine" / "pkg" / "near.py"):
            path.write_text(f"X = {number}\n")
        (tmp_path / "mine" / "pkg" / "__init__.py").write_text("")
        text = HEAD + "import far\nfrom pkg import near\ndef line(units):\n    return units + near.X + far.X\n" + TAIL
        assert set(frozen_at(make_policy(mine(tmp_path / "mine", text)))) == {1.0 + 2 * number}


def test_a_file_that_ends_the_program_is_a_sentence(tmp_path):
    with pytest.raises(StrategyError, match="cannot be loaded: SystemExit: 3"):
        make_policy(mine(tmp_path, "import sys\nsys.exit(3)\n"))
