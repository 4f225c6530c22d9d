"""One show with one thing made ideal: the worlds between which a blame split takes differences.

Each function takes a stage (or a stage and a policy) and returns it with one factor ideal and *everything else as it was*: the
same shoppers at the same times with the same marks. A stage in which the factor is ideal already comes back unchanged, so its
share is exactly zero.

=============== =======================================================================================================
leak            checkout sees the record at once (L3, L4, L5), no ERP overwrite (L6), a right record (L7), nothing listed
                beyond stock (L8), no order made twice (L10), no wrong edit (L12), every release comes back (U1)
lag             a reading every half second at most, complete and at once; all four screens show the record as it is
reaction        nobody and nothing needs time: notices, people, commands, propagation; the host does as he is told; an
                emergency freezes the item and an all-clear reopens it, also where the playbook says nothing of it
reservation     a hold is as long as it is of use: until the payment if one comes (so none is late, L9), else not at all
=============== =======================================================================================================

The ledger's mode is no leak: with deduct-on-payment (L1) alerts are there to live with it, and the page says separately what
deduct-on-order would have changed. The latency of a freeze (L2) is reaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.staffing import Feed, Screen, Shift, Touchpoints
from sim.core.blocks import SLOT_US, in_order
from sim.core.playbooks import AUTO_FREEZE, AUTO_REOPEN
from sim.core.policy import Policy
from sim.core.response import Action, Playbook
from sim.core.stage import Stage, set_stage
from sim.core.tape import CANCEL, COPY, DELIVER, EDIT_ADD, EDIT_SET, EXPIRE, PAY, SAMPLE, SYNC, Tape
from sim.core.units import US
from sim.demand.readings import lay_readings

FRESH_S = 0.5
"""A reading this often is fresh [s]; a feed that is faster keeps its own period."""
AT_ONCE = Screen(0.0, 0.0)
STOPS = ("freeze", "delist")


def without_leaks(stage: Stage) -> Stage:
    """The show with every named leak closed."""
    show, leaks = stage.scenario, stage.scenario.leaks
    channels = tuple(replace(c, lag_s=0.0) for c in show.channels)
    closed = replace(leaks, stale_read_s=0.0, poll_s=0.0, erp_mode="off", record_error_p=0.0, overlist_share=0.0,
                     duplicate_p=0.0, edits_per_show=0.0, lost_release_p=0.0)  # fmt: skip
    gone = np.zeros(len(stage.tape), bool)
    kind = stage.tape.kind
    if leaks.erp_mode != "off":
        gone |= kind == SYNC
    if leaks.edits_per_show > 0:
        gone |= (kind == EDIT_ADD) | (kind == EDIT_SET)
    if leaks.duplicate_p > 0:
        gone |= _of_copies(stage.tape)
    tape = _inert(stage.tape, gone)
    if stage.tape.record_error.any():
        tape = replace(tape, record_error=np.zeros_like(tape.record_error))
    changed = replace(show, leaks=closed, channels=channels)
    return stage if changed == show and tape is stage.tape else set_stage(changed, tape)


def _of_copies(tape: Tape) -> np.ndarray:
    """Orders the shop made twice, with their payments, expiries and cancellations."""
    copy = tape.kind == COPY
    after = (tape.kind == PAY) | (tape.kind == EXPIRE) | (tape.kind == CANCEL)
    return copy | (after & (tape.cause >= 0) & copy[tape.cause])


def _inert(tape: Tape, gone: np.ndarray) -> Tape:
    """The tape with some rows doing nothing. They stay where they are, so no other row changes its number or time."""
    if not gone.any():
        return tape
    blank = {"kind": EDIT_ADD, "sku": 0, "channel": -1, "qty": 0, "cue": -1, "cause": -1}
    columns: dict[str, Any] = {name: np.where(gone, value, getattr(tape, name)) for name, value in blank.items()}
    return replace(tape, **{name: column.astype(getattr(tape, name).dtype) for name, column in columns.items()}, late=None)


def without_lag(stage: Stage) -> Stage:
    """The show with fresh, complete readings and four screens that show the record as it is."""
    show = stage.scenario
    feed = Feed(period_s=min(FRESH_S, show.feed.period_s), lag_s=0.0)
    points = Touchpoints(AT_ONCE, AT_ONCE, AT_ONCE, AT_ONCE)
    changed = replace(show, feed=feed, touchpoints=points)
    if changed == show:
        return stage
    return set_stage(changed, with_readings(stage.tape, changed))


def with_readings(tape: Tape, scenario: Scenario) -> Tape:
    """The tape with the readings of ``scenario``'s feed in place of its own; all other rows keep order, links and marks.

    Times may move by a few microseconds, where a reading falls on the slot of a row.
    """
    kept = (tape.kind != SAMPLE) & (tape.kind != DELIVER)
    place = np.cumsum(kept) - 1
    rows = {name: column[kept].copy() for name, column in tape.columns().items()}
    linked = rows["cause"] >= 0
    rows["cause"][linked] = place[rows["cause"][linked]]
    readings, seen = lay_readings(scenario, *tape.key, tape.room or _viewers(tape))
    columns: dict[str, Any] = in_order([rows, readings])
    return replace(tape, **columns, viewers=seen, drawn=-1, late=None)


def _viewers(tape: Tape) -> tuple[np.ndarray, np.ndarray]:
    """Viewers by time as the tape's own readings have them."""
    taken = np.flatnonzero(tape.kind == SAMPLE)
    if not len(taken):
        return np.zeros(1), np.zeros(1)
    return tape.t[taken] / US, tape.viewers[tape.who[taken]]


def without_reaction(stage: Stage, policy: Policy) -> tuple[Stage, Policy]:
    """The show with hands that need no time, and a playbook that at least freezes at an emergency."""
    show = stage.scenario
    channels = tuple(replace(c, delivery_s=0.0, ack_median_s=0.0, ack_p90_s=0.0, seen_p=1.0) for c in show.staff.channels)
    staff = replace(show.staff, channels=channels, shifts=(Shift(),), handling_s=0.0, human_model="ideal")
    changed = replace(show, staff=staff, host=replace(show.host, reaction_s=0.0, follow_p=1.0))
    return replace(stage, scenario=changed), replace(policy, playbook=instant(policy.playbook))


def instant(book: Playbook) -> Playbook:
    """A playbook without latencies, whose emergencies stop sales and whose all-clears allow them again."""
    latencies: dict[str, Any] = {name: 0.0 for name in vars(book) if name.endswith("_s")}
    stops = any(a.what in STOPS for a in book.emergency)
    opens = any(a.what == "reopen" for a in book.resolved)
    emergency: tuple[Action, ...] = book.emergency if stops else (AUTO_FREEZE, *book.emergency)
    return replace(book, **latencies, emergency=emergency, resolved=book.resolved if opens else (AUTO_REOPEN, *book.resolved))


def without_expiry(stage: Stage) -> Stage:
    """The show with holds as long as they are of use: none for orders never paid, no expiry before a payment that comes.

    Under deduct-on-payment nothing is held and nothing changes.
    """
    tape = stage.tape
    closes = np.flatnonzero(tape.kind == EXPIRE)
    if stage.scenario.ledger.mode == "deduct_on_payment" or not len(closes):
        return stage
    paid = np.zeros(len(tape), bool)
    paid[tape.cause[tape.kind == PAY]] = True
    late = np.zeros(len(tape), bool)
    late[closes[paid[tape.cause[closes]]]] = True
    tape = _inert(tape, late)
    useless = closes[~paid[tape.cause[closes]]]
    columns = {name: column.copy() for name, column in tape.columns().items()}
    columns["t"][useless] = tape.t[tape.cause[useless]] + SLOT_US
    moved: dict[str, Any] = in_order([columns])
    return set_stage(stage.scenario, replace(tape, **moved, late=None))


def unbuffered(stage: Stage) -> Stage:
    """The show with every unit on sale from the start: no buffers, quotas or units kept hidden. Part of an ideal rule."""
    show = stage.scenario
    skus = tuple(replace(s, buffer=0, held_back=0) for s in show.skus)
    changed = replace(show, skus=skus, channels=tuple(replace(c, close_below=0) for c in show.channels))
    return stage if changed == show else set_stage(changed, stage.tape)
