"""Hand-built tapes and their silent runs, and small random worlds with every leak."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from scenarios.contract import Audience, Cue, Herding, Leaks, Ledger, SalesChannel, Scarcity, Scenario, Shoppers, Sku, Supply
from sim.core.blocks import blank
from sim.core.response import Action, Playbook
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.core.tape import CUE_DTYPE, Tape
from sim.core.units import US
from sim.engine.simulate import play
from sim.setup.policies import make_policy


def tape_of(rows: list[tuple], skus: int = 1, error: int = 0) -> Tape:
    """A tape of rows (seconds, kind, further columns by name), in order of time; ``error``: record error of every SKU."""
    columns = blank(len(rows))
    columns["sku"][:] = columns["channel"][:] = 0
    columns["qty"][:] = 1
    for i, (second, kind, more) in enumerate(rows):
        columns["t"][i], columns["kind"][i] = int(second * US), kind
        for name, value in more.items():
            columns[name][i] = value
    return Tape(**columns, cues=np.zeros(0, CUE_DTYPE), viewers=np.zeros(1), record_error=np.full(skus, error),
                phase=np.zeros(6))  # fmt: skip


def show(stock: int = 10, *more: Sku, **settings) -> Scenario:
    """A show of an hour with the SKU "a" and ``more``, nobody but those on the tape."""
    return Scenario("show", "test", 3600.0, (Sku("a", stock), *more), **settings)


def run_of(scenario: Scenario, rows: list[tuple], error: int = 0) -> ShowRun:
    """The silent run of a hand-built tape."""
    return play(set_stage(scenario, tape_of(rows, len(scenario.skus), error)), make_policy("silent"))


@st.composite
def worlds(draw) -> Scenario:
    mode = draw(st.sampled_from(["deduct_on_order", "deduct_on_payment", "pre_hold"]))
    ledger = Ledger(mode, draw(st.sampled_from([60.0, 300.0])), draw(st.sampled_from([0.0, 30.0])),
                    draw(st.sampled_from(["accept", "refund"])), draw(st.booleans()))  # fmt: skip
    leaks = Leaks(
        stale_read_s=draw(st.sampled_from([0.0, 5.0])), erp_mode=draw(st.sampled_from(["off", "absolute"])),
        record_error_p=draw(st.sampled_from([0.0, 1.0])), overlist_share=draw(st.sampled_from([0.0, 0.1])),
        late_callback_p=draw(st.sampled_from([0.0, 0.3])), late_callback_median_s=60.0,
        duplicate_p=draw(st.sampled_from([0.0, 0.2])), edits_per_show=draw(st.sampled_from([0.0, 3.0])),
        lost_release_p=draw(st.sampled_from([0.0, 0.5])),
    )  # fmt: skip
    stock = draw(st.integers(0, 120))
    skus = (Sku("a", stock, buffer=min(stock, draw(st.integers(0, 5)))), Sku("b", 40, held_back=draw(st.integers(0, 20))))
    shares = draw(st.sampled_from([(1.0,), (0.6, 0.4)]))
    return Scenario(
        "any", "test", 300.0, skus, (Cue(20.0, "a", "deal"), Cue(90.0, "b", "link_drop")), ledger=ledger, leaks=leaks,
        audience=Audience(arrivals_per_min=600), herding=Herding(draw(st.booleans())), scarcity=Scarcity(draw(st.booleans())),
        channels=tuple(SalesChannel(f"c{k}", p, 3.0) for k, p in enumerate(shares)),
        shoppers=Shoppers(buy_rate=0.02, never_pay=0.3, wait_share=0.3, substitute_share=0.2, cancel_share=0.2),
        supply=Supply(draw(st.sampled_from([0.0, 0.5])), 60.0, requests=draw(st.integers(0, 3))),
    )  # fmt: skip


DELISTS = Playbook("delists", prepare=(Action("lower_exposure", "auto", value=0.3), Action("restock", "auto")),
                   emergency=(Action("delist", "auto"), Action("host_prompt", "auto")),
                   resolved=(Action("reopen", "auto"),), recommend_s=5.0)  # fmt: skip
