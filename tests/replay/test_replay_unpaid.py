"""Where stock leaves on payment: what an export tells of payments, closings and refunds, and what is drawn where it is silent."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from sim.core import tape as T
from sim.core.tape import EDIT_ADD, TAKE
from sim.core.units import US
from sim.engine.simulate import play, simulate
from sim.replay.censor import demand_end, windows
from sim.replay.closedloop import closed_replay
from sim.replay.closedtape import backdrop, closed_stage
from sim.replay.impute import impute
from sim.replay.order_lives import linked, recorded_lives
from sim.replay.reconcile import NEVER, Books, reconcile
from sim.replay.silent import silent_policy
from sim.replay.unpaid import CLOSED, IMPUTED, UNPAID, share_band, told
from sim.score.cost import Judge
from tests.replay.made import orders, recording


def flash(cancel_share=0.0):
    """A flash sale that deducts on payment: twice as many want it as there are units."""
    return Scenario(
        "flash", "", 900.0, (Sku("mask", 250, purchase_limit=1),), (Cue(100.0, "mask", "deal"), Cue(300.0, "mask", "deal")),
        audience=Audience(2500.0), ledger=Ledger("deduct_on_payment", late_payment="accept"), spread=CERTAIN,
        shoppers=Shoppers(never_pay=0.3, wait_share=0.0, substitute_share=0.0, cancel_share=cancel_share),
    )  # fmt: skip


def believed(never_pay=0.3, cancel_share=0.0):
    """The world behind the recording, as its user believes it to be."""
    s = flash(cancel_share)
    return replace(backdrop(), ledger=s.ledger, shoppers=replace(s.shoppers, never_pay=never_pay))


def exported(run, closings, payments, refunds=False):
    """The orders a shop's export has of a run, with or without closings, refunds and payment times."""
    tape, out = run.tape, run.outcome
    rows = np.flatnonzero((tape.kind == T.ORDER) & (out >= T.ACCEPTED))
    kinds = [T.EXPIRE] * closings + [T.CANCEL] * refunds
    ends = np.flatnonzero(np.isin(tape.kind, kinds) & (out == T.DONE))
    every = np.concatenate([rows, ends])
    every = every[np.argsort(tape.t[every], kind="stable")]
    place = np.full(len(tape), -1)
    place[every] = np.arange(len(every))
    paid = np.full(len(tape), -1, np.int64)
    pay = np.flatnonzero((tape.kind == T.PAY) & (out == T.DONE))
    paid[tape.cause[pay]] = tape.t[pay]
    back = np.isin(every, ends)
    stream = recording(
        [(tape.t[r] / US, EDIT_ADD if b else TAKE, 0, 1) for r, b in zip(every, back, strict=True)], (250,), 2000.0
    )
    order = np.where(back, place[np.maximum(tape.cause[every], 0)], -1)
    return replace(stream, order=order, paid=np.where(back, -1, paid[every]) if payments else None)


def how(stream, world):
    return told(stream, world, stream.order if stream.order is not None else linked(stream)).how


def oversold(stream, world, replicate=0):
    """Units that silence oversells in the replay."""
    again = play(closed_stage(stream, impute(stream, world=world), "low", 1, replicate, world=world), silent_policy())
    return Judge(again).score(again)["oversold_units"]


@pytest.mark.parametrize(("closings", "payments", "way"), [(True, True, CLOSED), (False, True, UNPAID), (False, False, IMPUTED)])
def test_who_never_paid_is_read_told_or_imputed(closings, payments, way):
    """What silence oversells in the replay is what it really oversold, with whatever the export tells and whatever its user
    believes of the share never paid (.12 where it is .30), because the sell-out says how many had been paid: to 30 units a show
    where that is all there is (four standard errors, many are unpaid at the sell-out), and exactly where payments are told. Who
    takes everybody for a payer is off by 130."""
    true, found, wrong = 0.0, 0.0, 0.0
    for k in range(3):
        run = simulate(flash(), silent_policy(), 77, k)
        true += Judge(run).score(run)["oversold_units"]
        stream = exported(run, closings, payments)
        assert how(stream, believed()) == way
        found += oversold(stream, believed())
        wrong += oversold(stream, believed(0.12))
    assert found == pytest.approx(true, abs=0 if payments else 90)
    assert wrong == pytest.approx(true, abs=0 if payments else 90)


def test_the_share_never_paid_is_told_by_a_sell_out():
    """250 units went to some 430 orders: the share is found whatever is believed, to four standard errors of what is known of
    four shows; where nothing sold out what is believed stays, and the range is wide."""
    streams = [exported(simulate(flash(), silent_policy(), 77, k), False, False) for k in range(4)]
    for share in (0.12, 0.3):
        bands = [share_band(impute(s, world=believed(share)), believed(share).shoppers) for s in streams]
        assert np.mean([b[1] for b in bands]) == pytest.approx(0.3, abs=0.055)
        assert all(b[2] - b[0] < 0.13 for b in bands)
    stream = streams[0]
    quiet = replace(stream, skus=(Sku("mask", 5000),))
    low, middle, high = share_band(impute(quiet, world=believed(0.12)), believed(0.12).shoppers)
    assert middle == pytest.approx(0.12, abs=0.01)
    assert high - low > 0.2


def test_refunds_in_an_export_are_no_closings():
    """With payments an order without one was never paid, whoever else got his money back: such an export was taken for one with
    closings, and all its orders for paid."""
    run = simulate(flash(0.1), silent_policy(), 77, 0)
    world = believed(cancel_share=0.1)
    whole = exported(run, True, True, True)
    stream = exported(run, False, True, True)
    assert (how(whole, world), how(stream, world)) == (CLOSED, UNPAID)
    paid = int((stream.paid >= 0).sum())
    lives, _ = recorded_lives(stream, world, 1, 0, impute(stream, world=world))
    assert int((lives.pays >= 0).sum()) == paid
    alone = exported(run, False, False, True)
    assert how(alone, world) == IMPUTED
    assert how(exported(run, True, False, True), world) == CLOSED


def test_a_stock_that_falls_on_payment_tells_of_paid_orders_alone():
    stream = replace(recording(orders(np.arange(5, 600, 10)), (100,), 900.0), kind="levels")
    lives, _ = recorded_lives(stream, believed(), 1, 0, impute(stream, world=believed()))
    assert (lives.pays == 2).all()


def drawn_books(rng, n=300, stock=150, never=0.2):
    """Orders of one unit every 4 s, paid after about 20 s but for a share; ends that may be drawn again."""
    t = np.arange(1, n + 1) * 4 * US
    pays = np.where(rng.random(n) < never, NEVER, t + (rng.exponential(20.0, n) * US).astype(np.int64) // 2 * 2 + 2)
    none = np.zeros(0, np.int64)
    return Books(stock, t, np.ones(n, np.int64), pays, np.full(n, NEVER), np.ones(n, bool), np.ones(n, bool), np.full(n, never),
                 none, none, False)  # fmt: skip


@pytest.mark.parametrize("stock", [150, 200, 240, 270, 299])
def test_ends_agree_with_orders_taken_and_with_the_sell_out(stock):
    """Whatever the stock, too small for what was drawn or too large: every order found a unit, the last one left none for long,
    and no refund put one on sale afterwards."""
    rng = np.random.Generator(np.random.PCG64(stock))
    books = drawn_books(rng, stock=stock)
    end = int(books.t[-1]) + 900 * US
    reconcile(books, [(int(books.t[-1]), end)], Shoppers(), 0, rng)
    assert (books.level(books.t) >= 1).all()
    assert (books.level(np.arange(int(books.t[-1]) + 60 * US, end, US)) <= 0).all()
    assert (books.pays > books.t).all()
    assert (books.back > np.minimum(books.pays, NEVER - 1)).all()


def test_what_nothing_explains_was_sold_beyond_the_stock():
    """Payments that are recorded stay where they are."""
    books = drawn_books(np.random.Generator(np.random.PCG64(1)), stock=100)
    books.free_pay[:] = books.free_back[:] = False
    before = books.pays.copy()
    reconcile(books, [], Shoppers(), 0, np.random.Generator(np.random.PCG64(2)))
    assert (books.pays == before).all()
    assert (books.back == NEVER).all()


def test_the_page_says_how_it_is_known_who_never_paid():
    run = simulate(flash(), silent_policy(), 77, 0)
    stream = exported(run, False, False)
    price, line = closed_replay(stream, [], world=believed(0.12), replicates=1).notes
    assert "90 CNY a unit" in price
    assert line.startswith("the recording has neither closings nor payments: which orders were never paid is imputed, ")
    assert line.endswith(
        "by the moments at which items sold out (12% by scenario.shoppers.never_pay); an export with a closing or payment time "
        "would tell, and without one the sign of a small saving is not known"
    )
    assert closed_replay(stream, [], replicates=1).notes == (price,)
    refunds = closed_replay(exported(run, False, True), [], world=believed(cancel_share=0.03), replicates=1).notes
    assert refunds[1:] == (
        "the recording has no closings: orders without a payment count as never paid",
        "the recording has no refunds: 3% of paid orders (scenario.shoppers.cancel_share) are imputed to come back, more where "
        "it took orders that nothing else explains",
    )


def test_a_ledger_that_the_recording_contradicts_is_said():
    """A shop whose stock leaves on order refuses once as many orders are open as there are units."""
    on_order = replace(flash(), ledger=Ledger("deduct_on_order"))
    stream = exported(simulate(on_order, silent_policy(), 77, 0), True, True)
    notes = closed_replay(stream, [], world=believed(), replicates=1).notes
    assert notes[-1].startswith("no item had more orders open than units when it sold out")
    assert not any(line.startswith("no item had") for line in closed_replay(
        exported(simulate(flash(), silent_policy(), 77, 0), True, True), [], world=believed(), replicates=1).notes)  # fmt: skip


def test_where_only_closings_are_told_a_sell_out_is_by_those_who_paid():
    """The spell begins with the last order, and closings do not end it."""
    stream = exported(simulate(flash(), silent_policy(), 77, 0), True, False)
    (window,) = windows(stream, on_payment=True)
    assert window.start == stream.t[stream.what == TAKE][-1]
    assert window.end == demand_end(stream)
