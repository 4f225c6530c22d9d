"""The shows that a desk keeps and plays again: in this process, or in workers that keep a part of them each."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple, cast

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.engine.simulate import play, play_unnoted
from sim.jobs.serialise import Packed, pack, unpack
from sim.replay.closedtape import closed_stage
from sim.replay.impute import LIKELY, Imputation
from sim.replay.whatif import stocked
from sim.score.profiles import Profile
from sim.score.scorekeeper import Scorekeeper
from sim.setup.uncertain import Uncertainty, staged
from sim.study.leaks import restaged

ROOM = 10**9
"""Bytes of kept shows, those of the world as it is and of the one that was tried last together, and of a run in each worker."""
PATIENCE_S, LATER_S = 0.05, 0.15
"""Until the first answer of a wish, and between two later ones."""
MEASURED = 8
"""Of so many new shows one is measured, after the first few."""
LISTED = 16
"""Arrays stand among the first of a list, or are not in it: long lists are of numbers and of cues."""
FIGURES = ("net", "gmv", "oversold_units", "missed_units", "notices_per_operator_hour")


class Lost(OSError):
    """A worker is gone."""


@dataclass(frozen=True)
class Rehearsed:
    """Shows of a scenario."""

    uncertainty: Uncertainty | None
    seed: int

    def __call__(self, world: Scenario, number: int, known: Stage | None = None) -> Stage:
        """known: the same show in another world."""
        if known is None:
            return staged(world, self.uncertainty, self.seed, number)
        return restaged(known, world, self.uncertainty)


@dataclass(frozen=True, eq=False)
class Recorded:
    """Draws of what a recording does not say, in its likely bound. base: the recording as a scenario. shop: the world behind
    it."""

    imputation: Imputation
    base: Scenario
    shop: Scenario | None
    seed: int

    def __call__(self, world: Scenario, number: int, _known: Stage | None = None) -> Stage:
        tried = {k.id: k.stock for k, was in zip(world.skus, self.base.skus, strict=True) if k.stock != was.stock}
        stream, _said = stocked(self.imputation.stream, tried or None)
        return closed_stage(stream, self.imputation, LIKELY, self.seed, number, world.feed, self.shop)


class DeskRow(NamedTuple):
    """One show under every policy. story: plain data of a timeline, of the first show under the first policy."""

    number: int
    scores: list[dict[str, float]]
    story: dict[str, Any] | None


class DeskRows(NamedTuple):
    """Rows, and how many shows this part of them can keep."""

    rows: list[DeskRow]
    fits: int


class KeptRun(NamedTuple):
    """What came of a show under a policy. story: plain data of its timeline, of the first show under the first policy."""

    policy: Policy
    scores: dict[str, float]
    story: dict[str, Any] | None


class KeptShows:
    """Shows ``first``, ``first + step``, ... of a world, each drawn once, with what counts its runs. room: bytes."""

    def __init__(
        self, show: Scenario, draw: Callable[..., Stage], profile: Profile, tell: Callable[..., Any],
        first: int = 0, step: int = 1, room: int = ROOM,
    ) -> None:  # fmt: skip
        self.show, self.draw, self.profile, self.tell = show, draw, profile, tell
        self.first, self.step, self.room = first, step, room
        self.own: dict[int, tuple[Stage, Scorekeeper]] = {}
        self.other: tuple[Scenario, dict[int, tuple[Stage, Scorekeeper]]] = show, self.own
        self.played: dict[tuple[bool, int, int], KeptRun] = {}
        self.sizes: list[int] = []
        self.passing = 0  # bytes of the largest run while it is counted
        self.fits = 1 << 30

    def play(self, world: Scenario, policies: Sequence[Policy], shows: int) -> Iterator[DeskRow]:
        """Those of ``shows`` that are this part's and fit in."""
        kept = self._kept(world)
        for number in range(self.first, shows, self.step):
            place = number // self.step
            if place >= self.fits:
                return
            if new := number not in kept:
                kept[number] = self._drawn(world, number)
            measured = new and (len(self.sizes) < MEASURED or place % MEASURED == 0)
            runs = [
                self._played(kept is self.own, number, k, *kept[number], policy, measured) for k, policy in enumerate(policies)
            ]
            if measured:
                self.sizes.append(size_of(kept[number]))
                # Two worlds are kept: the one as it is and the last that was tried; what a host improvised hangs on a stage too.
                room = max(0, self.room - self.passing) // 2
                fits = max(1, room * len(self.sizes) // max(1, sum(self.sizes)))
                # Another world is told by the shows that the own one was told by, or by fewer: figures are compared.
                self.fits = fits if kept is self.own else min(self.fits, fits)
            yield DeskRow(number, [one.scores for one in runs], runs[0].story)

    def _played(
        self, own: bool, number: int, k: int, stage: Stage, keeper: Scorekeeper, policy: Policy, measured: bool
    ) -> KeptRun:
        """A show under policy number ``k``: played where that is not the one it met last. measured: with what the run takes."""
        before = self.played.get((own, number, k))
        if before is not None and same(before.policy, policy):
            return before
        # A timeline needs every change of stock noted.
        run = play(stage, policy) if number == k == 0 else play_unnoted(stage, policy)
        story = self.tell(run) if number == k == 0 else None
        kept = self.played[own, number, k] = KeptRun(policy, keeper.score(run, FIGURES), story)
        whole = size_of((stage, keeper, run)) if measured else 0
        keeper.rested()  # it remembers the last run, and the tape that grew to: nobody asks for them again
        if measured:
            self.passing = max(self.passing, whole - size_of((stage, keeper)))
        return kept

    def _kept(self, world: Scenario) -> dict[int, tuple[Stage, Scorekeeper]]:
        """Shows of a world that were drawn before: those it began with, and those of the last one that was tried."""
        if world == self.show:
            return self.own
        if self.other[0] != world:
            self.other = world, {}
            self.played = {key: one for key, one in self.played.items() if key[0]}
        return self.other[1]

    def _drawn(self, world: Scenario, number: int) -> tuple[Stage, Scorekeeper]:
        stage = self.draw(world, number, self.own[number][0] if number in self.own else None)
        return stage, Scorekeeper(stage.tape, stage.scenario, self.profile)


def same(one: Policy, other: Policy) -> bool:
    """Whether two policies play alike."""
    arrays = np.array_equal(one.params, other.params) and np.array_equal(one.gate, other.gate)
    return arrays and (one.strategy, one.playbook, one.label) == (other.strategy, other.playbook, other.label)


def size_of(thing: Any, seen: set[int] | None = None) -> int:
    """Bytes of the arrays that hang on something, each counted once."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.nbytes if thing.base is None else size_of(thing.base, seen)
    if isinstance(thing, Mapping):
        return sum(size_of(v, seen) for v in thing.values())
    if isinstance(thing, tuple | list):
        return sum(size_of(v, seen) for v in thing[:LISTED])
    return sum(size_of(v, seen) for v in vars(thing).values()) if hasattr(thing, "__dict__") else 0


def in_batches(rows: Iterator[DeskRow], part: KeptShows, stopped: Callable[[], bool]) -> Iterator[DeskRows]:
    """Rows of one part as they come, now and then; it ends without where ``stopped`` says so."""
    held: list[DeskRow] = []
    due = time.perf_counter() + PATIENCE_S
    for row in rows:
        if stopped():
            return
        held.append(row)
        if time.perf_counter() > due:
            yield DeskRows(held, part.fits)
            held, due = [], time.perf_counter() + LATER_S
    yield DeskRows(held, part.fits)


# -- workers ------------------------------------------------------------------------------------------------------


class Wish(NamedTuple):
    """What is to be played. number: later ones have higher ones."""

    number: int
    world: Scenario
    policies: list[Packed]
    shows: int


class Workers:
    """Processes that keep a part of the shows each. A new wish drops the older one."""

    def __init__(self, count: int, given: Sequence[Any]) -> None:
        context = get_context("spawn")
        self.lines: list[Connection] = []
        self.processes = []
        self.number = 0
        for k in range(count):
            here, there = context.Pipe()
            process = context.Process(target=work, args=(there, *given, k, count), daemon=True)
            process.start()
            there.close()
            self.lines.append(here)
            self.processes.append(process)

    def play(self, world: Scenario, policies: Sequence[Policy], shows: int, stopped: Callable[[], bool]) -> Iterator[DeskRows]:
        """Batches of all workers as they come; :class:`Lost` where one is gone."""
        self.number += 1
        wish = Wish(self.number, world, [pack(p) for p in policies], shows)
        waiting, fits = set(self.lines), dict[Connection, int]()
        try:
            for line in self.lines:
                line.send(wish)
            while waiting:
                if stopped():
                    return
                rows: list[DeskRow] = []
                for ready in wait(list(waiting), PATIENCE_S):
                    line = cast(Connection, ready)
                    number, batch, last = line.recv()
                    if number != wish.number:
                        continue
                    fits[line] = batch.fits
                    rows += batch.rows
                    if last:
                        waiting.discard(line)
                if rows or not waiting:
                    yield DeskRows(rows, min(fits.values()) * len(self.lines))
        except (EOFError, OSError) as error:
            raise Lost(str(error)) from error

    def close(self) -> None:
        """End them."""
        for line in self.lines:
            line.close()
        for process in self.processes:
            process.join(5)


def work(line: Connection, show: Scenario, draw: Any, profile: Profile, tell: Any, room: int, first: int, step: int) -> None:
    """A worker: plays the latest wish and answers as it goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    part = KeptShows(show, draw, profile, tell, first, step, room // step)
    try:
        while True:
            wish = line.recv()
            while line.poll():
                wish = line.recv()
            rows = part.play(wish.world, [unpack(p) for p in wish.policies], wish.shows)
            for batch in in_batches(rows, part, line.poll):
                line.send((wish.number, batch, False))
            if not line.poll():
                line.send((wish.number, DeskRows([], part.fits), True))
    except (EOFError, OSError):  # the desk is closed
        return
