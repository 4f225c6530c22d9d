"""Alert hygiene: debounce (T26), hysteresis, cooldown, inhibition, repeats, n-of-m and the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.demand.streams import stream
from strategies.gate import (
    GATE_MEMORY,
    GATE_SHARED,
    SENT,
    SUPPRESSED_BUDGET,
    SUPPRESSED_COOLDOWN,
    SUPPRESSED_DUPLICATE,
    gate,
)
from strategies.registry import gate_settings

RAW = {"for_s": 0, "keep_s": 0, "hysteresis": 0, "cooldown_s": 0}


class Door:
    """A gate for one SKU with its settings; ``shared`` may be shared."""

    def __init__(self, shared=None, **values):
        self.g = gate_settings(RAW | values)
        self.m = np.zeros(GATE_MEMORY)
        self.shared = np.zeros(GATE_SHARED) if shared is None else shared

    def pass_(self, now, level, stock=0.0, line=0.0):
        return gate(self.g, self.m, self.shared, float(now), level, float(stock), float(line))

    def run(self, levels, step=1.0):
        return [self.pass_(i * step, level) for i, level in enumerate(levels)]


def pulse(start, length, total, level=2):
    return [level if start <= i < start + length else 0 for i in range(total)]


@pytest.mark.parametrize(("length", "for_s"), [(10, 15), (4, 5), (30, 31)])
def test_a_pulse_shorter_than_for_is_missed_T26(length, for_s):
    levels = pulse(20, length, 100)
    assert sum(a > 0 for a in Door(for_s=for_s).run(levels)) == 0
    assert sum(a > 0 for a in Door(for_s=0).run(levels)) == 1


def test_for_delays_and_resets_on_one_missed_reading():
    door = Door(for_s=5)
    assert door.run(pulse(20, 10, 40)).index(2) == 25
    broken = [2, 2, 2, 2, 0] * 10
    assert max(Door(for_s=5).run(broken)) <= 0


@pytest.mark.parametrize(("keep_s", "episodes"), [(30, 1), (0, 2), (19, 2), (22, 1)])
def test_keep_firing_merges_two_pulses_T26(keep_s, episodes):
    levels = [2 if 20 <= i < 30 or 50 <= i < 60 else 0 for i in range(150)]
    answers = Door(keep_s=keep_s).run(levels)
    assert sum(a > 0 for a in answers) == episodes
    assert sum(a == 0 for a in answers) == episodes


@pytest.mark.parametrize(("enter", "leave", "low", "high"), [(100, 120, 98, 104), (50, 65, 47, 60)])
def test_hysteresis_on_a_sawtooth_T26(enter, leave, low, high):
    tooth = [*range(high, low - 1, -1)]
    stock = [high + 50, *tooth * 12, leave + 5]
    levels = [2 if x <= enter else 0 for x in stock]

    def episodes(hysteresis):
        door = Door(hysteresis=hysteresis)
        answers = [door.pass_(i, level, x, enter) for i, (level, x) in enumerate(zip(levels, stock, strict=True))]
        return sum(a > 0 for a in answers), sum(a == 0 for a in answers)

    assert episodes(leave / enter - 1) == (1, 1)
    assert episodes(0) == (12, 12)


def test_without_a_line_the_level_alone_decides():
    door = Door(hysteresis=0.2)
    assert [door.pass_(0, 2, 5, 0), door.pass_(1, 0, 5, 0)] == [2, 0]


def test_escalation_is_sent_and_lower_levels_are_mute():
    answers = Door().run([0, 1, 1, 2, 2, 3, 2, 1, 3, 0])
    assert answers == [-1, 1, -1, 2, -1, 3, -1, -1, -1, 0]


def test_without_inhibition_each_level_is_sent_highest_first():
    assert Door(inhibit=0).run([3, 3, 3, 3, 0]) == [3, 2, 1, -1, 0]
    assert Door(inhibit=1).run([3, 3, 3, 3, 0]) == [3, -1, -1, -1, 0]


def test_a_level_that_comes_back_within_an_episode_is_a_duplicate():
    door = Door(keep_s=10)
    answers = door.run([2, 0, 2, 0, 2, 2])
    assert answers == [2, -1, -1, -1, -1, -1]
    assert door.m[SUPPRESSED_DUPLICATE] == 2


def test_repeat_sends_a_standing_level_again():
    assert [i for i, a in enumerate(Door(repeat_s=10).run([2] * 35)) if a > 0] == [0, 10, 20, 30]


def test_cooldown_holds_back_the_same_or_lower_but_not_a_higher_level():
    door = Door(cooldown_s=60)
    levels = pulse(0, 5, 10) + pulse(0, 5, 10) + pulse(0, 5, 10, level=3)
    assert [(i, a) for i, a in enumerate(door.run(levels)) if a > 0] == [(0, 2), (20, 3)]
    assert door.m[SUPPRESSED_COOLDOWN] == 1
    assert door.m[SENT] == 2


@pytest.mark.parametrize("inhibit", [0, 1])
def test_a_new_emergency_is_never_held_back_by_the_cooldown(inhibit):
    """Frozen, cleared, opened again and selling out again within the cooldown: that is news each time."""
    door = Door(cooldown_s=60, keep_s=3, inhibit=inhibit)
    answers = door.run([0, 3, 3, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 3])
    assert [i for i, a in enumerate(answers) if a == 3] == [1, 8, 15]
    assert answers.count(0) == 2
    calmer = Door(cooldown_s=60, keep_s=3, inhibit=inhibit).run([0, 3, 3, 0, 0, 0, 0, 0, 2, 2])
    assert [a for a in calmer if a > 0] == [3] if inhibit else [3, 2], "a lower level still waits"


def test_within_an_episode_the_cooldown_holds_an_emergency_too():
    """A standing emergency is not new: its repeats wait for the cooldown, and coming back from calm is a duplicate."""
    assert [i for i, a in enumerate(Door(cooldown_s=30, repeat_s=10).run([3] * 70)) if a > 0] == [0, 30, 60]
    door = Door(cooldown_s=60, keep_s=10)
    assert [i for i, a in enumerate(door.run([3, 0, 3, 0, 3, 3])) if a > 0] == [0]
    assert door.m[SUPPRESSED_DUPLICATE] == 2


def test_a_second_emergency_after_an_automatic_unfreeze_freezes_again(player):
    """The strategy, the gate and a freeze that they switch: stock comes back, sells out within the cooldown, and is frozen."""
    p, door, closed, acts = player("newsvendor_freeze"), Door(cooldown_s=60, keep_s=3, hysteresis=0.15), 0.0, []
    stock, orders = 60.0, 0.0
    for t in range(1, 121):
        if t == 40:
            stock += 40.0
        if not closed:
            stock, orders = max(0.0, stock - 2.0), orders + 2.0
        level = p.see(t, stock=stock, orders=orders, paid=orders, closed=closed)
        say = door.pass_(t, level, stock, p.line)
        if say == 3:
            closed = 1.0
            acts.append((t, "freeze"))
        elif say == 0:
            closed = 0.0
            acts.append((t, "reopen"))
    assert [what for _, what in acts] == ["freeze", "reopen", "freeze"]
    assert acts[2][0] - acts[0][0] < 60, "the renewed emergency came within the cooldown"
    assert stock > 0


def test_an_alert_held_back_goes_out_when_the_cooldown_ends():
    answers = Door(cooldown_s=30).run([2, 0] + [2] * 50 + [0])
    assert [i for i, a in enumerate(answers) if a > 0] == [0, 30]


def test_an_episode_nobody_heard_of_is_not_resolved():
    answers = Door(cooldown_s=1000).run([2, 0, 2, 0, 0])
    assert answers == [2, 0, -1, -1, -1]


def test_n_of_m():
    levels = [2, 0, 2, 0, 2, 2, 2, 0, 0, 0, 0, 0]
    door = Door(n=3, m=4)
    answers = door.run(levels)
    assert answers.index(2) == 5, "three of 2, 0, 2, 2"
    assert answers.count(0) == 1
    assert answers.index(0) == 8, "two of 2, 2, 0, 0 is no longer enough"


def send_every(door, count, step, level=2, start=0.0):
    """``count`` one-reading episodes; how many alerts passed."""
    sent = 0
    for i in range(count):
        sent += door.pass_(start + i * step, level) > 0
        door.pass_(start + i * step + step / 2, 0)
    return sent


def test_budget_bounds_the_alerts_of_the_room():
    """Six an hour over two SKUs: one in hand, then one in ten minutes."""
    shared = np.zeros(GATE_SHARED)
    doors = [Door(shared, budget_per_hour=6) for _ in range(2)]
    sent = 0
    for i in range(3600):
        for door in doors:
            sent += door.pass_(i, 2 if i % 20 < 10 else 0) > 0
    assert 6 <= sent <= 7
    assert sum(door.m[SUPPRESSED_BUDGET] for door in doors) > 100


def test_budget_lets_emergencies_pass_unless_told_otherwise():
    assert send_every(Door(budget_per_hour=6), 50, 10.0, level=3) == 50
    assert send_every(Door(budget_per_hour=6, budget_all=1), 50, 10.0, level=3) == 1
    assert send_every(Door(budget_per_hour=6), 50, 10.0, level=2) == 1


@pytest.mark.parametrize("pattern", [7, 13, 40])
def test_alerts_do_not_increase_with_the_cooldown_T30(pattern):
    sent = [send_every(Door(cooldown_s=c), 200, float(pattern)) for c in (0, 5, 20, 60, 300)]
    assert sent == sorted(sent, reverse=True)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 40.0), st.floats(0.0, 200.0)), max_size=80),
    st.fixed_dictionaries(
        {
            "for_s": st.sampled_from([0, 3, 20]), "n": st.integers(1, 3), "m": st.integers(1, 5),
            "keep_s": st.sampled_from([0, 5]), "hysteresis": st.sampled_from([0, 0.2]), "cooldown_s": st.sampled_from([0, 60]),
            "repeat_s": st.sampled_from([0, 15]), "inhibit": st.integers(0, 1), "budget_per_hour": st.sampled_from([0, 6]),
        }
    ),
)  # fmt: skip
def test_every_resolution_follows_an_alert(readings, values):
    """Alerts and resolutions alternate as episodes do, nothing but -1..3 comes out, and the counter is right."""
    door, now, standing, sent = Door(**values), 0.0, False, 0
    for level, gap, stock in readings:
        now += gap
        answer = door.pass_(now, level, stock, 100.0)
        assert answer in (-1, 0, 1, 2, 3)
        if answer == 0:
            assert standing
            standing = False
        elif answer > 0:
            standing, sent = True, sent + 1
    assert door.m[SENT] == sent
    assert np.isfinite(door.m).all()


def test_compiled_gate_answers_the_same():
    numba = pytest.importorskip("numba")
    from sim.native import _link  # the one linker; what the engine itself compiles

    fast = numba.njit(error_model="numpy")(_link(gate, {}, {}))
    rng = stream(3, "gate")
    for values in ({}, {"n": 2, "m": 3, "inhibit": 0, "repeat_s": 9}, {"budget_per_hour": 30, "for_s": 2, "keep_s": 4}):
        slow, quick = Door(**values), Door(**values)
        for i in range(600):
            level, stock = int(rng.choice([0, 0, 1, 2, 3])), float(rng.integers(0, 200))
            answers = [f(d.g, d.m, d.shared, i * 1.5, level, stock, 90.0) for f, d in ((gate, slow), (fast, quick))]
            assert answers[0] == answers[1]
        assert slow.m.tobytes() == quick.m.tobytes()
        assert slow.shared.tobytes() == quick.shared.tobytes()
