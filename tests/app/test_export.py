"""A line as rules for Prometheus: what they say, what promtool makes of them, how far they stand from the strategy."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import yaml

import stockcue as sc
from sim.cli.main import main
from sim.conformance.promql import deriv, firing, rate
from sim.report.exports.lines import EXPORTED, NEAREST, ExportError, RuleLine, lines_of
from sim.report.exports.prometheus import rule_tests, rules
from strategies import registry
from tests.events import LIMIT_S

PROMTOOL = shutil.which("promtool")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    show = sc.scenario("first_show")
    return sc.export(show, sc.policy("fixed_count", units=80), shows=2, out=tmp_path_factory.mktemp("export") / "e")


def test_one_alert_an_item_and_level_with_its_own_numbers(exported):
    (group,) = yaml.safe_load((exported.folder / "rules.yml").read_text("utf-8"))["groups"]
    skus = [s.id for s in sc.scenario("first_show").skus]
    assert [r["labels"]["sku"] for r in group["rules"]] == [s for s in skus for _ in range(2)]
    first, second = group["rules"][:2]
    own = f'{{sku="{skus[0]}"}}'
    assert first["expr"] == f"(stockcue_stock_units{own} <= 80) unless on (sku) stockcue_closed{own} == 1"
    assert second["expr"] == f"stockcue_stock_units{own} <= 20"
    assert (first["alert"], second["alert"]) == ("StockPrepare", "StockEmergency")


def test_a_fixed_line_agrees_with_its_strategy(exported):
    (row,) = exported.table.to_dict("records")
    assert row["share"] > 0.99
    assert row["ours"] == row["theirs"] == 0 < row["both"]
    assert str(exported.verdict[0]) in (exported.folder / "rules.yml").read_text("utf-8")


def test_routes_and_dashboard_are_whole(exported):
    told = yaml.safe_load((exported.folder / "alertmanager.yml").read_text("utf-8"))
    named = {r["name"] for r in told["receivers"]}
    assert {r["receiver"] for r in told["route"]["routes"]} | {told["route"]["receiver"]} <= named
    board = json.loads((exported.folder / "dashboard.json").read_text("utf-8"))
    assert len(board["panels"]) == 1 + len(sc.scenario("first_show").skus)
    assert len({p["id"] for p in board["panels"]}) == len(board["panels"])


def test_settings_by_tier_reach_their_items():
    policy = sc.policy("fixed_count", units=80, by_tier={"traffic": {"units": 200}})
    show = sc.scenario("first_show")
    for sku in show.skus:
        assert lines_of(policy, sku, show)[2] == RuleLine(200.0 if sku.tier == "traffic" else 80.0)


@pytest.mark.parametrize("name", sorted(set(registry.names()) - set(EXPORTED)))
def test_what_is_no_line_is_refused_with_the_nearest(name):
    near, why = NEAREST.get(name, ("cover_time", ""))
    with pytest.raises(ExportError, match=f"{name} is no line .*Nearest: {near} .*{why}"):
        lines_of(sc.policy(name), sc.scenario("first_show").skus[0], sc.scenario("first_show"))


def test_unpaid_units_count_where_stock_leaves_on_payment():
    on_payment, on_order = sc.scenario("first_show"), sc.scenario("pitch_cycle")
    for name, weight in (("cover_time", 0.85), ("window_forecast", 0.85), ("fixed_count", 0.0)):
        assert {line.unpaid for line in lines_of(sc.policy(name), on_payment.skus[0], on_payment).values()} == {weight}
        assert {line.unpaid for line in lines_of(sc.policy(name), on_order.skus[0], on_order).values()} == {0.0}
    line = lines_of(sc.policy("cover_time"), on_payment.skus[0], on_payment)[3]
    assert line.promql("a") == '135 * rate(stockcue_orders_total{sku="a"}[900s]) + 0.85 * stockcue_unpaid_units{sku="a"}'


def test_a_strategy_of_ones_own_is_refused_whatever_its_name(tmp_path, capsys):
    text = "from strategies.contract import Strategy\n\n\ndef fold(p, m, s):\n    return 0\n\n\n"
    text += "STRATEGY = Strategy('fixed_count', 'own', fold)\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert main(["export", f"strategy={tmp_path / 'mine.py'}"]) == 2
    assert "is no line that Prometheus could watch" in capsys.readouterr().err


@pytest.mark.parametrize("words", [
    ["strategy=smart"], ["strategy=[a:fixed_count,b:fixed_count]"], ["strategy=fixed_count", "every_s=0"],
])  # fmt: skip
def test_bad_input_is_one_sentence(words, capsys):
    assert main(["export", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_burn_is_the_lower_of_two_rates_and_wants_two_readings_in_each_window(capsys):
    show = sc.scenario("first_show")
    line = lines_of(sc.policy("burn_rate", fast_burn=60), show.skus[0], show)[3]._replace(unpaid=0.0)
    assert (line.factor, line.window_s, line.short_s) == (show.duration_s / 60, 120.0, pytest.approx(10.0))
    rates = [f'rate(stockcue_orders_total{{sku="a"}}[{s}s])' for s in (120, 10)]
    assert line.promql("a") == f"60 * ((({rates[0]}) < ({rates[1]})) or {rates[1]})"
    assert main(["export", "strategy=burn_rate", "every_s=15"]) == 2
    assert "the window of 10 s holds fewer than two readings 15 s apart; give every_s=5" in capsys.readouterr().err


def test_rate_and_deriv_by_hand():
    t = np.array([0.0, 10.0, 20.0, 30.0])
    # 6 units over 20 s of samples, reaching 5 s on both sides (within 1.1 steps): 6 x 30 / 20 over 30 s.
    assert rate(t, np.array([0.0, 2.0, 4.0, 8.0]), 35.0, 30.0) == pytest.approx(6 * 30 / 20 / 30)
    assert np.isnan(rate(t, t, 5.0, 3.0))
    assert deriv(t, np.array([0.0, 1.0, 1.0, 4.0]), 30.0, 60.0) == pytest.approx(0.12)


def test_an_alert_lives_as_in_prometheus():
    true = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    assert firing(true, 10, 20, 0).tolist() == [False, False, True, False, False, False, False, False]
    assert firing(true, 10, 0, 15).tolist() == [True, True, True, True, True, True, False, False]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize(("name", "show"), [
    *((name, show) for name in EXPORTED if name != "burn_rate" for show in ("first_show", "ls1", "double11", "quiet_longtail")),
    ("burn_rate", "first_show"),
])  # fmt: skip
def test_promtool_agrees(name, show, tmp_path):
    policy, scenario = sc.policy(name, gate={"for_s": 10}), sc.scenario(show)
    (tmp_path / "rules.yml").write_text(rules(policy, scenario, 5.0, ["a comment"]), encoding="utf-8")
    (tmp_path / "rules_test.yml").write_text(rule_tests(policy, scenario, 5.0), encoding="utf-8")
    for words in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        done = subprocess.run([PROMTOOL, *words], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, done.stdout + done.stderr


def test_names_with_quotes_stay_one_label():
    assert RuleLine(1, 2, 60).promql('a"} or vector(1)') == '1 + 2 * rate(stockcue_orders_total{sku="a\\"} or vector(1)"}[60s])'
