"""Where in the ranges to look: full grids of listed values, or random, Latin hypercube and Sobol points.

A design is a list of settings, one dict of key to value per point. The same seed and name give the same points, whatever
else is in the study. Points of SciPy's engines (Owen's scrambled Sobol sequence, McKay's Latin hypercube) fill the unit cube;
an axis maps its coordinate to a value: evenly, evenly in the logarithm, to whole numbers, or to one of the listed values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.demand.streams import stream
from sim.setup.settings import SettingError
from sim.words import _

Value = float | int | str | bool
DESIGNS = ("auto", "grid", "random", "lhs", "sobol")
"""auto: a grid where every axis lists its values, else lhs."""
MOST = 1_000_000
"""Points of one design; more is a slip of the pen."""


@dataclass(frozen=True)
class Axis:
    """One varied setting. ``key``: as on the command line. Either an interval, with both ends in it, evenly or (``log``) evenly
    in the logarithm, of whole numbers only where ``whole``; or listed ``values``, numbers or texts."""

    key: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    values: tuple[Value, ...] = ()

    @property
    def spelt(self) -> str | list[Value]:
        """As it is shown, and compared with an earlier study's."""
        if self.values:
            return list(self.values)
        kind = f"{'int ' if self.whole else ''}{'log ' if self.log else ''}"
        return f"{kind}interval({self.low:.10g},{self.high:.10g})"

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that must be allowed for all between them to be: both ends, or every listed one."""
        return self.values or (self.at(0.0), self.at(1.0))

    def at(self, u: float) -> Value:
        """The value at coordinate u in [0, 1].

        >>> Axis("x", 1, 100, log=True).at(0.5), Axis("x", 1, 3, whole=True).at(0.5), Axis("x", values=("a", "b")).at(0.5)
        (10.0, 2, 'b')
        """
        if self.values:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        assert self.low is not None
        assert self.high is not None
        low, high = self.low, self.high + (1 if self.whole else 0)
        x = math.exp(math.log(low) + u * (math.log(high) - math.log(low))) if self.log else low + u * (high - low)
        if self.whole:
            return int(min(max(math.floor(x), self.low), self.high))
        # Eight digits: as good as any for a setting, and short enough to be typed in again.
        return min(max(float(f"{x:.8g}"), float(self.low)), float(self.high))


def settled(axis: Axis) -> Axis:
    """The axis itself if it holds at least two values in order; else a sentence."""
    if axis.values:
        if len({v if isinstance(v, str) else float(v) for v in axis.values}) < len(axis.values):
            raise SettingError(_("{key} lists a value twice; give each once").format(key=axis.key))
        return axis
    low, high = axis.low, axis.high
    if low is None or high is None:
        raise SettingError(_("the range of {key} holds no value; give its ends, as in {key}=interval(1,10)").format(key=axis.key))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SettingError(
            _("the range of {key} must have finite ends, not {low:g} and {high:g}").format(key=axis.key, low=low, high=high)
        )
    if low > high:
        raise SettingError(
            _("the range of {key} runs from {low:g} down to {high:g}; write interval({high:g},{low:g})").format(
                key=axis.key, low=low, high=high
            )
        )
    if low == high:
        raise SettingError(
            _("the range of {key} is empty, both ends are {low:g}; write {key}={low:g}").format(key=axis.key, low=low)
        )
    if axis.log and low <= 0:
        raise SettingError(_("the logarithmic range of {key} must begin above 0, not at {low:g}").format(key=axis.key, low=low))
    if axis.whole and not (float(low).is_integer() and float(high).is_integer()):
        raise SettingError(
            _("{key} takes whole numbers, so its range must end in them, not {low:g} and {high:g}").format(
                key=axis.key, low=low, high=high
            )
        )
    return axis


def sample(axes: Sequence[Axis], design: str, points: int, seed: int, *name: str) -> list[dict[str, Value]]:
    """The points of a design over ``axes``, each once; one empty point where nothing varies.

    design: one of DESIGNS. points: how many for random, lhs and sobol (fewer where axes of few values repeat themselves).
    name: what the points are for; part of the stream's key.

    >>> sample([Axis("a", values=(1, 2)), Axis("b", values=("x", "y"))], "grid", 0, 1)[1]
    {'a': 1, 'b': 'y'}
    >>> sorted(p["a"] for p in sample([Axis("a", 1, 4, whole=True)], "lhs", 4, 1))
    [1, 2, 3, 4]
    """
    if not axes:
        return [{}]
    open_axis = next((axis for axis in axes if not axis.values), None)
    if design == "auto":
        design = "grid" if open_axis is None else "lhs"
    if design == "grid":
        if open_axis is not None:
            raise SettingError(
                _(
                    "a grid needs listed values, and {key} is an interval; write range(start,stop,step) or choose design=lhs"
                ).format(key=open_axis.key)
            )
        count = math.prod(len(axis.values) for axis in axes)
        if count > MOST:
            raise SettingError(
                _("the grid over {list} has {count:,} points; choose design=lhs with points=").format(
                    list=", ".join(a.key for a in axes), count=count
                )
            )
        samples = [dict(zip((a.key for a in axes), point, strict=True)) for point in itertools.product(*(a.values for a in axes))]
    else:
        cube = _cube(design, len(axes), points, stream(seed, "design", design, *name))
        samples = [{axis.key: axis.at(u) for axis, u in zip(axes, row, strict=True)} for row in cube.tolist()]
    # Where only lists and whole numbers vary, a design of many points must come back to some of them.
    return samples if any(not (a.values or a.whole) for a in axes) else list({repr(point): point for point in samples}.values())


def _cube(design: str, dimensions: int, points: int, rng: np.random.Generator) -> np.ndarray:
    """Points in the unit cube, float64 [point, axis]."""
    if design == "random":
        return rng.random((points, dimensions))
    import warnings

    from scipy.stats import qmc

    if dimensions > qmc.Sobol.MAXDIM and design == "sobol":
        raise SettingError(_("Sobol points have at most {maxdim} axes; choose design=lhs").format(maxdim=qmc.Sobol.MAXDIM))
    sampler: Any = qmc.LatinHypercube(dimensions, seed=rng) if design == "lhs" else qmc.Sobol(dimensions, seed=rng)
    with warnings.catch_warnings():
        # A count that is no power of two loses some balance, which the help says; it is no reason to shout.
        warnings.simplefilter("ignore")
        return sampler.random(points)
