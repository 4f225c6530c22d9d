"""What alerts were worth: the fixtures of T27 and T28, episodes, reaction times, noise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hand_built import run_of, show

from scenarios.contract import Sku, Supply
from scenarios.staffing import Feed, Shift, Staff
from sim.core import tape as T
from sim.core.response import Action, Playbook
from sim.core.run import ALERT_DTYPE, ORDER_DTYPE
from sim.score.alerts import (
    FALSE,
    LATE,
    REPEAT,
    TRUE,
    UNJUDGED,
    VERDICTS,
    episodes,
    foresight,
    judge_alerts,
    judge_run,
    nab_score,
    precision,
    reactions_us,
    sigma,
)
from sim.score.noise import counts, noise, operator_hours
from sim.setup.policies import make_policy


def timed(alerts, events, width=40, needs=(20,), levels=None, end=10_000):
    """Verdicts of alerts of rising levels (so that none repeats another) unless ``levels`` says otherwise."""
    alerts, events = np.asarray(alerts), np.asarray(events)
    levels = np.minimum(1 + np.arange(len(alerts)), 3) if levels is None else np.broadcast_to(levels, len(alerts))
    return judge_alerts(alerts, levels, events, width, ((),) + (needs,) * 3, end)


def test_t27_verdicts():
    """T27: events at 100, 300, 900 s, alerts at 60, 250, 290, 500 s, windows of 40 s from 20 s after the alert."""
    v = timed([60, 250, 290, 500], [100, 300, 900])
    assert v.verdict.tolist() == [TRUE, TRUE, LATE, FALSE]
    assert v.lead[:2].tolist() == [40, 50]
    assert v.spare[:2].tolist() == [20, 30]
    assert math.isnan(v.lead[2])
    assert v.first.tolist() == [0, 1, -1]
    assert v.event.tolist() == [0, 1, -1, -1]
    assert np.mean(v.first >= 0) == pytest.approx(2 / 3)
    assert precision(np.sum(v.caught > 0), 1, 1) == pytest.approx(0.5714, abs=5e-5)


@pytest.mark.parametrize(("alert", "verdict"), [
    (39, FALSE), (40, TRUE), (80, TRUE), (81, LATE), (99, LATE), (100, FALSE), (101, FALSE)
])  # fmt: skip
def test_the_window_is_closed_and_an_alert_at_the_event_is_false(alert, verdict):
    assert timed([alert], [100]).verdict.tolist() == [verdict]


def test_every_effect_has_a_window_of_its_own():
    """A prompt takes 28 s and a restock 940 s; with a horizon of 600 s the windows are 28..628 and 940..1540."""
    for event, verdict in ((10, LATE), (28, TRUE), (628, TRUE), (700, FALSE), (940, TRUE), (1540, TRUE), (1541, FALSE)):
        assert timed([0], [event], 600, (28, 940)).verdict.tolist() == [verdict], event
    v = timed([0], [1000], 600, (28, 940))
    assert (v.lead[0], v.spare[0], v.usable[0]) == (1000, 60, 60)


def test_an_alert_while_a_claim_is_open_is_a_repeat_unless_it_is_higher():
    v = timed([0, 10, 30, 50, 59, 60, 61], [], levels=[2, 2, 1, 3, 2, 2, 3])
    # The claim of level 2 ends at 60, that of level 3 at 110.
    assert [VERDICTS[k] for k in v.verdict] == ["false", "repeat", "repeat", "false", "repeat", "repeat", "repeat"]
    assert timed([0, 60], [], levels=1).verdict.tolist() == [FALSE, FALSE]


def test_watching_for_ever_is_not_precise():
    """One event in an hour. An alert a minute all the time: repeats are noise, and of the claims most are false."""
    once = timed([1500], [1800], 600, (20,), levels=1)
    assert precision(np.sum(once.caught > 0), 0, np.sum(once.verdict == FALSE)) == 1.0
    ever = timed(np.arange(0, 3600, 60), [1800], 600, (20,), levels=1)
    assert np.sum(ever.verdict == REPEAT) > 40
    assert precision(np.sum(ever.caught > 0), np.sum(ever.verdict == LATE), np.sum(ever.verdict == FALSE)) <= 0.25


def test_an_alert_whose_windows_end_after_the_show_is_not_judged_but_its_event_counts():
    for event, caught in ((950, 1), (2000, 0)):
        v = timed([900], [event], 100, (20,), end=1000)
        assert v.verdict.tolist() == [UNJUDGED]
        assert (np.sum(v.first >= 0), np.sum(v.caught > 0)) == (caught, 0)
    assert timed([880], [950], 100, (20,), end=1000).verdict.tolist() == [TRUE]


def test_one_event_foreseen_at_two_levels_counts_once():
    v = timed([60, 70], [100], levels=[1, 2])
    assert v.verdict.tolist() == [TRUE, TRUE]
    assert np.sum(v.caught > 0) == 1
    assert (v.caught[0] >> 1 & 1, v.caught[0] >> 2 & 1, v.caught[0] >> 3 & 1) == (1, 1, 0)


def test_verdicts_agree_with_the_definition_word_by_word():
    rng = np.random.Generator(np.random.PCG64(1))
    for _ in range(200):
        alerts, events = np.sort(rng.integers(0, 300, 8)), np.unique(rng.integers(0, 300, 5))
        levels, width = rng.integers(1, 4, 8), int(rng.integers(10, 60))
        needs = tuple(tuple(sorted(rng.integers(1, 90, rng.integers(1, 3)).tolist())) for _ in range(4))
        v = judge_alerts(alerts, levels, events, width, needs, 320)
        claims: list[tuple[int, int]] = []
        hits: dict[int, list[int]] = {k: [] for k in range(len(events))}
        for i, (t, level) in enumerate(zip(alerts.tolist(), levels.tolist(), strict=True)):
            if any(lv >= level and t < until for lv, until in claims):
                assert v.verdict[i] == REPEAT
                continue
            until = t + max(needs[level]) + width
            claims.append((level, until))
            inside = [k for k, e in enumerate(events) if any(t + need <= e <= t + need + width for need in needs[level])]
            late = any(t < e < t + min(needs[level]) for e in events)
            assert v.verdict[i] == (UNJUDGED if until > 320 else TRUE if inside else LATE if late else FALSE)
            assert v.event[i] == (inside[0] if inside else -1)
            for k in inside:
                hits[k].append(i)
        assert v.first.tolist() == [h[0] if h else -1 for h in hits.values()]


def test_t28_sigma():
    """T28: NAB-style sigmoid."""
    assert [round(sigma(y), 5) for y in (-1, -0.5, 0, 1)] == [0.98661, 0.84828, 0.0, -0.98661]


def test_nab_score_is_anchored_at_silence_and_at_foresight():
    width = 40
    perfect, silent = np.array([40.0, 40.0]), np.array([np.nan, np.nan])
    assert nab_score(perfect, 0, width) == pytest.approx(100.0)
    assert nab_score(silent, 0, width) == pytest.approx(0.0)
    assert nab_score(np.zeros(2), 0, width) == pytest.approx(100 / (1 + sigma(-1)))
    assert nab_score(silent, 3, width) == pytest.approx(-100 * 3 * 0.11 / (2 * (1 + sigma(-1))))
    assert nab_score(perfect, 3, width, "low_fp") < nab_score(perfect, 3, width) < 100
    assert math.isnan(nab_score(np.zeros(0), 1, width))


def alerts_of(*rows: tuple) -> np.ndarray:
    """Alerts from (seconds, level) or (seconds, level, SKU, heard seconds)."""
    alerts = np.zeros(len(rows), ALERT_DTYPE)
    alerts["heard"] = alerts["handled"] = -1
    for i, (t, level, *more) in enumerate(rows):
        alerts["t"][i], alerts["level"][i] = int(t * 1e6) + 1, level
        alerts["sku"][i] = more[0] if more else 0
        alerts["heard"][i] = int(more[1] * 1e6) if len(more) > 1 else -1
    return alerts


def test_an_episode_lasts_until_the_all_clear_and_through_the_cooldown():
    policy = make_policy("fixed_count", gate={"cooldown_s": 60})
    number, changes = episodes(policy, alerts_of((0, 2), (5, 3), (10, 0), (40, 2), (50, 0), (120, 2), (121, 0)))
    assert number.tolist() == [0, 0, 0, 0, -1, 1, -1]
    assert changes.tolist() == [3, 0]
    number, changes = episodes(policy, alerts_of((0, 1), (500, 2), (1000, 3)))
    assert number.tolist() == [0, 0, 0]
    assert changes.tolist() == [2]
    number, _ = episodes(policy, alerts_of((0, 1), (5, 0), (60, 1), (61, 1, 1), (62, 0, 1)))
    assert number.tolist() == [0, -1, 1, 2, -1]
    number, changes = episodes(policy, alerts_of())
    assert (len(number), len(changes)) == (0, 0)


def orders_of(*levels: int) -> np.ndarray:
    """Orders to machines, one a second."""
    rows = np.zeros(len(levels), ORDER_DTYPE)
    rows["t"], rows["level"] = np.arange(len(levels)) * 1_000_000 + 1, levels
    return rows


BOOK = Playbook("book", watch=(Action("notify", channel="push"),),
                prepare=(Action("freeze", channel="popup"), Action("lower_exposure", "auto")),
                emergency=(Action("freeze", "auto"), Action("freeze", channel="popup")))  # fmt: skip


def judged(alerts, events, scenario=None, book=BOOK, horizon=60.0, **more):
    policy = replace(make_policy("fixed_count"), playbook=book)
    run = replace(run_of(scenario or show(5, Sku("b", 5)), [(1, T.ORDER, {})]), policy=policy, alerts=alerts, **more)
    sku, t = np.array([e[0] for e in events], int), np.array([int(e[1] * 1e6) for e in events], np.int64)
    return run, judge_run(run, sku, t, horizon)


def test_reactions_are_the_feed_and_the_way_to_every_effect():
    run, _ = judged(alerts_of(), [], show(5, feed=Feed(period_s=4.0, lag_s=1.5)))
    # notice only: push 1 + 45; freeze by pop-up 0.2 + 8 + 5 + 2, exposure by machine 1 + 60; automatic freeze 1 + 2, by hand 15.2
    by_level = [[round(us / 1e6, 6) for us in level] for level in reactions_us(run)]
    assert by_level == [[], [3.5 + 46.0], [3.5 + 15.2, 3.5 + 61.0], [3.5 + 3.0, 3.5 + 15.2]]
    slow = Playbook("slow", watch=(Action("host_prompt", "auto"), Action("restock", "auto"), Action("notify")))
    run, _ = judged(alerts_of(), [], book=slow)
    assert [us / 1e6 for us in reactions_us(run)[1]] == [1.0 + 1.0 + 10.0, 1.0 + 1.0 + 900.0]  # the host reacts, stock travels
    quiet, _ = judged(alerts_of(), [], book=Playbook("none"))
    assert reactions_us(quiet) == ((),) * 4


def test_claims_of_a_run():
    alerts = alerts_of((20, 1), (90, 2), (98, 3), (400, 3), (401, 0), (97, 3, 1))
    _, j = judged(alerts, [(0, 102.5), (1, 700.0)])
    # Windows of a minute: level 1 after 47 s: true; level 2 after 16.2 and 62 s: late; level 3 after 4 and 16.2 s: true.
    assert j.verdicts.verdict.tolist() == [TRUE, LATE, TRUE, FALSE, FALSE]
    foreseen = foresight(j, 60.0)
    assert (foreseen["foreseen_events"], foreseen["true_claims"], foreseen["late_claims"], foreseen["false_claims"]) == (
        1,
        2,
        1,
        2,
    )
    assert foreseen["precision"] == pytest.approx(1 / (1 + 0.5 + 2))
    assert (foreseen["precision_watch"], foreseen["precision_prepare"], foreseen["precision_emergency"]) == (1.0, 0.0, 1 / 3)
    assert (foreseen["recall"], foreseen["usable_share"]) == (0.5, 2 / 3)
    assert foreseen["lead_s"] == pytest.approx(82.5, abs=1e-5)
    assert foreseen["usable_lead_s"] == pytest.approx(35.5, abs=1e-5)


def test_alerts_of_one_sku_foresee_nothing_of_another():
    _, j = judged(alerts_of((90, 3, 0), (95, 3, 1)), [(1, 100.0)])
    assert j.verdicts.verdict.tolist() == [FALSE, TRUE]
    _, j = judged(alerts_of((90, 3, 1)), [(0, 100.0)])
    assert j.verdicts.verdict.tolist() == [FALSE]


def test_noise_counts():
    staff = Staff(shifts=(Shift(2, 0.0, 1800.0), Shift(1, 3000.0)))
    rows = [(float(t), 1 + k % 3, 0, t + 5 if k < 6 else -1e-6) for k, t in enumerate(range(0, 100, 10))]
    alerts = alerts_of(*rows, (2000, 0, 0, 2010), (3000, 2, 0, 3001))
    run, j = judged(alerts, [], show(5, staff=staff, supply=Supply()), busy_us=90_000_000, suppressed=(3, 2, 1), minded=8,
                    orders=orders_of(2, 3, 3, 0, 2))  # fmt: skip
    n = counts(run) | noise(run, j)
    assert operator_hours(run.scenario) == pytest.approx(1.0 + 1 / 6)
    assert n["alerts"] == 11
    assert n["alerts_handled"] == 8
    # Level 1 by push, levels 2 and 3 by pop-up, one notice each; the all-clear tells nobody.
    assert (n["notices"], n["notices_push"], n["notices_popup"]) == (11, 4, 7)
    assert n["notices_per_operator_hour"] == pytest.approx(11 / (7 / 6))
    assert (n["machine_orders"], n["host_prompts"]) == (4, 0)
    assert n["alerts_per_sku_hour"] == 11
    assert n["alerts_max_10min"] == 10
    assert n["episodes"] == 2
    assert n["flaps"] == 9 / 2
    assert n["chattering_episodes"] == 1
    assert n["handling_minutes"] == 1.5
    assert (n["suppressed_duplicate"], n["suppressed_cooldown"], n["suppressed_budget"]) == (3, 2, 1)
    # levels 1 and 3 and 2 all have a person in the playbook, so every alert counts
    assert n["acknowledged_share"] == pytest.approx(7 / 11)


def test_chattering_is_three_changes_a_minute():
    for changes, apart, due in ((9, 10.0, 1), (9, 30.0, 0), (2, 1.0, 0), (3, 1.0, 1), (0, 1.0, 0)):
        run, j = judged(alerts_of(*((k * apart, 1 + k % 2) for k in range(changes + 1))), [])
        assert noise(run, j)["chattering_episodes"] == due


def test_an_alert_nobody_is_told_of_needs_no_answer():
    book = Playbook("machine", emergency=(Action("freeze", "auto"),))
    run, j = judged(alerts_of((1, 3), (2, 3, 1)), [], book=book)
    assert math.isnan(noise(run, j)["acknowledged_share"])


def test_a_playbook_that_notifies_nobody_sends_no_notice():
    book = Playbook(
        "machine", emergency=(Action("freeze", "auto"), Action("host_prompt", "auto")), resolved=(Action("reopen", "auto"),)
    )
    run, _ = judged(
        alerts_of((1, 3), (50, 0), (60, 3, 1)),
        [],
        show(5, Sku("b", 5), staff=Staff(shifts=())),
        book=book,
        orders=orders_of(3, 0, 3),
    )
    n = counts(run)
    assert (n["notices"], n["notices_per_operator_hour"], n["machine_orders"], n["host_prompts"]) == (0, 0, 3, 2)


def test_notices_by_several_channels_all_clears_included_and_nobody_on_duty():
    book = Playbook("loud", prepare=(Action("notify", channel="call"), Action("restock", channel="sms"),
                    Action("notify", channel="sms")),
                    resolved=(Action("notify", channel="in_site"),))  # fmt: skip
    run, _ = judged(alerts_of((1, 2), (50, 0), (60, 2, 1)), [], book=book)
    n = counts(run)
    assert (n["notices"], n["notices_call"], n["notices_sms"], n["notices_in_site"]) == (5, 2, 2, 1)
    run, _ = judged(alerts_of((1, 2)), [], show(5, staff=Staff(shifts=())), book=book)
    assert counts(run)["notices_per_operator_hour"] == math.inf


def test_own_eyes_belong_to_strategies_that_look():
    book = Playbook("eyes", emergency=(Action("freeze", channel="own_eyes"),))
    run, _ = judged(alerts_of((1, 3)), [], book=book)
    assert (counts(run)["notices"], counts(run)["notices_own_eyes"]) == (1, 1)
    looking = replace(run, policy=replace(make_policy("manual_polling"), playbook=book))
    assert counts(looking)["notices"] == 0
