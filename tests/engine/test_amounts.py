"""How much a restock asks for: all, a share, or what the strategy expects to lack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Scenario, Shoppers, Sku, Supply
from scenarios.setting import ScenarioError
from sim.core.response import ARRIVAL, RESTOCK, Action, Playbook
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.control import TO_MACHINE
from sim.engine.fork import play_all
from sim.engine.simulate import play, play_oracle
from sim.setup.policies import make_policy
from strategies.contract import LINE, PREPARE, Strategy
from strategies.registry import StrategyError, load

SHOW = Scenario("asks", "test", 300.0, (Sku("a", 100), Sku("b", 41)), (Cue(5.0, "a", "pitch"), Cue(90.0, "b", "pitch")),
                audience=Audience(arrivals_per_min=1000.0), shoppers=Shoppers(0.02),
                supply=Supply(0.5, 20.0, 0.0, requests=2))  # fmt: skip
STAGE = set_stage(SHOW, draw_tape(SHOW, 1))


def asking(amount: str, value: float = 0.5, by: str = "auto") -> Playbook:
    return Playbook(f"{amount} {value}", prepare=(Action("restock", by, value=value, amount=amount),))


def asked(policy) -> dict[str, list[float]]:
    """Units of every request, by SKU; the three ways of playing agree."""
    run = play(STAGE, policy)
    assert run.digest() == play_oracle(STAGE, policy).digest()
    ((_, forked),) = play_all(STAGE, [policy])
    assert forked.digest() == run.digest()
    acts = run.actions[run.actions["what"] == RESTOCK]
    return {s.id: acts["value"][acts["sku"] == k].tolist() for k, s in enumerate(SHOW.skus)}


def lines(units: float, playbook: Playbook):
    return make_policy("fixed_count", {"units": units, "emergency_share": 0.0}, playbook=playbook)


def test_all_is_what_one_request_can_bring_and_a_share_is_rounded_up():
    assert SHOW.supply.load(100) == 25
    assert asked(lines(90.0, asking("all")))["a"][0] == 25
    assert asked(lines(90.0, asking("share", 0.3)))["a"][0] == 8
    assert asked(lines(90.0, asking("share", 1.0)))["a"][0] == 25
    assert asked(lines(90.0, asking("share", 0.0)))["a"] == []


def test_a_strategy_that_names_no_cell_lacks_its_line_less_stock():
    policy = lines(90.0, asking("lack"))
    run = play(STAGE, policy)
    assert np.array_equal(run.lacks, np.ceil(np.maximum(0, run.alerts["line"] - run.alerts["stock"])))
    assert asked(policy)["b"][0] == 10 < 90 - 41
    first = run.alerts[run.alerts["sku"] == 1][0]
    assert asked(lines(45.0, asking("lack")))["b"][0] == 45 - first["stock"]


def names_a_cell(p, m, s):
    m[LINE], m[1] = 1e6, 3.2 if s.initial > 50 else 0.0
    return PREPARE


def test_a_strategy_may_name_the_cell_that_says_what_it_lacks():
    own = Strategy("own", "names a cell", names_a_cell, memory=2, lack=1)
    asked_for = asked(replace(make_policy("silent", playbook=asking("lack")), strategy=own))
    assert asked_for == {"a": [4.0], "b": []}


def test_smart_asks_for_what_the_rest_of_the_show_wants():
    assert load("smart").lack is not None
    run = play(STAGE, make_policy("smart", playbook=asking("lack")))
    acts = run.actions[run.actions["what"] == RESTOCK]
    assert len(acts)
    for act in acts:
        assert act["value"] == min(SHOW.supply.load(SHOW.skus[act["sku"]].stock), run.orders["lack"][TO_MACHINE - act["alert"]])


def test_candidates_that_lack_differently_do_not_share_a_run():
    """Lines above the stock of b from the start: the same decision at the same reading, and different amounts."""
    units = np.linspace(42.0, 50.0, 9)
    policies = [lines(float(u), asking("lack")) for u in units]
    for places, run in play_all(STAGE, policies):
        for k in places:
            alone = play(STAGE, policies[k])
            assert np.array_equal(alone.actions, run.actions)
            assert np.array_equal(alone.stock, run.stock)
    amounts = {float(p.actions["value"][p.actions["what"] == ARRIVAL][0]) for p in (play(STAGE, one) for one in policies)}
    assert len(amounts) == 9


def test_an_amount_belongs_to_a_restock_and_a_cell_to_the_memory(tmp_path):
    with pytest.raises(ScenarioError, match="asks for no amount"):
        Action("freeze", "auto", amount="lack")
    with pytest.raises(ScenarioError, match="did you mean 'share'"):
        Action("restock", amount="shares")
    file = tmp_path / "mine.py"
    file.write_text("from strategies.contract import Strategy\n\ndef fold(p, m, s):\n    return 0\n\n"
                    "STRATEGY = Strategy('mine', 'x', fold, memory=2, lack=2)\n", "utf-8")  # fmt: skip
    with pytest.raises(StrategyError, match="lack=2 names no cell of its memory of 2"):
        load(str(file))
