"""What one setting sends and another does not."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sim.replay import load, replay
from sim.replay.diff import CHANGES, diff_counts, pairs, rule_diff
from sim.replay.invent import FOLDER
from sim.setup.policies import make_policy

alerts = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3)), max_size=8).map(sorted)


@given(one=alerts, two=alerts, within=st.integers(0, 20))
def test_matching_is_one_to_one_within_tolerance_and_leaves_no_pair_apart(one, two, within):
    a_t, a_level = (np.array([r[k] for r in one], float) for k in range(2))
    b_t, b_level = (np.array([r[k] for r in two], float) for k in range(2))
    matched = pairs(a_t, a_level, b_t, b_level, within)
    assert len({i for i, _ in matched}) == len({j for _, j in matched}) == len(matched)
    assert all(abs(a_t[i] - b_t[j]) <= within for i, j in matched)
    left_a, left_b = set(range(len(one))) - {i for i, _ in matched}, set(range(len(two))) - {j for _, j in matched}
    assert not [(i, j) for i in left_a for j in left_b if abs(a_t[i] - b_t[j]) <= within]


def test_a_setting_does_not_differ_from_itself():
    policies = [make_policy("fixed_count", label=name) for name in ("a", "b")]
    replayed = replay(load(FOLDER), policies)
    changed = rule_diff(replayed.alerts, "a", "b")
    assert set(changed["change"]) == {"same"}
    assert len(changed) == ((replayed.alerts["strategy"] == "a") & (replayed.alerts["level"] > 0)).sum() > 3


def test_every_alert_is_counted_once_over_several_streams():
    policies = [make_policy("fixed_count", label="a"), make_policy("fixed_count", {"units": 100}, label="b")]
    parts = []
    for name in ("one", "two"):
        replayed = replay(load(FOLDER), policies)
        parts.append((replayed.alerts.assign(stream=name), replayed.sellouts.assign(stream=name)))
    alerts_sent, outs = (pd.concat(p) for p in zip(*parts, strict=True))
    changed = rule_diff(alerts_sent, "a", "b", 60.0)
    told = alerts_sent[alerts_sent["level"] > 0]
    assert changed["a_t_s"].notna().sum() == (told["strategy"] == "a").sum()
    assert changed["b_t_s"].notna().sum() == (told["strategy"] == "b").sum()
    counts = diff_counts(changed, outs, "a", "b").set_index("stream")
    assert counts.loc["all", list(CHANGES)].sum() == len(changed)
    assert (counts.loc["one"] * 2 == counts.loc["all"]).all()
    warned = counts.loc["all", ["warned_both", "warned_a", "warned_b", "warned_neither"]].sum()
    assert warned == len(outs) / 2
