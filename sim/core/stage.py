"""Set the stage: the opening state of a run, from a scenario, a tape and a policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from scenarios.bundles import items, parts_of
from scenarios.contract import LEDGER_MODES, Scenario
from scenarios.staffing import Screen
from sim.core import world as W
from sim.core.moves import most_moves
from sim.core.policy import Policy
from sim.core.tape import SYNC, Tape, sources_apart
from sim.core.units import NEVER_US, key_of, period_us, to_us
from sim.core.world import World
from strategies.contract import TIERS
from strategies.gate import GATE_MEMORY, GATE_SHARED


@dataclass(frozen=True, eq=False)
class Stage:
    """A scenario with one of its tapes: everything policies share, laid out once.

    ``marks``: uniform numbers of the staff drawn so far (``sim/engine/people.py``); the same for every policy. ``blocks``: rows
    of the last cues improvised on it (``sim/demand/draw.py``), which many policies share.
    """

    scenario: Scenario
    tape: Tape
    fixed: dict[str, Any]
    opening: dict[str, np.ndarray]
    tiers: np.ndarray
    log_room: int
    marks: dict[Any, list[float]] = field(default_factory=dict)
    blocks: dict[Any, tuple[dict[str, np.ndarray], np.ndarray]] = field(default_factory=dict)

    @cached_property
    def cues(self) -> list[tuple]:
        """The cues of the tape as plain tuples, fields as in CUE_DTYPE."""
        return self.tape.cues.tolist()

    @cached_property
    def about(self) -> list[list[int]]:
        """Numbers of the cues about every SKU, or a bundle with it, in order."""
        rows_about: list[list[int]] = [[] for _ in self.scenario.skus]
        for number, item in enumerate(self.tape.cues["sku"].tolist()):
            for sku in self.parts[item]:
                rows_about[sku].append(number)
        return rows_about

    @cached_property
    def moves(self) -> int:
        """Changes of stock that the rows of the tape can make, at most."""
        return most_moves(self.tape.kind, len(self.scenario.skus))

    @cached_property
    def names(self) -> list[str]:
        """Names of the items."""
        return [item.id for item in items(self.scenario)]

    @cached_property
    def parts(self) -> list[list[int]]:
        """SKUs of every item."""
        return [[sku for sku, _ in parts] for parts in parts_of(self.scenario)]

    def world(self, policy: Policy, journal: bool = False, hosted: bool = False) -> World:
        """A fresh world for one run of ``policy``. journal: whether it notes every change of stock. hosted: whether a host walks
        the run of show, skips cues and cuts them."""
        n, rows = len(self.scenario.skus), len(self.tape)
        room = 2 * self.log_room if self.fixed["rules"][W.LOGGING] else 0
        moves = self.moves if journal else 0
        fixed, opening = dict(self.fixed), {name: array.copy() for name, array in self.opening.items()}
        if hosted:
            opening["head"][W.NEXT_CUE] = 0
        if journal:
            fixed["rules"] = self.fixed["rules"].copy()
            fixed["rules"][W.JOURNAL], opening["head"][W.MOVES_ROOM] = 1, moves
        return World(
            **fixed,
            **opening,
            outcome=np.zeros(rows, np.int8),
            log_t=np.empty(room, np.int64),
            log_sku=np.empty(room, np.int32),
            log_src=np.empty(room, np.int32),
            log_delta=np.empty(room, np.int32),
            # Twice what is needed at first: what nobody writes to costs no memory, and improvised cues need no copy.
            moved_t=np.empty(2 * moves, np.int64),
            moved_sku=np.empty(2 * moves, np.int16),
            moved_column=np.empty(2 * moves, np.int8),
            moved_delta=np.empty(2 * moves, np.int32),
            readings=np.zeros((len(self.tape.viewers), n, W.N_READ), np.int32),
            **settings_of(policy, self.tiers),
            memory=np.zeros((n, policy.strategy.memory)),
            gate_memory=np.zeros((n, GATE_MEMORY)),
            gate_shared=np.zeros(GATE_SHARED),
            outbox=np.zeros((2 * n, 3), np.int64),
            evidence=np.zeros((2 * n, 3)),
        )


def settings_of(policy: Policy, tiers: np.ndarray) -> dict[str, np.ndarray]:
    """What a policy puts into a world: settings by SKU and those of the gate, float64 in C order as compiled code expects."""
    params = np.ascontiguousarray(policy.params[tiers], np.float64)
    cell = -1 if policy.strategy.lack is None else policy.strategy.lack
    gate = np.ascontiguousarray(policy.gate, np.float64)
    return {"params": params, "gate_settings": gate, "lack_cell": np.array([cell])}


def set_stage(scenario: Scenario, tape: Tape) -> Stage:
    """Lay out what does not depend on the policy."""
    skus, n = scenario.skus, len(scenario.skus)
    observers = _observers(scenario, tape)
    plan_t, plan_lift = _plan(scenario)
    stock = _opening_stock(scenario, tape)
    rules = np.zeros(W.N_RULES, np.int64)
    rules[W.MODE] = LEDGER_MODES.index(scenario.ledger.mode)
    rules[W.LATE_ACCEPT] = scenario.ledger.late_payment == "accept"
    rules[W.CANCEL_RETURNS] = scenario.ledger.cancel_returns
    rules[W.CHECKS] = scenario.ledger.checks_stock
    rules[W.LOGGING] = not observers[:, W.ATOMIC].all()
    rules[W.SCARCE] = scenario.scarcity.on
    rules[W.SHOW_END] = to_us(scenario.duration_s)
    rules[W.DRAWN], rules[W.DRAWN_CUES] = len(tape), len(tape.cues)
    rules[W.CHECKS_SCREEN], rules[W.TALKS] = scenario.host.checks_screen, scenario.chat.on
    scarcity, chat = scenario.scarcity, scenario.chat
    # The last of them is what coming.hurry answers where nothing is scarce.
    rates = np.array([scarcity.gain, scarcity.below, scenario.leaks.lost_release_p, scenario.start_hour, chat.put_off, chat.full,
                      to_us(chat.fade_s), 1.0 / (1.0 + scarcity.gain)], np.float64)  # fmt: skip
    facts = np.array([[s.listed, s.safety_stock, s.price, s.margin, TIERS.index(s.tier),
                       10_007 + 2 * (key_of(s.id) % 450_000)] for s in skus], np.float64)  # fmt: skip
    views = np.repeat(stock[:, W.RECORD][None, :], len(observers), axis=0)
    views[W.ERP] = 0
    fixed = {
        **tape.columns(),
        "seq": np.zeros(0, np.int32),
        "floor": np.array([[c.close_below for _ in skus] for c in scenario.channels], np.int64),
        "rules": rules,
        "rates": rates,
        "viewers": tape.viewers,
        "apart": sources_apart(tape),
        "cue_at": np.append(np.maximum(np.maximum.accumulate(tape.cues["start"] | 1), 0), NEVER_US),
        "cue_end": tape.cues["end"].astype(np.int64),
        "cue_item": tape.cues["sku"].astype(np.int64),
        "item_parts": _item_parts(scenario),
        "cuts": np.zeros((len(tape.cues), 2), np.int64),
        "plan_t": plan_t,
        "plan_lift": plan_lift,
        "facts": facts,
    }
    opening = {
        "stock": stock,
        "exposure": np.ones(n),
        "talk": np.zeros(2),
        "cue_cut": np.full(len(tape.cues) + 1, NEVER_US, np.int64),
        "observers": observers,
        "views": views,
        "head": _head(tape),
        "muted": np.zeros(n, np.int64),
        "plan_next": np.zeros(n, np.int64),
    }
    return Stage(scenario, tape, fixed, opening, facts[:, W.F_TIER].astype(int), _log_room(scenario, tape))


def _item_parts(scenario: Scenario) -> np.ndarray:
    parts = parts_of(scenario)
    table = np.full((len(parts), max(map(len, parts))), -1, np.int64)
    for k, own in enumerate(parts):
        table[k, : len(own)] = [sku for sku, _ in own]
    return table


def _head(tape: Tape) -> np.ndarray:
    head = np.zeros(W.N_HEAD, np.int64)
    head[W.LAST_READING], head[W.NEXT_CUE] = -1, len(tape.cues)
    head[W.LAST] = tape.t[-1] + 1 if len(tape) else 0
    return head


def _log_room(scenario: Scenario, tape: Tape) -> int:
    """The most changes of the record one run can see: one a row, every SKU at an ERP push, requests and releases."""
    n = len(scenario.skus)
    pushes = int(np.count_nonzero(tape.kind == SYNC))
    return len(tape) + n * (pushes + scenario.supply.requests) + sum(s.held_back for s in scenario.skus)


def _opening_stock(scenario: Scenario, tape: Tape) -> np.ndarray:
    stock = np.zeros((len(scenario.skus), W.N_STOCK), np.int64)
    for k, s in enumerate(scenario.skus):
        listed = s.listed + round(s.stock * scenario.leaks.overlist_share)
        stock[k, W.PHYSICAL] = max(0, s.stock - tape.record_error[k])
        stock[k, W.HIDDEN], stock[k, W.BUFFERED] = s.held_back, s.buffer
        stock[k, W.RECORD] = stock[k, W.LISTED] = listed
    return stock


def _observers(scenario: Scenario, tape: Tape) -> np.ndarray:
    """Who sees the record how late: back office, host screen, the ERP, and of every sales channel checkout, page and cart.

    A channel's page and cart are never fresher than its checkout.
    """
    points, leaks = scenario.touchpoints, scenario.leaks
    stale_s, poll_s = leaks.stale_read_s, leaks.poll_s
    rows = [(s.lag_s, s.period_s, W.NOBODY) for s in (points.back_office, points.host_screen, Screen(leaks.erp_lag_s))]
    for k, channel in enumerate(scenario.channels):
        blind = stale_s > 0 or poll_s > 0
        lag_s, own = max(stale_s, channel.lag_s), W.NOBODY if blind else k
        rows.append((lag_s, poll_s, own))
        for screen in (points.product_page, points.cart):
            late = screen.lag_s > 0 or screen.period_s > 0
            rows.append((max(lag_s, screen.lag_s), max(poll_s, screen.period_s), W.NOBODY if late else own))
    table = np.zeros((len(rows), 6), np.int64)
    for o, (lag_s, period_s, own) in enumerate(rows):
        period = period_us(period_s)
        # One poll feeds all views of a channel, so they share its phase.
        draw = o if o < W.FIRST_CHANNEL else W.FIRST_CHANNEL + (o - W.FIRST_CHANNEL) // W.VIEWS
        table[o] = (to_us(lag_s), period, int(tape.phase[draw] * period), own, 0, lag_s == 0 and period_s == 0)
    table[W.ERP, W.ATOMIC] = scenario.leaks.erp_mode != "absolute"
    return table


def _plan(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Planned cues per SKU as strategies may know them: times [us] and peak multiples."""
    planned: list[list[tuple[int, float]]] = [[] for _ in scenario.skus]
    parts = {item.id: p for item, p in zip(items(scenario), parts_of(scenario), strict=True)}
    for cue in sorted(scenario.cues, key=lambda c: c.at_s):
        for k, _ in parts[cue.sku]:
            planned[k].append((to_us(cue.at_s), cue.kernel().peak))
    most = max(len(p) for p in planned) + 1
    times, lift = np.full((len(planned), most), NEVER_US, np.int64), np.zeros((len(planned), most))
    for k, cues in enumerate(planned):
        for j, (at, peak) in enumerate(cues):
            times[k, j], lift[k, j] = at, peak
    return times, lift
