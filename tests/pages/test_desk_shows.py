"""Shows that a desk keeps: as many as there is room for, the same ones in every world, and nothing of a run."""

from __future__ import annotations

import stockcue as sc
from sim.app.desk_shows import MEASURED, KeptShows, Rehearsed, size_of
from sim.app.nouns import profile_of

FIXED = [sc.policy("fixed_count")]


def kept_shows(show, **more) -> KeptShows:
    return KeptShows(show, Rehearsed(None, 1), profile_of("balanced"), lambda run: None, **more)


def test_no_more_shows_than_there_is_room_for(show):
    first = kept_shows(show)
    list(first.play(show, FIXED, 1))
    part = kept_shows(show, room=2 * size_of(first.own[0]) + first.passing + 1000)
    assert max(len(list(part.play(show, FIXED, 3))), part.fits) < 3


def test_room_is_for_a_run_as_well_and_every_world_is_told_by_the_same_shows(show):
    """Shows of another world take less room here; more of them would not be compared with those of the world at rest."""
    part = kept_shows(show)
    list(part.play(show, FIXED, 3))
    kept = size_of(part.own[0])
    assert part.passing > kept / 10
    part = kept_shows(show, room=2 * kept * 3 + part.passing)
    assert len(list(part.play(show, FIXED, 8))) in (2, 3)
    before = part.fits
    part.sizes = [1] * MEASURED  # as if shows were small
    other = sc.scenario(show, feed={"lag_s": 9.0})
    assert len(list(part.play(other, FIXED, 8))) == before


def test_a_kept_show_keeps_no_run(show):
    """A tape that a host's improvised cues made longer, and what was read of it, go with the run."""
    quiet, loud = kept_shows(show), kept_shows(show)
    for part, policy in ((quiet, sc.policy("silent")), (loud, sc.policy("smart", operations="prompted"))):
        list(part.play(show, [policy], 1))
    (stage, _), (plain, _) = loud.own[0], quiet.own[0]
    assert size_of(stage) > size_of(plain), "the host improvised nothing"
    assert size_of(loud.own[0]) - size_of(quiet.own[0]) < size_of(stage) - size_of(plain) + size_of(stage.tape)
