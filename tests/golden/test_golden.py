"""Golden runs: what a change moves without meaning to.

Whole numbers of a few fixed shows. If a change is meant, run `STOCKCUE_GOLDEN=write python -m pytest tests/golden` and
say in the changelog what moved.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scenarios.registry import load
from scenarios.spread import certain
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.setup.policies import make_policy

FILE = Path(__file__).with_name("golden.json")
SPREAD = "double11 as recorded shows spread"
SHOWS = ("first_show", "seckill_paydeduct", "multichannel_lag", "unpaid_squat", "herding", SPREAD)
POLICIES = ("silent", "manual_polling", "fixed_count", "newsvendor_freeze", "tiered", "smart")
COUNTS = ("demand_units", "sold_units", "oversold_units", "missed_units", "abandoned_units", "refused_attempts", "alerts")


def play_out(show: str) -> dict[str, list[int]]:
    scenario = load("double11") if show == SPREAD else certain(load(show))
    stage = set_stage(scenario, draw_tape(scenario, 20))
    judge = Judge(play(stage, make_policy("silent")))
    return {"rows": [len(stage.tape)]} | {p: counts(judge, play(stage, make_policy(p))) for p in POLICIES}


def counts(judge: Judge, run) -> list[int]:
    row = judge.score(run)
    return [int(row[name]) for name in COUNTS]


@pytest.mark.parametrize("show", SHOWS)
def test_runs_are_as_they_were(show):
    figures_of = play_out(show)
    if os.environ.get("STOCKCUE_GOLDEN") == "write":
        known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
        FILE.write_text(json.dumps(dict(sorted((known | {show: figures_of}).items())), indent=1) + "\n", "utf-8")
    assert figures_of == json.loads(FILE.read_text("utf-8"))[show], f"columns: {', '.join(COUNTS)}"
