"""A feed from which stock is not seen any more although something comes; stamps far from all others."""

import json

import pytest

from sim.replay.shadow import Shadow
from tests.replay.feeds import followed, line, small, ways
from tests.replay.shadow_records import account, rejects

HOUR = 3600.0
POLLS = [(3.0 * k, [line(3.0 * k, "level", value=900 - k)]) for k in range(30)]


def watched(folder, steps):
    """What is said of the feed itself: (moment, level, reason). ``steps``: (wall clock [s], lines that come then)."""
    (folder / "a.feed").write_text("")
    shadow = Shadow(small(folder, stock=900), ways(folder, follow=True, silent_s=60.0), lambda text: None)
    said, last = [], steps[0][0]
    for at, lines in steps:
        if lines:
            shadow.step([text.encode() + b"\n" for text in lines], at)
            last = at
        before = shadow.alerts
        shadow._silence(at - last, bool(lines), at)
        if shadow.alerts > before:
            one = json.loads(shadow.own[shadow.alerts])
            said.append((at, one["level"], one["reason"]))
    health = shadow.metrics()["health"]
    shadow.parts.close()
    assert health["well"] == (not said or said[-1][1] == 0)
    assert health["trouble"] == (said[-1][2] if said and said[-1][1] else "")
    return said


@pytest.mark.parametrize(("steps", "says"), [
    ([(0, [line(0)]), *((10 * k, ["junk"]) for k in range(1, 9)), (90, [line(50)])],
     "no line that can be used has come for 60 s: stock is not seen any more (the last line: is not JSON)"),
    ([(0, [line(0, id="a")]), *((10 * k, [line(0, id="a")]) for k in range(1, 9)), (90, [line(50)])],
     "no line that can be used has come for 60 s: stock is not seen any more (the last line: duplicate)"),
    ([(0, [line(300)]), *((10 * k, [line(100 + k)]) for k in range(1, 9)), (90, [line(350)])],
     "the feed's time has stood still for 60 s, so no reading is due: lines are stamped 194 s before the newest one"),
    ([*POLLS, *((90 + 10 * k, [line(90 + 10 * k)]) for k in range(9)), (180, [line(180, "level", value=800)])],
     "no stock level has come for 63 s, though other lines do"),
    ([(0, [line(0)]), *((30 * k, [line(30 * k, "tick")]) for k in range(1, 22)), (660, [line(660)])],
     "nothing but ticks has come for 600 s"),
    ([(0, []), (30, []), (61, []), (70, [line(0)])], "no line has come for 60 s: stock is not seen any more"),
], ids=["unusable", "the same again", "clock put back", "one source", "ticks alone", "silent from the start"])  # fmt: skip
def test_what_blinds_it_is_an_alert_and_so_is_the_end_of_it(tmp_path, steps, says):
    said = watched(tmp_path, steps)
    assert [level for _at, level, _reason in said] == [2, 0]
    assert (said[0][2], said[1][2]) == (says, "lines come again")


def test_a_calm_show_is_no_broken_feed(tmp_path):
    """Orders may pause; levels may stop where they never came by a beat; a poll a minute apart is not missed at once."""
    calm = [(50.0 * k, [line(50.0 * k, "tick" if k % 4 else "order")]) for k in range(40)]
    assert watched(tmp_path, calm) == []
    slow = [(40.0 * k, [line(40.0 * k, "level", value=900 - k)]) for k in range(25)]
    later = [(970.0 + 30 * k, [line(970.0 + 30 * k)]) for k in range(11)]
    assert watched(tmp_path, [*slow, *later]) == []


def test_some_lines_in_a_row_from_a_wrong_clock(tmp_path):
    """Three that say the same are not enough for an hour; after a real pause the fifth brings all of them."""
    odd = [line(HOUR + k, qty=2) for k in range(3)]
    _, metrics = followed(small(tmp_path), [line(1), *odd, *(line(k) for k in range(2, 9))], tmp_path)
    assert account(metrics) == {"used": 8, "rejected": 3}
    assert (metrics["from_future"], metrics["show_s"]) == (3, 8.0)
    assert rejects(tmp_path)[0]["reason"] == "t leaps 3,599 s ahead and too few lines follow it there"
    _, metrics = followed(small(tmp_path), [line(1), *(line(HOUR + k) for k in range(5))], tmp_path, "b")
    assert account(metrics) == {"used": 6}
    assert metrics["show_s"] == HOUR + 4


def test_lines_that_wait_are_kept_over_a_restart(tmp_path):
    lines = [line(1), *(line(HOUR + k) for k in range(3))]
    _, metrics = followed(small(tmp_path), lines, tmp_path)
    assert account(metrics) == {"used": 1, "held": 3}
    more = [*lines, line(HOUR + 3), line(2 * HOUR), *(line(HOUR + k) for k in range(4, 9))]
    _, metrics = followed(small(tmp_path), more, tmp_path)
    assert account(metrics) == {"used": 10, "rejected": 1}
    assert metrics["restarts"] == 1


def test_a_stamp_years_ahead_is_said_and_one_of_1971_begins_no_show(tmp_path):
    told = []
    days = ["2026-06-18T20:00:00Z", "2036-06-18T20:00:01Z", "2026-06-18T20:00:02Z"]
    (tmp_path / "a.feed").write_text("".join(line(t) + "\n" for t in days))
    metrics = Shadow(small(tmp_path), ways(tmp_path), told.append).run()
    assert (account(metrics), metrics["from_future"]) == ({"used": 2, "rejected": 1}, 1)
    assert any("line 2 is stamped 315,619,201 s ahead of all others; it is not used" in text for text in told)
    _, metrics = followed(small(tmp_path), [line("1971-01-01T00:00:00Z"), line(days[0]), line(days[2])], tmp_path, "b")
    assert (account(metrics), metrics["show_s"]) == ({"used": 2, "rejected": 1}, 2.0)
    assert rejects(tmp_path, "b")[0]["reason"].startswith("t is far before the lines that follow")
