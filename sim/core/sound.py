"""What a strategy may answer, asked of every answer of a user's: machine code counts levels into arrays and checks no bounds."""

from __future__ import annotations

import math
from typing import Any

from sim.words import _
from strategies.contract import EMERGENCY, StrategyError


class NoLevelError(StrategyError):
    """An answer that is no level."""


class NoLineError(StrategyError):
    """A stock line that is none."""


def sound(level, line):
    """Nothing, where a level is a whole number from 0 to 3 and a stock line finite and not negative; else it raises."""
    if not (0 <= level <= EMERGENCY and level == math.floor(level)):
        raise NoLevelError
    if not 0.0 <= line < math.inf:
        raise NoLineError


def told(error: BaseException, fold: Any) -> StrategyError:
    """What a fold raised, or what :func:`sound` raised of its answer, in a sentence that names its file."""
    place = getattr(getattr(fold, "__code__", None), "co_filename", type(fold).__name__)
    if isinstance(error, NoLevelError):
        return StrategyError(
            _(
                "{place} answered what is no level; a level is a whole number from 0 (calm) to 3 (emergency); stockcue check "
                "says more of a strategy"
            ).format(place=place)
        )
    if isinstance(error, NoLineError):
        return StrategyError(
            _(
                "{place} left in m[0] what is no stock line; a line is finite and not negative, 0 where there is none; stockcue "
                "check says more of a strategy"
            ).format(place=place)
        )
    return StrategyError(failed(place, error))


def failed(place: str, error: BaseException) -> str:
    """That the user's code at ``place`` raised ``error``."""
    sentence = _("{place} failed: {kind}: {error}; stockcue check says more of a strategy")
    return sentence.format(place=place, kind=type(error).__name__, error=error)
