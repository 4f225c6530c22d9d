"""Sobol indices against a function whose indices are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.study.design import Axis
from sim.study.sensitivity import sobol

A, B = 7.0, 0.1


def ishigami(settings):
    x1, x2, x3 = (np.array([s[k] for s in settings]) for k in ("gate.a", "gate.b", "gate.c"))
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


def test_ishigami():
    """Ishigami & Homma 1990: V1 = (1 + b pi^4/5)^2/2, V2 = a^2/8, V13 = 8 b^2 pi^8/225; the first orders are .3139, .4424 and 0,
    the totals .5576, .4424, .2437. Nine scrambles of 1,024 and 2,048 points stayed within .016; .04 pass."""
    axes = [Axis(f"gate.{k}", -math.pi, math.pi) for k in "abc"]
    found = {i.key: i for i in sobol(axes, ishigami, 1024, 1)}
    for key, first, total in (("gate.a", 0.3139, 0.5576), ("gate.b", 0.4424, 0.4424), ("gate.c", 0.0, 0.2437)):
        assert found[key].first == pytest.approx(first, abs=0.04)
        assert found[key].total == pytest.approx(total, abs=0.04)
        assert found[key].total_low < found[key].total < found[key].total_high
    assert list(found) == ["gate.a", "gate.b", "gate.c"]


def test_what_does_nothing_has_no_index():
    axes = [Axis("gate.a", 0.0, 1.0), Axis("gate.b", 0.0, 1.0)]
    found = sobol(axes, lambda s: np.array([x["gate.a"] for x in s]), 64, 1)
    assert [i.key for i in found] == ["gate.a", "gate.b"]
    assert found[0].total == pytest.approx(1.0, abs=0.05)
    assert (found[1].total, found[1].total_low, found[1].total_high) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
