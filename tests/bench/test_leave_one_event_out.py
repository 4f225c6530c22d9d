"""What a fit is worth on an event it has not seen: the bench asks for its folder, and every part of the model earns its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.leave_one_event_out import main, table

EVENTS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "gdq-live-minute"


@pytest.mark.parametrize("words", [[], ["nowhere"], ["a", "b"]])
def test_without_the_events_it_says_what_to_give(words):
    with pytest.raises(SystemExit, match="give the folder of the events"):
        main(words)


@pytest.mark.long
@pytest.mark.skipif(not EVENTS.is_dir(), reason="the events are not at hand; their licence keeps them out of the project")
def test_every_step_of_the_model_helps_on_events_not_seen():
    """One minute of work. Held out, on the mean of six events: the clock helps, viewers and course help, cues help, the event's
    own past helps most; and the richest model beats the homogeneous one in each event by more than three standard errors."""
    judged = table(EVENTS)
    mean = {m: sum(r.negbin for _, r in judged if r.model == m) / 6 for m in dict.fromkeys(r.model for _, r in judged)}
    assert mean["homogeneous"] < mean["time of day"] < mean["viewers, course"] < mean["cues"] < mean["self-excitation"]
    assert mean["both"] > mean["cues"]
    assert all(r.over_first > 3 * r.error for _, r in judged if r.model == "both")
