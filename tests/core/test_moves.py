"""One way to change stock: the journal holds every change, fits into the room proven for it, notes nothing where it is off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

import sim
from sim.core import tape as T
from sim.core import world as W
from sim.core.history import FIGURES, paths
from sim.core.moves import MOST, most_moves, move, with_room
from sim.core.stage import set_stage
from sim.core.world import World
from sim.demand.draw import draw_tape
from sim.engine.simulate import play, play_oracle, simulate
from sim.setup.policies import make_policy
from tests.core.test_history import BUSY, DELISTING, policy, show

MODES = ("deduct_on_order", "deduct_on_payment", "pre_hold")


@pytest.mark.parametrize("mode", MODES)
def test_the_journal_leads_from_the_opening_to_the_end(mode):
    improvised = 0
    for book in (BUSY, DELISTING):
        run = simulate(show(mode), policy(book), 5, 3)  # a show in which the host improvises
        improvised += len(run.tape) - run.tape.drawn
        opening = set_stage(run.scenario, run.tape).opening["stock"]
        for sku in range(3):
            path = paths(run, sku)
            for name, column in FIGURES.items():
                assert (path[name][0], path[name][-1]) == (opening[sku, column], run.stock[sku, column]), (name, sku)
            assert (np.diff(path["t"]) > 0).all()
    assert improvised, "rows of improvised cues must be among them"


@pytest.mark.parametrize("mode", MODES)
def test_no_row_makes_more_moves_than_its_kind_can(mode):
    """The room of a journal is the sum of these bounds; a run checks it once more at its end."""
    for late in ("accept", "refund"):
        run = simulate(show(mode, late=late), policy(BUSY), 5)
        by_row = run.journal.t % 2 == 0
        rows = np.searchsorted(np.sort(run.tape.t), run.journal.t[by_row])
        kinds = run.tape.kind[np.argsort(run.tape.t)]
        for kind in np.unique(kinds[rows]).tolist():
            most = np.bincount(rows[kinds[rows] == kind]).max()
            assert most <= (3 if kind == T.SYNC else MOST[kind]), T
        assert len(run.journal.t) <= most_moves(run.tape.kind, 3) + 4 * len(run.actions)
        assert set(run.actions["t"][run.actions["what"] == 3]) <= set(run.journal.t[~by_row])


def test_both_engines_keep_the_same_journal():
    stage = set_stage(show(), draw_tape(show(), 7, 0))
    one, other = play(stage, policy(BUSY)), play_oracle(stage, policy(BUSY))
    for ours, theirs in zip(one.journal, other.journal, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_attempts_that_failed_although_stock_was_shown_are_part_of_the_history():
    run = simulate(show(), policy(BUSY), 5)
    shown = [paths(run, sku)["shown_but_failed"][-1] for sku in range(3)]
    assert sum(shown) == run.stock[:, W.SHOWN_FAIL].sum() > 0


def test_a_world_without_a_journal_notes_nothing_and_one_with_it_grows():
    stage = set_stage(show(), draw_tape(show(), 7, 0))
    off, on = stage.world(make_policy("silent")), stage.world(make_policy("silent"), journal=True)
    assert len(off.moved_t) == 0
    assert with_room(off, 10) is off
    move(off, 0, 0, W.RECORD, 5)
    room = len(on.moved_t)
    grown = with_room(on, room + 7)
    assert len(grown.moved_t) >= grown.head[W.MOVES_ROOM] > room
    for k in range(room + 7):
        move(grown, k, 0, W.RECORD, 1)
    move(grown, 0, 0, W.RECORD, 0)
    assert grown.head[W.N_MOVED] == room + 7, "what changes nothing is no move"


def test_the_kinds_of_a_worlds_arrays_are_told_once():
    world = set_stage(show(), draw_tape(show(), 7, 0)).world(policy(BUSY), journal=True)
    for name, hint in get_type_hints(World, include_extras=True).items():
        _, kind, dimensions = get_args(hint)
        array = getattr(world, name)
        assert (array.dtype, array.ndim, array.flags["C_CONTIGUOUS"]) == (np.dtype(kind), dimensions, True), name


def test_nothing_else_writes_stock():
    root = Path(sim.__file__).parent
    writes = re.compile(r"\.stock\[[^=\n]*\]\s*[-+]?=[^=]")
    writers = {p.relative_to(root).as_posix() for p in root.rglob("*.py") if writes.search(p.read_text("utf-8"))}
    assert writers == {"core/moves.py"}
