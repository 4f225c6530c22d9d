"""What other nights of a shop say of one: how much it sells without a cue, and how demand goes over the night.

A recording that stops early cannot say whether its shop always sells so, nor whether the evening rises or falls from there on;
other nights can. What they say of the level is believed of a recording of one item: how a shop's orders are split over several
is each night's own. What they say of the course is believed where the recording has no viewers, who else would tell it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scenarios.spread import Spread
from sim.core.units import US
from sim.replay.stream import Stream
from sim.stats.latent import Process, averaged
from sim.stats.pooling import NightPrior
from sim.words import _


class Taught(NamedTuple):
    """level: log of the orders a second outside the responses to cues, where the course is 1, of nights of ``span_s``. course:
    times [show s], demand without a mood over an ordinary one; none: steady."""

    level: NightPrior
    span_s: float
    course: tuple[np.ndarray, np.ndarray] | None = None

    def over(self, stream: Stream) -> Stream:
        """The recording in a room that follows the course, where it has no viewers of its own."""
        if stream.viewers is not None or self.course is None:
            return stream
        at_s, course = self.course
        return replace(stream, viewers=((np.asarray(at_s) * US).astype(np.int64), np.asarray(course, float) * SCALE))

    def believed(self, stream: Stream, spread: Spread, scale: float) -> tuple[float, float, float] | None:
        """Of the log of a recording's level in an ordinary mood of this scale: mean, standard deviation, share of the variance
        that is of the mean over nights; none where nothing is believed of it.

        A night's own mean has the mean of its mood in it, ``e^(variance/2)`` beforehand, and nights differ by it: both are taken
        out, as the recording's mood is fitted beside its level. Of the spread what is left is at least ``level_sd``.
        """
        if len(stream.skus) != 1 or stream.viewers is not None:
            return None
        moods = ((spread.mood_sd * scale, spread.mood_s), (spread.slow_sd * scale, spread.slow_s))
        parts = [Process(sd, tau_s) for sd, tau_s in moods if sd > 0]
        whole, within = sum(p.sd**2 for p in parts), sum(averaged(p, self.span_s).sd ** 2 for p in parts)
        between = max(self.level.between**2 - within, spread.level_sd**2)
        mean = self.level.mean - (whole - within) / 2
        if self.course is not None:
            seen = self.over(stream).viewers
            assert seen is not None
            mean += float(np.log(seen[1].mean() / SCALE))
        variance = between + self.level.error**2
        return mean, float(np.sqrt(variance)), float(self.level.error**2 / variance)

    def words(self, stream: Stream) -> str:
        """What is believed of this recording."""
        if stream.viewers is not None:
            text = _("nothing, because viewers were counted, and they tell how the room went")
        elif self.course is None and len(stream.skus) != 1:
            text = _("nothing, because {n} nights are too few for a course, and what several items sell is this night's own")
        elif self.course is None:
            text = _("the level of {n} nights is held likely beforehand; their course is not, for so few")
        elif len(stream.skus) != 1:
            text = _("the course of {n} nights is held likely beforehand; what several items sell is this night's own")
        else:
            text = _("level and course of {n} nights are held likely beforehand")
        return text.format(n=self.level.nights)


SCALE = 1e6
"""People of a course's ordinary moment: readings of fewer than one count as one."""


def taught_words(stream: Stream, taught: Taught | None) -> list[str]:
    """The sentence about other nights, where somebody gave any."""
    return [_("Other nights (prior=): {words}.").format(words=taught.words(stream))] if taught else []
