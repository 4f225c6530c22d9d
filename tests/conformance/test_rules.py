"""Rules as tests: series as promtool writes them, hand-worked levels, the engine's own alerts, wrong files in one sentence."""

from pathlib import Path

import numpy as np
import pytest

import stockcue as sc
from scenarios.contract import Sku
from sim.app.rules import run_rules
from sim.cli.main import main
from sim.conformance.rules import Expected, Item, Test, course, faults
from sim.conformance.series import RuleError, seconds, values
from sim.core.world import R_CARTS, R_CLOSED, R_ORDERS, R_PAID, R_STOCK, R_UNPAID

GOOD = """
strategy: fixed_count
settings: {units: 50}
interval: 60s
duration: 2h
items:
  面膜: {stock: 500, tier: traffic}
tests:
  - name: sold evenly
    series:
      面膜: {stock: "500-50x10"}
    expect:
      - {at: 8min, sku: 面膜, level: calm}
      - {at: 9min, sku: 面膜, level: 2, line: 50}
      - {at: 10min, sku: 面膜, level: emergency, machine: emergency}
"""


@pytest.fixture
def rules(tmp_path):
    """Write a rules file, run it."""

    def write(text: str = GOOD, name: str = "面膜.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(("text", "expected"), [
    ("1+2x3", [1, 3, 5, 7]), ("1-2x2", [1, -1, -3]), ("5x2", [5, 5, 5]), ("7", [7]), ("1 _ 2", [1, None, 2]), ("_x3", [None] * 3),
    ("1.5+0.5x1", [1.5, 2.0]), ([1, None, "_", 2.5], [1, None, None, 2.5]),
])  # fmt: skip
def test_a_series_is_written_as_for_promtool(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize("text", ["1++2x3", "a", "1+2y3", "1x", "500 - 20", "1+1x100001", [True], ["3"]])
def test_what_is_no_series_is_one_sentence(text):
    with pytest.raises(RuleError):
        values(text)


@pytest.mark.parametrize("text", ["7 hours", "-3", "", None, True, "1h-2m", -1])
def test_what_is_no_time_is_one_sentence(text):
    with pytest.raises(RuleError, match="no time of the show"):
        seconds(text)


def test_a_fixed_line_by_hand(rules):
    """500 units, 50 a minute, a line of 50: calm at 100 units, prepare at 50, emergency at 0."""
    text, ok = run_rules([str(rules())])
    assert ok, text
    assert "tests: 1, all passed" in text


def test_a_failing_test_names_time_item_expected_and_got(rules, capsys):
    path = rules(GOOD.replace("at: 8min, sku: 面膜, level: calm", "at: 8min, sku: 面膜, level: watch"))
    assert main(["test", str(path)]) == 1
    assert "at 8 min, 面膜: level expected 1 watch 初级, got 0 calm" in capsys.readouterr().out


def test_an_alert_stands_until_it_is_taken_back():
    policy = sc.policy("fixed_count", units=50, gate={"keep_s": 3, "hysteresis": 0.15})
    stock = [100.0, 40.0, 55.0, 58.0, 58.0, 58.0]
    test = Test("t", 60.0, 3600.0, 20.0, {"a": Item(Sku("a", 100))}, {"a": {"stock": stock}}, ())  # fmt: skip
    # 55 is within 15 % of the line, 58 is not.
    assert [s.level for s in course(policy, test)["a"]] == [0, 2, 2, 0, 0, 0]


def test_a_lost_reading_keeps_the_last_value_and_ages():
    from sim.conformance.rules import signals

    facts = Sku("a", 100)
    test = Test("t", 10.0, 60.0, 20.0, {"a": Item(facts, ((15.0, 4.0),))}, {"a": {"stock": [100.0, 90.0, None, 70.0]}}, ())
    feed = signals(test, "a")
    assert [s.stock for s in feed] == [100, 90, 90, 70]
    assert [s.orders for s in feed] == [0, 10, 10, 30]
    assert [s.stock_age for s in feed] == [0, 0, 10, 0]
    assert [(s.next_cue, s.next_lift) for s in feed][:3] == [(15.0, 4.0), (5.0, 4.0), (1e18, 0.0)]


@pytest.mark.parametrize("name", ["fixed_count", "percent_of_stock", "window_forecast", "cover_time", "cart_lead"])
def test_the_engine_sends_the_same_alerts_of_the_same_readings(name):
    """Readings of a show that the engine played, written as series: every alert at the same reading with the same line."""
    show = sc.scenario("first_show", feed={"period_s": 5.0, "lag_s": 0.0, "lag_sigma": 0.0, "loss_p": 0.0}, spread="certain")
    policy = sc.policy(name)
    run = sc.play(show, policy, seed=3).record
    columns = {"stock": R_STOCK, "orders": R_ORDERS, "carts": R_CARTS, "paid": R_PAID, "unpaid": R_UNPAID, "closed": R_CLOSED}
    items, series = {}, {}
    for k, sku in enumerate(show.skus):
        cues = tuple((c.at_s, c.kernel().peak) for c in show.cues if c.sku == sku.id)
        items[sku.id] = Item(sku, cues)
        # The engine takes its first reading one period after the start; a series has its first value at the start.
        series[sku.id] = {n: [None, *map(float, run.readings[:, k, c])] for n, c in columns.items()}
        series[sku.id]["viewers"] = [None, *map(float, run.tape.viewers[: len(run.readings)])]
    course_of = course(policy, Test("t", 5.0, show.duration_s, show.start_hour, items, series, ()))
    got = [(k, i - 1, s.level) for k, sku in enumerate(show.skus) for i, s in enumerate(course_of[sku.id])
           if s.level != (course_of[sku.id][i - 1].level if i else 0)]  # fmt: skip
    sent = [(int(a["sku"]), int(a["reading"]), int(a["level"])) for a in run.alerts]
    assert sent, "the show has no alert; the test shows nothing"
    assert sorted(got) == sorted(sent)
    # Who has had a reading at the start, as a series has, can tell one order earlier how stock leaves.
    later = run.alerts[run.alerts["reading"] >= 12]
    lines = [course_of[show.skus[a["sku"]].id][a["reading"] + 1].line for a in later]
    assert np.max(np.abs(np.array(lines) - later["line"]) / later["line"]) < 1e-4  # arrivals are microseconds late


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("at: 8min", "at: 20min", "expects something at 1200 s, and its last reading is at 600 s"),
    ("at: 8min, sku: 面膜", "at: 8min, sku: 面摸", "of which it has no series; did you mean '面膜'?"),
    ("level: calm", "level: clam", "has no level 'clam'; did you mean 'calm'?"),
    ("level: calm", "level: 7", "has no level 7"),
    (", level: calm", "", "give level, machine or line"),
    ("fixed_count", "fixed_cuont", "did you mean 'fixed_count'?"),
    ("{units: 50}", "{unit: 50}", "did you mean 'units'?"),
    ("500-50x10", "500-50y10", "is no series"),
    ("stock: \"500", "stok: \"500", "has no entry 'stok'; did you mean 'stock'?"),
    ("tier: traffic", "tier: trafic", "has no option 'trafic'; did you mean 'traffic'?"),
    ("interval: 60s", "intervall: 60s", "has no entry 'intervall'; did you mean 'interval'?"),
    ("interval: 60s", "interval: 0", "interval must be above 0"),
    ("stock: 500", "stock: -1", "sku.stock = -1 units is outside its bounds"),
    ("stock: 500", "stock: abc", "items.面膜.stock must be a number, not 'abc'"),
    ("stock: 500", "stock: true", "items.面膜.stock must be a number"),
])  # fmt: skip
def test_a_wrong_file_is_one_sentence_that_names_it(rules, capsys, old, new, sentence):
    assert old in GOOD
    assert main(["test", str(rules(GOOD.replace(old, new, 1)))]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert "面膜.yaml" in err
    assert err.count("\n") == 1


def test_folders_and_what_is_not_there(rules, tmp_path, capsys):
    rules(name="b.yaml")
    rules(name="a.yml")
    assert main(["test", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("ok ") == 2
    assert main(["test", str(tmp_path / "c.yaml")]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert main(["test"]) == 2


def test_an_own_strategy_lies_beside_its_rules(rules, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from strategies.contract import LINE, Strategy\n\n\ndef fold(p, m, s):\n    m[LINE] = 77.0\n    return 1\n\n\n"
        "STRATEGY = Strategy('mine', 'always watching', fold)\n"
    )
    text = GOOD.replace("fixed_count", "mine.py").replace("settings: {units: 50}\n", "")
    text = text[: text.index("    expect:")] + "    expect:\n      - {at: 0, sku: 面膜, level: watch, line: 77}\n"
    heard: list[str] = []
    lines, ok = run_rules([str(rules(text))], heard.append)
    assert ok, lines
    assert heard == [f"runs the code of {tmp_path / 'mine.py'}"]


def test_expectations_are_all_checked():
    policy = sc.policy("fixed_count", units=50)
    facts = Sku("a", 40)
    asked = (Expected(0.0, "a", 3, 3, 10.0),)
    failed = faults(policy, Test("t", 1.0, 9.0, 20.0, {"a": Item(facts)}, {"a": {"stock": [40.0]}}, asked))
    assert {(f.what, f.expected, f.got) for f in failed} == {("level", 3, 2), ("machine", 3, 2), ("line", 10, 50)}
