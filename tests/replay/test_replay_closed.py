"""Closed loop: the silent run is the recording again, bounds share their recorded rows, every engine agrees."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core import tape as T
from sim.core import world as W
from sim.engine.simulate import plain_engine, play, play_oracle
from sim.replay import load
from sim.replay.closedloop import closed_replay, imputed_share, silent_policy, spell_table
from sim.replay.closedtape import backdrop, closed_stage, imputed_rows
from sim.replay.draws import draw
from sim.replay.impute import BOUNDS, impute
from sim.replay.invent import FOLDER
from sim.setup.policies import make_policy
from tests.replay.made import orders, recording


@pytest.fixture(scope="module")
def show():
    """The invented show and what is imputed to it."""
    stream = load(FOLDER).stream
    return stream, impute(stream)


def test_with_nobody_acting_and_nothing_imputed_it_is_the_recording_again(show):
    stream, imputed = show
    run = play(closed_stage(stream, imputed, "low"), silent_policy())
    at = (np.arange(len(run.readings)) + 1) * run.scenario.feed.period_s
    for k, sku in enumerate(stream.skus):
        level = stream.levels[stream.levels["sku"] == sku.id]
        recorded = level["stock"].to_numpy()[np.searchsorted(level["t_s"].to_numpy() - 1e-9, at, "right") - 1]
        assert (run.readings[:, k, W.R_STOCK] == np.maximum(recorded, 0)).all()
    assert (run.outcome[run.tape.kind == T.ORDER] >= T.ACCEPTED).all()
    assert run.stock[:, W.ORDERED].sum() == stream.qty[stream.what == T.TAKE].sum()


def test_a_strategy_hears_in_a_closed_loop_what_it_heard_in_an_open_one_until_somebody_acts(show):
    from sim.core.stage import set_stage

    stream, imputed = show
    policy = make_policy("fixed_count", playbook="none")
    open_run = play(set_stage(stream.scenario(), stream.tape()), policy, acting=False)
    closed = play(closed_stage(stream, imputed, "low", seed=0), policy)
    assert len(open_run.alerts) > 5
    for field in ("sku", "level", "reading", "stock", "line"):
        assert open_run.alerts[field].tolist() == closed.alerts[field].tolist()


def test_recorded_rows_are_the_same_under_every_bound(show):
    stream, imputed = show
    parts = []
    for bound in BOUNDS:
        tape = closed_stage(stream, imputed, bound, seed=4, replicate=2).tape
        recorded_orders = (tape.kind <= T.CANCEL) & ~imputed_rows(tape, imputed)
        order = np.lexsort((tape.kind[recorded_orders], tape.who[recorded_orders]))
        parts.append(
            [getattr(tape, c)[recorded_orders][order].tolist() for c in ("kind", "sku", "qty", "cue", "who", "mark", "channel")]
        )
    assert parts[0] == parts[1] == parts[2]


def test_the_engines_agree_on_a_closed_loop():
    stream = load(FOLDER, sku=["cream", "balm"], end="2026-06-18 20:50:00").stream
    imputed = impute(stream)
    world = backdrop()
    world = replace(world, ledger=replace(world.ledger, mode="deduct_on_payment"), supply=replace(world.supply, requestable=0.5),
                    leaks=replace(world.leaks, duplicate_p=0.02, late_callback_p=0.05, stale_read_s=2.0))  # fmt: skip
    stage = closed_stage(stream, imputed, "high", world=world)
    policy = make_policy("window_forecast")
    runs = [play(stage, policy), play(stage, policy, engine=plain_engine(policy)), play_oracle(stage, policy)]
    assert len({run.digest() for run in runs}) == 1
    assert (runs[0].outcome[imputed_rows(stage.tape, imputed)] != T.IDLE).any()
    assert (stage.tape.kind == T.COPY).any()


def test_an_order_that_is_refused_gives_nothing_back():
    """One unit, two recorded orders: the first was given back at 30 s, which let the second in at 40 s."""
    rows = [*orders([10, 40]), (30.0, T.EDIT_ADD, 0, 1)]
    stream = recording(rows, (1,), 60.0)
    run = play(closed_stage(stream, impute(stream), "low"), silent_policy())
    order = run.tape.kind == T.ORDER
    assert run.outcome[order].tolist() == [T.EXPIRED, T.PAID]
    assert run.stock[0, W.RECORD] == 0
    freeze = make_policy("fixed_count", {"units": 100, "emergency_share": 1.0}, playbook="freeze_only")
    frozen = play(closed_stage(stream, impute(stream), "low"), freeze)
    assert frozen.outcome[order].tolist() == [T.FROZEN, T.FROZEN]
    assert frozen.stock[0, W.RECORD] == 1


def test_sums_are_taken_apart_and_corrections_move_real_units():
    rows = [(10.0, T.TAKE, 0, 4), (20.0, T.EDIT_ADD, 0, 3), (30.0, T.EDIT_ADD, 0, -2)]
    stream = replace(recording(rows, (5,), 60.0), kind="levels")
    run = play(closed_stage(stream, impute(stream), "low"), silent_policy())
    assert (run.tape.kind == T.ORDER).sum() == 4
    assert run.stock[0, W.RECORD] == 5 - 4 + 3 - 2
    assert run.stock[0, W.PHYSICAL] == 5 + 3 - 2


def test_the_verdict_says_what_rests_on_imputation(show):
    stream, _ = show
    replayed = closed_replay(stream, [make_policy("newsvendor_freeze"), make_policy("silent")], replicates=2)
    assert set(replayed.scores["bound"]) == set(BOUNDS)
    assert (replayed.scores["loop"] == "closed").all()
    assert (replayed.scores.loc[replayed.scores["bound"] == "low", "imputed_units"] == 0).all()
    row = replayed.verdict.set_index("strategy").loc["newsvendor_freeze"]
    assert row["imputed_share"] == pytest.approx(imputed_share(row["saved_low"], row["saved_likely"]))
    assert 0 < row["imputed_share"] < 1
    assert replayed.verdict["strategy"].tolist() == ["silent", "newsvendor_freeze"]
    assert "imputed in" in replayed.caption
    again = closed_replay(stream, [make_policy("newsvendor_freeze")], replicates=2)
    assert again.scores.equals(replayed.scores)


def test_where_nothing_is_blind_nothing_is_imputed():
    stream = recording(orders(np.arange(5, 95, 5)), (100,), 100.0)
    replayed = closed_replay(stream, [make_policy("fixed_count", {"units": 90})], replicates=2)
    assert replayed.windows.empty
    assert (replayed.verdict["imputed_share"] == 0).all()
    same = replayed.scores.drop(columns="bound").groupby(["strategy", "replicate"], dropna=False).nunique(dropna=False)
    assert (same <= 1).all().all()
    assert "no demand is imputed" in replayed.caption


def test_the_interval_of_a_spell_is_that_of_its_draws(show):
    """Of nineteen draws the 95 % range is from the least to the most that came; quantiles in between would hold too little."""
    _, imputed = show
    table = spell_table(imputed, 1, 19)
    for k, w in enumerate(imputed.windows[:3]):
        counts = [
            int((d.likely & (d.sku == w.sku) & (d.t >= w.start) & (d.t < w.end)).sum())
            for d in (draw(imputed, 1, r) for r in range(19))
        ]
        assert table["likely_low"][k] == min(counts)
        assert table["likely_high"][k] == max(counts) > min(counts)
