"""A recording as a tape that can react: recorded orders that a policy may refuse, and imputed ones behind them.

A TAKE row of an open-loop tape cannot be refused. Here every recorded order is an ORDER row with its own payment, and with
its closing or cancellation where the recording has one; the ledger decides anew. What a recording cannot know is said in
``ASSUMPTIONS``. Shoppers are numbered (``who``): recorded orders first, then carts, imputed ones last, so that a row's number
tells what it is (:func:`imputed_rows`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.contract import Host, Scenario
from scenarios.staffing import Feed
from sim.core.blocks import blank, in_order
from sim.core.response import RESTOCK
from sim.core.stage import Stage, set_stage
from sim.core.tape import CANCEL, CART, ORDER, SUPPLY, TAKE, Tape
from sim.core.units import US
from sim.demand.draw import lay_outside, record_errors
from sim.demand.orders import Life, Rows, closing_us, created_twice, settled
from sim.demand.readings import lay_readings
from sim.demand.shoppers import choose
from sim.demand.streams import stream as random_stream
from sim.replay.cells import counted
from sim.replay.clock import StreamError
from sim.replay.impute import LIKELY, Imputation
from sim.replay.order_lives import AGAIN, CHANNEL, CUE, MARK, RELEASE, OrderLives, imputed_lives, recorded_lives
from sim.replay.stream import AT_ONCE, MOST_BYTES, Stream
from sim.words import N_, _

BELIEVED = ("spread", "herding")
"""Parts of a scenario that say how unseen demand may move (``impute``); the tape has what was drawn from it."""
WORLD = ("host", "shoppers", "channels", "ledger", "leaks", "touchpoints", "staff", "supply", *BELIEVED)
"""Parts of a scenario that a closed-loop replay takes from its settings; all others are the recording's."""
ASSUMPTIONS = (
    N_("whoever is refused leaves: nobody comes back or takes another SKU, and nobody else comes instead"),
    N_("which cue brought an order is drawn from the fitted response, so breaking off a cue keeps some of its orders away"),
    N_("an imputed order lives the life (units, time to payment, return) of a recorded order of its SKU drawn at random"),
    N_("the host keeps to the run of show as recorded, breaks off a cue when prompted, and improvises nothing"),
    N_("what the recording's own team did (freezes, prompts) is unknown unless declared; its effect is in the recorded demand"),
)


def backdrop() -> Scenario:
    """A scenario whose WORLD is what a recording is taken to have where nothing else is said: an atomic shop that deducts on
    order, leaks nothing, has nothing to restock, and a host who improvises nothing."""
    from scenarios.contract import Sku
    from scenarios.staffing import Touchpoints

    points = Touchpoints(AT_ONCE, AT_ONCE, AT_ONCE, AT_ONCE)
    host = Host(checks_screen=False, moves_on=False, calls_restock=False)
    return Scenario("recorded", N_("the world behind a recording"), 1.0, (Sku("any", 0),), touchpoints=points, host=host)


def closed_stage(
    stream: Stream,
    imputation: Imputation,
    bound: str = LIKELY,
    seed: int = 1,
    replicate: int = 0,
    feed: Feed | None = None,
    world: Scenario | None = None,
) -> Stage:
    """A stage on which policies change what happened: ``play(stage, policy)`` gives what would have happened.

    imputation: of the same stream (:func:`~sim.replay.impute.impute`). bound: low, likely or high demand in blind spells.
    world: a scenario whose ledger, leaks, staff, supply and so on (WORLD) hold; None: :func:`backdrop`. Same arguments, same
    bytes. Under every bound the recorded rows are the same, and the likely rows are among the high ones.
    """
    scenario = closed_scenario(stream, feed, world)
    own, left = recorded_lives(stream, scenario, seed, replicate, imputation)
    more = imputed_lives(imputation, bound, own, scenario, seed, replicate)
    lives = OrderLives(*(np.concatenate(pair) for pair in zip(own, more, strict=True)))
    who = np.concatenate([np.arange(len(own.t)), first_imputed(imputation) + np.arange(len(more.t))])
    people = (np.array([0.0, scenario.duration_s]), np.zeros(2))
    if stream.viewers is not None:
        people = (stream.viewers[0] / US, np.asarray(stream.viewers[1], float))
    readings, viewers = lay_readings(scenario, seed, replicate, people)
    blocks = [
        _orders(stream, imputation, scenario, lives, who),
        _carts(stream, len(own.t), seed, replicate),
        _moves(stream, left[~_asked(stream, left)] if asked_for(scenario) else left),
    ]
    columns: dict[str, Any] = in_order([*blocks, *lay_outside(scenario, seed, replicate), readings])
    phase = random_stream(seed, replicate, "phase").random(3 + len(scenario.channels))
    errors = record_errors(scenario, seed, replicate)
    tape = Tape(**columns, cues=stream.spoken(), viewers=viewers, record_error=errors, phase=phase, key=(seed, replicate))
    return set_stage(scenario, tape)


def closed_scenario(stream: Stream, feed: Feed | None = None, world: Scenario | None = None) -> Scenario:
    """The recording as a scenario in the world that ``world`` describes."""
    world = world or backdrop()
    parts = {name: getattr(world, name) for name in WORLD if name not in BELIEVED}
    parts["supply"] = replace(world.supply, deliveries=())
    scenario = replace(stream.scenario(feed), lesson=N_("a recorded show, replayed closed-loop"), **parts)
    if int(scenario.duration_s / scenario.feed.period_s) * len(stream.skus) * 28 > MOST_BYTES:
        raise StreamError(
            _(
                "the readings of one run would take more than 1 GB; choose a longer feed.period_s, fewer SKUs "
                "(sku=) or a part (start=, end=)"
            )
        )
    return scenario


def first_imputed(imputation: Imputation) -> int:
    """The number of the first imputed shopper: recorded orders and carts come before."""
    s = imputation.stream
    took = s.what == TAKE
    return int(s.qty[took].sum() if counted(s) else took.sum()) + int((s.what == CART).sum())


def imputed_rows(tape: Tape, imputation: Imputation) -> np.ndarray:
    """Which rows of a closed-loop tape nobody recorded (bool): orders of blind spells and what follows from them."""
    return (tape.kind <= CANCEL) & (tape.who >= first_imputed(imputation))


def _carts(stream: Stream, first: int, seed: int, replicate: int) -> Rows:
    at = np.flatnonzero(stream.what == CART)
    rows = blank(len(at))
    rows["t"][:], rows["kind"][:], rows["sku"][:], rows["qty"][:] = stream.t[at], CART, stream.sku[at], stream.qty[at]
    rows["channel"][:], rows["who"][:] = 0, first + np.arange(len(at))
    rows["mark"][:] = random_stream(seed, replicate, "carts").random(len(at))
    return rows


def asked_for(scenario: Scenario) -> bool:
    """Whether stock can be had on request, so that a restock is somebody's doing and not the show's."""
    return scenario.supply.requestable > 0


def _asked(stream: Stream, left: np.ndarray) -> np.ndarray:
    """Which of these moves the recording's team brought about, by its log."""
    which = {(d.t, d.sku, int(d.value)) for d in stream.did if d.what == RESTOCK}
    rows = zip(stream.t[left].tolist(), stream.sku[left].tolist(), stream.qty[left].tolist(), strict=True)
    return np.array([row in which for row in rows], bool)


def _moves(stream: Stream, left: np.ndarray) -> Rows:
    """Restocks, and corrections that no order explains: units come, or go, in fact and on record."""
    rows = blank(len(left))
    rows["t"][:], rows["kind"][:], rows["sku"][:], rows["qty"][:] = stream.t[left], SUPPLY, stream.sku[left], stream.qty[left]
    return rows


def _orders(stream: Stream, imputation: Imputation, scenario: Scenario, lives: OrderLives, who: np.ndarray) -> Rows:
    """ORDER rows with their payments, closings and cancellations, and the copies that leak L10 makes."""
    n, u = len(lives.t), lives.u
    rows = blank(n)
    rows["t"][:], rows["kind"][:], rows["sku"][:], rows["qty"][:] = lives.t, ORDER, lives.sku, lives.qty
    rows["who"][:], rows["mark"][:] = who, u[:, MARK]
    rows["channel"][:] = choose([(c.name, c.share) for c in scenario.channels], u[:, CHANNEL])
    rows["cue"][:] = _cues(stream, imputation, lives)
    twice = np.flatnonzero(u[:, AGAIN] < scenario.leaks.duplicate_p)
    rows, attempt = created_twice(rows, twice), np.concatenate([np.arange(n), twice])
    placed, pays, gone, late = rows["t"], lives.pays[attempt], lives.gone[attempt], lives.late[attempt]
    closes = np.where((pays < 0) & (gone >= 0), placed + gone, closing_us(scenario.ledger, placed))
    paying = np.maximum(pays, 0)
    life = Life(pays >= 0, paying, late, closes, gone >= 0, np.maximum(gone - paying - late, 2), u[attempt, RELEASE])
    return settled(scenario.ledger, rows, np.arange(len(placed)), life)


def _cues(stream: Stream, imputed: Imputation, lives: OrderLives) -> np.ndarray:
    """The cue each order came for (-1: none), drawn in proportion to the fitted response of the cues of its SKU."""
    chosen = np.full(len(lives.t), -1, np.int64)
    cues = list(enumerate(sorted(stream.cues, key=lambda c: c.at_s)))
    for k, sku in enumerate(stream.skus):
        places = np.flatnonzero(lives.sku == k)
        places = places[np.argsort(lives.t[places], kind="stable")]
        t_s, pulls = lives.t[places] / US, []
        base = imputed.level(k, -1)
        total = np.full(len(places), base)
        for number, cue in cues:
            if cue.sku == sku.id:
                part = slice(*np.searchsorted(t_s, [cue.at_s, cue.at_s + imputed.longest_s(cue)]))
                pull = imputed.level(k, stream.cues.index(cue)) * imputed.response(cue, t_s[part])
                total[part] += pull
                pulls.append((number, part, pull))
        left = lives.u[places, CUE] * total - base
        for number, part, pull in pulls:
            hit = (left[part] >= 0) & (left[part] < pull)
            chosen[places[part][hit]] = number
            left[part] = np.where(left[part] >= 0, left[part] - pull, left[part])
            left[part] = np.where(hit, -1.0, left[part])
    return chosen
