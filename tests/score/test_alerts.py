"""What alerts were worth: the fixtures of T27 and T28, episodes, reaction times, noise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hand_built import run_of, show

from scenarios.contract import Supply
from scenarios.staffing import Feed, Shift, Staff
from sim.core import tape as T
from sim.core.response import Action, Playbook
from sim.core.run import ALERT_DTYPE
from sim.score.alerts import (
    FALSE,
    LATE,
    TRUE,
    VERDICTS,
    counts,
    episodes,
    foresight,
    judge_alerts,
    judge_run,
    nab_score,
    noise,
    operator_hours,
    precision,
    reaction_s,
    sigma,
)
from sim.setup.policies import make_policy


def test_t27_verdicts():
    """T27: events at 100, 300, 900 s, alerts at 60, 250, 290, 500 s, H = 60 s, L_tot = 20 s."""
    v = judge_alerts(np.array([60, 250, 290, 500]), np.array([100, 300, 900]), 60, 20)
    assert v.verdict.tolist() == [TRUE, TRUE, LATE, FALSE]
    assert v.lead[:2].tolist() == [40, 50]
    assert v.usable[:2].tolist() == [20, 30]
    assert math.isnan(v.lead[2])
    assert v.first.tolist() == [0, 1, -1]
    assert v.event.tolist() == [0, 1, -1, -1]
    assert np.mean(v.first >= 0) == pytest.approx(2 / 3)
    assert precision(v.verdict) == pytest.approx(0.5714, abs=5e-5)


@pytest.mark.parametrize(("alert", "verdict"), [
    (39, FALSE), (40, TRUE), (80, TRUE), (81, LATE), (99, LATE), (100, FALSE), (101, FALSE)
])  # fmt: skip
def test_the_window_is_closed_and_an_alert_at_the_event_is_false(alert, verdict):
    v = judge_alerts(np.array([alert]), np.array([100]), 60, 20)
    assert v.verdict.tolist() == [verdict]


def test_verdicts_agree_with_the_definition_word_by_word():
    rng = np.random.Generator(np.random.PCG64(1))
    for _ in range(200):
        alerts, events = np.sort(rng.integers(0, 300, 8)), np.unique(rng.integers(0, 300, 5))
        horizon, reaction = int(rng.integers(10, 80)), rng.integers(0, 100, 8)
        v = judge_alerts(alerts, events, horizon, reaction)
        hits: dict[int, list[int]] = {k: [] for k in range(len(events))}
        for i, (t, need) in enumerate(zip(alerts, reaction, strict=True)):
            inside = [k for k, e in enumerate(events) if t + need <= e <= t + horizon]
            late = any(t < e < t + need for e in events)
            assert v.verdict[i] == (TRUE if inside else LATE if late else FALSE)
            assert v.event[i] == (inside[0] if inside else -1)
            for k in inside:
                hits[k].append(i)
        assert v.first.tolist() == [h[0] if h else -1 for h in hits.values()]
        assert [x for x in v.lead if x == x] == [events[k] - alerts[h[0]] for k, h in hits.items() if h]


def test_t28_sigma():
    """T28: NAB-style sigmoid."""
    assert [round(sigma(y), 5) for y in (-1, -0.5, 0, 1)] == [0.98661, 0.84828, 0.0, -0.98661]


def test_nab_score_is_anchored_at_silence_and_at_foresight():
    events, horizon, need = np.array([100, 300]), 60, 20
    perfect = judge_alerts(np.array([40, 240]), events, horizon, need)
    assert nab_score(perfect, 0, horizon) == pytest.approx(100.0)
    silent = judge_alerts(np.zeros(0), events, horizon, need)
    assert nab_score(silent, 0, horizon) == pytest.approx(0.0)
    last = judge_alerts(np.array([80, 280]), events, horizon, need)
    assert nab_score(last, 0, horizon) == pytest.approx(100 / (1 + sigma(-1)))
    assert nab_score(silent, 3, horizon) == pytest.approx(-100 * 3 * 0.11 / (2 * (1 + sigma(-1))))
    assert nab_score(perfect, 3, horizon, "low_fp") < nab_score(perfect, 3, horizon) < 100
    late = judge_alerts(np.array([90]), np.array([100]), horizon, need)
    assert nab_score(late, 0, horizon) == 0.0
    assert math.isnan(nab_score(judge_alerts(np.array([5]), np.zeros(0), 60, 20), 1, 60))


def alerts_of(*rows: tuple) -> np.ndarray:
    """Alerts from (seconds, level) or (seconds, level, SKU, heard seconds)."""
    made = np.zeros(len(rows), ALERT_DTYPE)
    made["heard"] = made["handled"] = -1
    for i, (t, level, *more) in enumerate(rows):
        made["t"][i], made["level"][i] = int(t * 1e6) + 1, level
        made["sku"][i] = more[0] if more else 0
        made["heard"][i] = int(more[1] * 1e6) if len(more) > 1 else -1
    return made


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


BOOK = Playbook("book", watch=(Action("notify", channel="push"),),
                prepare=(Action("freeze", channel="popup"), Action("lower_exposure", "auto")),
                emergency=(Action("freeze", "auto"), Action("freeze", channel="popup")))  # fmt: skip


def judged(alerts, events, scenario=None, book=BOOK, horizon=60.0, **more):
    policy = replace(make_policy("fixed_count"), playbook=book)
    run = replace(run_of(scenario or show(5), [(1, T.ORDER, {})]), policy=policy, alerts=alerts, **more)
    sku, t = np.array([e[0] for e in events], int), np.array([int(e[1] * 1e6) for e in events], np.int64)
    return run, judge_run(run, sku, t, horizon)


def test_reaction_is_the_feed_and_the_shortest_way_to_an_effect():
    run, _ = judged(alerts_of(), [], show(5, feed=Feed(period_s=4.0, lag_s=1.5)))
    # notice only: push 1 + 45; freeze by pop-up 0.2 + 8 + 5 + 2; automatic freeze 1 + 2
    assert reaction_s(run) == pytest.approx([3.5 + 8.0, 3.5 + 46.0, 3.5 + 15.2, 3.5 + 3.0])
    slow = Playbook("slow", watch=(Action("host_prompt", "auto"),), prepare=(Action("restock", "auto"),))
    run, _ = judged(alerts_of(), [], book=slow)
    assert reaction_s(run)[1:3] == pytest.approx([1.0 + 1.0 + 10.0, 1.0 + 1.0 + 900.0])  # the host reacts, the stock travels
    quiet, _ = judged(alerts_of(), [], book=Playbook("none"))
    assert reaction_s(quiet) == pytest.approx([1.0 + 8.0] * 4)


def test_an_episode_is_worth_its_best_alert():
    alerts = alerts_of((20, 1), (90, 2), (98, 3), (400, 3), (401, 0), (97, 3, 1))
    _, j = judged(alerts, [(0, 102.5), (1, 700.0)])
    # level 1 needs 47 s and sees nothing within 60 s; level 2 needs 16.2 s: late; level 3 needs 4 s: true
    assert j.found.verdict.tolist() == [FALSE, LATE, TRUE, FALSE, FALSE]
    assert j.best.tolist() == [TRUE, FALSE]
    found = foresight(j, 60.0)
    assert (found["true_episodes"], found["late_episodes"], found["false_episodes"]) == (1, 0, 1)
    assert (found["precision"], found["recall"], found["usable_share"]) == (0.5, 0.5, 1.0)
    assert found["lead_s"] == pytest.approx(4.5, abs=1e-5)
    assert found["usable_lead_s"] == pytest.approx(0.5, abs=1e-5)


def test_alerts_of_one_sku_foresee_nothing_of_another():
    _, j = judged(alerts_of((90, 3, 0), (95, 3, 1)), [(1, 100.0)], show(5))
    assert j.best.tolist() == [FALSE, TRUE]
    _, j = judged(alerts_of((90, 3, 1)), [(0, 100.0)], show(5))
    assert j.best.tolist() == [FALSE]


def test_noise_counts():
    staff = Staff(shifts=(Shift(2, 0.0, 1800.0), Shift(1, 3000.0)))
    rows = [(float(t), 1 + k % 3, 0, t + 5 if k < 6 else -1e-6) for k, t in enumerate(range(0, 100, 10))]
    alerts = alerts_of(*rows, (2000, 0, 0, 2010), (3000, 2, 0, 3001))
    run, j = judged(alerts, [], show(5, staff=staff, supply=Supply()), busy_us=90_000_000, suppressed=(3, 2, 1))
    n = counts(run) | noise(run, j)
    assert operator_hours(run) == pytest.approx(1.0 + 1 / 6)
    assert n["alerts"] == 11
    assert n["alerts_handled"] == 8
    assert n["alerts_per_operator_hour"] == pytest.approx(11 / (7 / 6))
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
    for changes, apart, found in ((9, 10.0, 1), (9, 30.0, 0), (2, 1.0, 0), (3, 1.0, 1), (0, 1.0, 0)):
        run, j = judged(alerts_of(*((k * apart, 1 + k % 2) for k in range(changes + 1))), [])
        assert noise(run, j)["chattering_episodes"] == found


def test_an_alert_nobody_is_told_of_needs_no_answer():
    book = Playbook("machine", emergency=(Action("freeze", "auto"),))
    run, j = judged(alerts_of((1, 3), (2, 3, 1)), [], book=book)
    assert math.isnan(noise(run, j)["acknowledged_share"])


def test_an_alert_that_can_still_save_part_of_the_harm_is_late_not_false():
    events, ends = np.array([100, 300]), np.array([180, 300])
    alerts = np.array([50, 120, 170, 310])
    found = judge_alerts(alerts, events, 60, 20, ends)
    assert [VERDICTS[k] for k in found.verdict] == ["true", "late", "false", "false"]
    assert [VERDICTS[k] for k in judge_alerts(alerts, events, 60, 20).verdict] == ["true", "false", "false", "false"]
