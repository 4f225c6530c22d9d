"""The ranked table: order, intervals, marks, alignment."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.postmortem.claim import Claim
from sim.report.pages import rehearsal
from sim.report.text import breakpoint, closed, compare, sensitivity, tables
from sim.report.text.layout import aligned, markdown, number, spread, width
from sim.report.text.review import weight
from sim.report.text.unseen import unseen
from sim.score.metrics import METRICS
from sim.score.profiles import PROFILES
from sim.stats.certify import clopper_pearson
from sim.stats.paired import difference
from sim.stats.selection import standings
from sim.stats.sensitivity import Index
from sim.study.worth import Worth
from sim.words import columns


def scores(costs: dict[str, list[float]], **columns) -> pd.DataFrame:
    """A table of scores with these costs; everything else is 0 unless given."""
    rows = []
    for name, values in costs.items():
        for k, cost in enumerate(values):
            row = dict.fromkeys(METRICS, 0.0) | {"scenario": "s", "strategy": name, "replicate": k, "J": cost}
            rows.append(row | {"J_silent": 100.0, "net": 500.0 - cost} | {c: v[name][k] for c, v in columns.items()})
    return pd.DataFrame(rows)


BALANCED = PROFILES["balanced"]
COSTS = {"silent": [100.0, 100.0, 100.0], "good": [10.0, 30.0, 20.0], "close": [12.0, 27.0, 24.0]}


def test_the_cheapest_comes_first_and_its_equals_are_marked():
    lines = tables.summary(scores(COSTS))
    assert [line.strategy for line in lines] == ["good", "close", "silent"]
    assert [line.same for line in lines] == [False, True, False]
    assert (lines[0].J, lines[0].net.mean) == (20.0, 480.0)
    assert lines[0].skill == 80.0
    behind = {s.candidate: s for s in standings(np.array([COSTS[k] for k in ("good", "close", "silent")]).T, 1e-9).standings}[2]
    assert (lines[2].behind.mean, lines[2].behind.low) == (behind.behind, behind.low)
    assert lines[2].behind.low < difference(COSTS["silent"], COSTS["good"]).low, "it holds for all rows at once"
    text = tables.RankedTable(lines, 3, BALANCED).printed()
    assert "not sure, 1 ±" in text
    assert "sure, 80 ±" in text
    assert "Cannot be told apart from good: close" in text
    assert "So few shows (3) say nothing of a loss that some shows have and others have not." in text
    assert "Variance ratio" in text


def test_shares_are_ratios_of_sums():
    part = {"foreseen_events": [3.0, 0.0], "false_claims": [1.0, 0.0], "late_claims": [0.0, 2.0], "risk_events": [4.0, 0.0]}
    part |= {"recall": [0.5, math.nan], "session_oversold": [1.0, 0.0]}
    table = scores({"a": [1.0, 2.0]}, **{name: {"a": values} for name, values in part.items()})
    line = tables.summary(table)[0]
    page = rehearsal.figures(table)["a"]
    assert (page["precision"][0], page["recall"][0], page["skill"][0]) == (line.precision, line.recall, line.skill)
    assert page["session_oversold"] == (line.shows[1], line.shows[0], line.shows[2])
    table["J_silent"] = 0.0
    assert math.isnan(tables.summary(table)[0].skill)
    assert all(map(math.isnan, rehearsal.figures(table)["a"]["skill"])), "nothing to gain, on the page too"
    assert line.precision == 3 / 5
    assert line.recall == 0.5
    assert line.shows == (clopper_pearson(1, 2, 0.025)[0], 0.5, clopper_pearson(1, 2, 0.025)[1])


def test_a_figure_below_zero_is_explained():
    assert (
        "below 0: the host moved airtime"
        in tables.RankedTable(tables.summary(scores({"a": [-5.0], "silent": [9.0]})), 1, BALANCED).printed()
    )
    assert "below 0" not in tables.RankedTable(tables.summary(scores({"a": [5.0], "silent": [9.0]})), 1, BALANCED).printed()


def test_one_show_has_no_interval():
    lines = tables.summary(scores({"a": [5.0], "silent": [9.0]}))
    text = tables.RankedTable(lines, 1, BALANCED).printed()
    assert "±" not in text.splitlines()[1]
    assert "says nothing about the next" in text


def test_it_fits_the_terminal_and_lines_up():
    big = {name: (np.array(values) * 4321.9).tolist() for name, values in COSTS.items()}
    lines = tables.RankedTable(tables.summary(scores(big)), 3, BALANCED).printed().splitlines()[:4]
    assert max(map(width, lines)) <= 150
    assert len({width(line) for line in lines}) == 1


def test_chinese_names_line_up():
    rows = aligned([["策略", "J"], ["低库存", "12"], ["smart", "3"]], right=[1])
    assert len({width(row) for row in rows}) == 1


def test_markdown_has_a_cell_for_every_column():
    text = tables.RankedTable(tables.summary(scores(COSTS)), 3, BALANCED).in_markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {len(columns(tables.HEAD)) + 1, len(tables.SHOWN) + 1}
    assert markdown(["a|b"], [["c|d"]]) == ["| a\\|b |", "| --- |", "| c\\|d |"]


def test_every_column_has_a_sentence_that_stands_alone():
    for told, head in ((True, tables.HEAD), (False, tables.RANKED)):
        text = "\n".join(tables.meanings(BALANCED, told))
        for title in columns(head)[1:]:
            name = title.removesuffix(" [CNY]")
            assert f"{name}: " in text or (name == "above the best" and not told), title
    for title, name in zip(columns(tables.MORE), tables.SHOWN, strict=True):
        assert not name or f"| {title} | {METRICS[name].definition} |" in tables.glossary()


def test_useful_alerts_stand_beside_their_strategy():
    worth = [Worth("good", 5, 40, 25, 100.0, 8, 3, 14)]
    rows = {row[0]: row for row in tables.cells(tables.summary(scores(COSTS), worth))}
    assert rows["good"][7] == "8 of 25"
    assert rows["silent"][7] == "-"


def test_what_no_show_had_may_cost():
    text = tables.RankedTable(tables.summary(scores(COSTS)), 3, BALANCED, shock=50_000.0).printed()
    assert "one of 50,000 CNY could cost up to 50,000 CNY a show" in text


def test_every_verb_that_speaks_of_shows_says_what_they_may_not_have_shown():
    index = Index("scenario.feed.lag_s", 0.4, 0.3, 0.5, 0.6, 0.5, 0.7)
    row = {"what": "smart", "figure": "net", "difference": 1.0, "low": -1.0, "high": 3.0, "shows": 60, "how": "paired"}
    drawn = SimpleNamespace(scores=pd.DataFrame({"replicate": range(60)}))
    gain, luck = difference([2.0] * 60, [1.0] * 60), difference([], [])
    proposal = SimpleNamespace(claim=Claim("other shows", 60, 5.0, 5.0, 1.0, 9.0, True), luck=luck, gain=gain)
    review = SimpleNamespace(show=SimpleNamespace(loop="rehearsed"))
    texts = [sensitivity.printed([index], 60, ""), sensitivity.page("x", "y", [index], 60, "", []),
            breakpoint.all_sentences({}, 60)[-1],
            compare.sentences([], pd.DataFrame([row]), ([], []), [])[-1], weight(proposal, review)]  # fmt: skip
    assert all("A loss in fewer than 5 % of shows (3 in 60) may be in none of these" in text for text in texts)
    assert "fewer than 5 % of draws of this night (3 in 60)" in closed.meanings([drawn])[-1]


def test_few_shows_are_told_what_an_interval_is_worth():
    assert "87 to 90 of 100" in unseen(49)
    assert "87 to 90" not in unseen(50)


@pytest.mark.parametrize(("value", "text"), [(math.nan, "-"), (math.inf, "-"), (-0.4, "0"), (1234.5, "1,234"), (-7.6, "-8")])
def test_figures(value, text):
    assert number(value) == text


def test_a_figure_without_interval_stands_alone():
    assert spread(3.0, math.nan) == "3"
