"""The verdict in words, on made-up tables whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from sim.jobs.plan import Plan
from sim.report.text.verdict import rows, sentences
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.setup.space import Candidate, Variant
from sim.stats.paired import student
from sim.stats.pareto import OBJECTIVES
from sim.stats.selection import Selection, SelectionRules, select
from sim.study.decide import COSTS, Trials, decide
from tests.study.small_show import show

SHOWS, ORDERS = 400, 1000.0


def trials(cost: np.ndarray, **columns: np.ndarray) -> Trials:
    """A table of J, float64 [show, candidate], and of other metrics of the same shape; all else is 0, orders paid are ORDERS."""
    shows, n = cost.shape
    policy = make_policy("fixed_count")
    candidates = [Candidate(f"line#{k}", "fixed_count", {"strategy.units": k}, policy) for k in range(n)]
    plan = Plan([Variant("small", show(), {})], candidates, shows, 1, PROFILES["balanced"])
    known = {"J": cost, "settled_orders": np.full(cost.shape, ORDERS), "sold_units": np.full(cost.shape, ORDERS)} | columns

    def of(names):
        return np.stack([known.get(name, np.zeros(cost.shape)) for name in names], axis=-1)[None]

    averages = np.nanmean(of((*OBJECTIVES, *COSTS)), axis=1)
    return Trials(plan, cost[None], averages, lambda picked, names: of(names)[:, :, list(picked)])


def costs(*means: float, sd: float = 1.0) -> np.ndarray:
    gen = np.random.Generator(np.random.PCG64(7))
    return np.array(means) + sd * gen.standard_normal((SHOWS, len(means)))


def said(t: Trials, **options) -> str:
    return "\n".join(sentences(decide(t, **options)))


def test_the_only_best_is_named_with_its_cost():
    words = said(trials(costs(900, 500, 700), net=np.full((SHOWS, 3), 7000.0)))
    assert words.startswith("Best: line#1 with strategy.units=1; net 7,000, left on the table J 500 ±")
    assert "no other candidate costs less" in words


def test_candidates_judged_in_blocks_are_judged_alike(monkeypatch):
    """What a show can come to follows from all of them, whoever is held at once."""
    oversold = np.zeros((SHOWS, 3))
    oversold[:40, 2] = 30.0
    table = trials(costs(500, 600, 700), cancelled_orders=oversold, session_oversold=(oversold > 0) * 1.0)
    whole = decide(table)
    monkeypatch.setattr("sim.study.decide.ROOM", 1)
    blocks = decide(table)
    assert blocks.certificates == whole.certificates
    assert blocks.chosen == whole.chosen
    assert whole.certificates["strict"][0].checks[0].high < 3 / SHOWS, "the worst of all shows, not of his own"


def test_a_tie_is_named_and_what_would_decide_it():
    words = said(trials(costs(500, 500.5, 900, sd=30.0)), delta=1.0)
    assert "cannot be told apart, with 95 % confidence and to 1 CNY a show, from line#1; about" in words
    assert "more shows would decide" in words
    d = decide(trials(costs(*[500.0] * 20, sd=30.0)), delta=1.0)
    assert {row[0] for row in rows(d)} >= {f"line#{k}" for k in d.selection.tied}, "every tied candidate is in the table"
    assert {row[-1] for row in rows(d)} >= {"strategy.units=3"}


def test_shows_that_nobody_plays_are_not_counted_out():
    near = Selection.further
    for counts, says in (((1_956_493, 0), "more than 10,000 further shows would not tell them apart"),
                         ((1523, 2_705_504), "about 1,500 more shows would decide if the differences are what they look like, "
                                             "more than 10,000 if there are none")):  # fmt: skip
        Selection.further = property(lambda _, counts=counts: counts)
        try:
            assert says in said(trials(costs(500, 500.5, 900, sd=30.0)), delta=1.0)
        finally:
            Selection.further = near


@pytest.mark.parametrize(("candidates", "holds"), [(2, True), (40, False)])
def test_a_certificate_says_whether_it_survives_the_choice(candidates, holds):
    """Oversold orders 0.4 %, standard error near 0.035, against 0.5 %: enough for two candidates and not for forty."""
    gen = np.random.Generator(np.random.PCG64(1))
    share = (gen.random((SHOWS, candidates)) < 0.3) * gen.uniform(5, 25, (SHOWS, candidates))
    share[:, 0] *= 4.0 / share[:, 0].mean()
    words = said(trials(costs(*([500] + [900] * (candidates - 1))), cancelled_orders=share))
    assert "Limits platform: line#0 is certified (400 shows, 95 % confidence), also when allowing for the choice" in words
    standard = next(line for line in words.splitlines() if line.startswith("Limits standard"))
    assert "is certified" in standard
    assert ("also when allowing for the choice among 2" in standard) == holds
    assert ("not when allowing for the choice among 40: confirm it on other seeds" in standard) != holds


def test_a_refuted_limit_says_by_how_much():
    words = said(trials(costs(500, 900), notices_per_operator_hour=np.full((SHOWS, 2), 50.0)))
    over = "notices per operator-hour 50.00, at least 50.00 in 400 shows, limit 6.0"
    assert f"Limits platform: line#0 is refuted ({over}); no candidate is certified." in words
    assert rows(decide(trials(costs(500, 900))))[0][-4:-1] == ["undecided", "undecided", "certified"]


def test_a_race_says_what_it_may_have_missed_and_what_it_spared():
    table = costs(500, 520, 900)
    for shock, told in ((0.0, True), (50.0, False)):
        rules = SelectionRules(10.0, first=30, most=SHOWS, shock=shock)
        raced = select(lambda which, numbers: table[np.ix_(list(numbers), list(which))], 3, rules)
        played = np.full(table.shape, np.nan)
        played[: len(raced.values)] = raced.values
        words = "\n".join(sentences(decide(trials(played), 10.0, raced=raced)))
        assert ("fewer than about 5 % of shows have may have escaped the first 30 shows" in words) == told


def test_the_cheapest_within_the_limits_is_named_where_the_best_breaks_them():
    alerts = np.array([50.0, 50.0, 1.0, 1.0]) + np.zeros((SHOWS, 4))
    words = said(trials(costs(500, 600, 700, 900), notices_per_operator_hour=alerts))
    first_one = next(line for line in words.splitlines() if line.startswith("Limits platform"))
    assert "line#0 is refuted" in first_one
    assert (
        "The cheapest that is certified: line#2, 200 CNY a show dearer (also when allowing for the choice among 4)" in first_one
    )


def test_the_cheapest_is_the_cheapest_though_a_dearer_one_is_less_certain():
    """line#1 is shown to be worse; line#2 costs more, but varies so much that nothing is shown. Both keep to the limits."""
    table = costs(500, 600, 700)
    table[:, 2] += 3000 * np.random.Generator(np.random.PCG64(5)).standard_normal(SHOWS)
    table[:, 2] += 700 - table[:, 2].mean()
    alerts = np.array([50.0, 1.0, 1.0]) + np.zeros((SHOWS, 3))
    decision = decide(trials(table, notices_per_operator_hour=alerts))
    assert [s.candidate for s in decision.selection.standings] == [0, 2, 1]
    assert decision.leaders == (0, 1, 2)
    assert decision.chosen["platform"][0] == 1
    assert "The cheapest that is certified: line#1, 100 CNY a show dearer" in "\n".join(sentences(decision))


def test_what_is_refuted_is_not_said_to_be_certified_by_more_shows():
    """Oversells in every show refute it; that nothing was missed so far does not help."""
    words = said(
        trials(costs(500, 900), session_oversold=np.ones((SHOWS, 2)), cancelled_orders=np.full((SHOWS, 2), 9.0)), delta=1.0
    )
    assert "Limits strict: line#0 is refuted" in words
    assert "would certify" not in next(line for line in words.split("\n") if "strict" in line)


def test_the_best_at_the_end_of_what_was_tried_is_said():
    """Units 0 to 4, the dearest first: 4 is the last. Where it is in the middle there is nothing to say."""
    assert "strategy.units=4 is at the upper end of what was tried" in said(trials(costs(900, 800, 700, 600, 500)))
    assert "end of what was tried" not in said(trials(costs(900, 800, 500, 600, 700)))


def test_no_further_than_the_setting_goes():
    """The lowest number of units is 0, and 0 is the best."""
    assert "end of what was tried" not in said(trials(costs(500, 800, 700, 600, 900)))


def test_a_lead_that_mostly_does_not_hold_is_not_called_one():
    """Thirty settings of the same cost: the best of one study is not that of the next."""
    words = said(trials(costs(*[500] * 30, sd=40.0)))
    assert "not known with these shows" in words
    assert "Whatever the cost of an alert" not in words


def test_what_the_choice_is_worth_on_other_shows_is_told_with_its_own_interval():
    """J with J's interval: net, whose shows differ more, has a wider one."""
    cost = costs(1000.0, 3000.0, 5000.0, sd=100.0)
    text = said(trials(cost, net=1e6 + costs(0.0, 0.0, 0.0, sd=900.0)))
    half = student(0.95, SHOWS - 1) * cost[:, 0].std(ddof=1) / SHOWS**0.5
    assert f"what the others chose left {cost[:, 0].mean():,.0f} ±{half:.0f} CNY on the table" in text
