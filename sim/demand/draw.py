"""Draw the tape of one show: every cue lays a block of shoppers, the shelf another, the feed its readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.bundles import items
from scenarios.contract import Cue, Scenario
from sim.core.blocks import Block, blank, distinct_times, how_late, in_order, raw_order
from sim.core.tape import CUE_DTYPE, EDIT_ADD, EDIT_SET, RELEASE, SUPPLY, SYNC, Tape
from sim.core.units import US
from sim.demand.audience import room
from sim.demand.host import cue_row, lifts, perform
from sim.demand.intensity import shelf_share
from sim.demand.mood import cue_size, heat
from sim.demand.orders import Rows
from sim.demand.pulses import Room, lead_times, pulse_times, uncued_times
from sim.demand.readings import lay_readings
from sim.demand.shoppers import Assortment, Party, delay_us, even_us, lay
from sim.demand.streams import stream

BLOCKS = 64
"""Blocks of improvised cues kept for a tape."""


def draw_tape(scenario: Scenario, seed: int, replicate: int = 0) -> Tape:
    """The tape of one replicate. Same scenario, seed and replicate, same bytes."""
    cues, records = perform(scenario, seed, replicate)
    lifted = lifts(cues, records, scenario.audience.mean_stay_s())
    viewers = room(scenario.audience, scenario.duration_s, lifted, scenario.start_hour)
    warmth = heat(scenario, seed, replicate, viewers[0])
    sold, shop = items(scenario), Assortment(scenario)
    rooms = [felt(viewers, warmth, k) for k in range(len(sold) if warmth is not None and len(warmth) > 1 else 1)]
    blocks = [_uncued(shop, seed, replicate, k, item.id, rooms[k % len(rooms)]) for k, item in enumerate(sold)]
    for k, (row, cue) in enumerate(zip(cues, records, strict=True)):
        blocks += lay_cue(shop, (seed, replicate), k, row, cue, rooms[int(row["sku"]) % len(rooms)])
    number(blocks)
    readings, seen = lay_readings(scenario, seed, replicate, viewers)
    phase = stream(seed, replicate, "phase").random(3 + len(scenario.channels))
    spare: dict[str, np.ndarray] = {}
    columns: dict[str, Any] = raw_order([*blocks, *lay_outside(scenario, seed, replicate), readings], spare)
    raw = columns["t"].copy()
    columns["t"][:] = distinct_times(raw)
    return Tape(**columns, cues=cues, viewers=seen, record_error=record_errors(scenario, seed, replicate), phase=phase,
                key=(seed, replicate), room=viewers, heat=warmth, late=how_late(columns["t"], raw), spare=spare,
                spoken=tuple(records))  # fmt: skip


def number(blocks: Sequence[Block], first: int = 0) -> int:
    """Give the shoppers of blocks numbers of their own, from ``first`` on; the next that is free."""
    for block in blocks:
        who = block.shared["who"]
        who += np.int32(first)
        first = int(who.max(initial=first - 1)) + 1
    return first


def felt(viewers: Room, warmth: np.ndarray | None, item: int) -> Room:
    """The room as the demand for one item feels it: people times the mood they are in."""
    return viewers if warmth is None else (viewers[0], viewers[1] * warmth[item if len(warmth) > 1 else 0])


def _largest(scenario: Scenario) -> float:
    """How far above the plain intensity rows must be laid for scarcity to be admitted later."""
    return 1 + scenario.scarcity.gain if scenario.scarcity.on else 1.0


def _acts(scenario: Scenario) -> tuple[float, float]:
    """People who act per order intended, and the share of them who order directly."""
    s = scenario.shoppers
    per_order = s.direct_share + (1 - s.direct_share) / s.cart_conversion
    return per_order, s.direct_share / per_order


def _party(
    rng: np.random.Generator, shop: Assortment, t: np.ndarray, sku: int, cue: int, direct: float, converts: float
) -> Block:
    by_cart = rng.random(len(t)) >= direct
    orders = ~by_cart | (rng.random(len(t)) < converts)
    scenario, s = shop.scenario, shop.scenario.shoppers
    if s.look_s > 0:
        t = t + rng.exponential(s.look_s, len(t))
    if s.cart_law == "exponential":
        wait = delay_us(rng.exponential(s.cart_median_s / math.log(2), len(t)))
    else:
        wait = delay_us(rng.lognormal(math.log(max(s.cart_median_s, 1e-9)), s.cart_sigma, len(t)))
    party = Party(even_us(t), sku, cue, by_cart, orders, wait)
    if scenario.herding.on:
        party.follow(rng, scenario.herding.branching, scenario.herding.mean_s)
    return lay(rng, shop, party)


def _uncued(shop: Assortment, seed: int, replicate: int, k: int, name: str, viewers: Room) -> Block:
    scenario, sold = shop.scenario, items(shop.scenario)
    share = shelf_share([s.popularity for s in sold], k)
    rng = stream(seed, replicate, "shelf", name)
    per_order, direct = _acts(scenario)
    rate = scenario.shoppers.shelf_rate / 60 * share * per_order * _largest(scenario)
    t = uncued_times(rng, rate, viewers)
    return _party(rng, shop, t, k, -1, direct, scenario.shoppers.cart_conversion)


def lay_cue(shop: Assortment, key: tuple[int, int], number: int, row: np.void, cue: Cue, viewers: Room) -> list[Block]:
    """The blocks of cue ``number`` of a show, a row of CUE_DTYPE with its record. key: (seed, replicate)."""
    return _pulse(shop, (*key, "cue", number), row, cue, number, viewers)


def _pulse(shop: Assortment, key: tuple, row: np.void, cue: Cue, number: int, viewers: Room) -> list[Block]:
    """The block of a cue, those who do not wait for it included, and its surge of carts without orders 购物车虚火."""
    scenario, k, start, kernel = shop.scenario, int(row["sku"]), int(row["start"]) / US, cue.kernel()
    per_order, direct = _acts(scenario)
    conversion, spread = scenario.shoppers.cart_conversion, scenario.spread
    rate = scenario.shoppers.buy_rate / 60 * items(scenario)[k].appeal * _largest(scenario) * cue_size(spread, *key)
    # Nobody expects what the host improvises.
    early = spread.lead_share if kernel.expected and row["planned"] >= 0 and start > 0 else 0.0
    rng = stream(*key)
    t = pulse_times(rng, kernel, start, rate * per_order * (1 - early), viewers)
    if early > 0:
        t = np.concatenate([lead_times(rng, start, spread.lead_s, rate * per_order * early * kernel.area_s, viewers), t])
    blocks = [_party(rng, shop, t, k, number, direct, conversion)]
    if cue.cart_surge > 0:
        rng = stream(*key, "surge")
        t = pulse_times(rng, kernel, start, rate * cue.cart_surge, viewers)
        blocks.append(_party(rng, shop, t, k, number, 0.0, cue.surge_conversion))
    return blocks


def lay_outside(scenario: Scenario, seed: int, replicate: int) -> list[Rows]:
    """Rows that no shopper causes: deliveries, releases, ERP pushes (L6), manual edits (L12)."""
    leaks, index = scenario.leaks, {s.id: k for k, s in enumerate(scenario.skus)}
    events: list[tuple[float, int, int, int]] = []
    for d in scenario.supply.deliveries:
        events.append((d.at_s, RELEASE if d.released else SUPPLY, index[d.sku], d.units))
    if leaks.erp_mode == "absolute":
        rng = stream(seed, replicate, "erp")
        at = np.arange(rng.random() * leaks.erp_period_s, scenario.duration_s + scenario.tail_s, leaks.erp_period_s)
        events += [(t, SYNC, -1, 0) for t in at[rng.random(len(at)) >= leaks.erp_drop_p].tolist()]
    for k, sku in enumerate(scenario.skus if leaks.edits_per_show else ()):
        rng = stream(seed, replicate, "edit", sku.id)
        for _ in range(rng.poisson(leaks.edits_per_show / len(scenario.skus))):
            t, absolute = rng.random() * scenario.duration_s, rng.random() < leaks.edit_absolute_p
            size = int(rng.geometric(min(1.0, 1 / leaks.edit_units)))
            events.append((t, EDIT_SET, k, sku.stock - sku.held_back) if absolute else (t, EDIT_ADD, k, size))
    rows = blank(len(events))
    for name, values in zip(("t", "kind", "sku", "qty"), zip(*events, strict=True), strict=False):
        rows[name][:] = even_us(np.array(values)) if name == "t" else values
    return [rows]


def record_errors(scenario: Scenario, seed: int, replicate: int) -> np.ndarray:
    """Units the record claims beyond what exists (leak L7), int64 [SKU]."""
    return np.array([record_error(scenario, seed, replicate, s.id) for s in scenario.skus], np.int64)


def record_error(scenario: Scenario, seed: int, replicate: int, name: str) -> int:
    """Units the record claims beyond what exists (leak L7), negative where units were forgotten."""
    leaks = scenario.leaks
    if leaks.record_error_p == 0:
        return 0
    rng = stream(seed, replicate, "record", name)
    wrong, sign = rng.random() < leaks.record_error_p, 1 if rng.random() < 0.5 else -1
    if leaks.record_error_law == "normal":
        size = round(rng.standard_normal() * leaks.record_error_units)
    else:
        size = sign * int(rng.geometric(min(1.0, 1 / max(leaks.record_error_units, 1.0))))
    return size if wrong else 0


def improvised(
    scenario: Scenario, tape: Tape, cue: Cue, at_us: int, count: int, blocks: dict[Any, tuple[Rows, np.ndarray]] | None = None
) -> tuple[Rows, np.ndarray]:
    """The block of one more cue, spoken at ``at_us`` (odd) during the run, and its row of CUE_DTYPE.

    ``count``: how many of its SKU and kind were improvised before it. The block comes from a stream of its own, so nothing
    already laid changes; its rows come at ``t`` or as soon after it as there is room. ``blocks``: those drawn lately on this
    tape, kept for the next policy that says the same.
    """
    known, key = {} if blocks is None else blocks, (cue, at_us, count)
    if key not in known:
        while len(known) >= BLOCKS:
            del known[next(iter(known))]
        k = next(i for i, s in enumerate(items(scenario)) if s.id == cue.sku)
        row = np.array([cue_row(at_us, -1, cue, k)], CUE_DTYPE)
        viewers = tape.room or room(scenario.audience, scenario.duration_s, (), scenario.start_hour)
        named = (*tape.key, "improvised", cue.sku, cue.kind, count)
        rows = in_order(_pulse(Assortment(scenario), named, row[0], cue, 0, felt(viewers, tape.heat, k)))
        np.maximum(rows["t"], at_us + 1, out=rows["t"])
        known[key] = rows, row
    return known[key]
