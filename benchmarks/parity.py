"""Do all paths tell the same story? Random worlds, each under several policies, by every way there is to play and to score.

    python -m benchmarks --parity [WORLDS [FIRST] | --quick]

A world (``tests/parity/worlds.py``: every mechanism on or off) is played by the oracle (a SimPy process per shopper), by the
compiled engine and by the shared prefix of a sweep, in which every run goes side by side with others as soon as it may; every
metric is counted by the compiled pass and by the readable form. One bit of difference ends it with the seed that shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.engine import Disagreement
from sim.core.policy import Policy
from sim.core.stage import set_stage
from sim.core.world import World
from sim.demand.draw import draw_tape
from sim.engine import side_by_side
from sim.engine.fork import play_all
from sim.engine.simulate import play, play_oracle
from sim.score.cost import Judge
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_policy, random_scenario

WORLDS, TOLD = 1000, 50
COUNTED = ("worlds", "runs", "alerts", "actions", "improvised cues", "shared runs", "metrics compared", "runs side by side")
LINES = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 18.0, 27.0)
"""Lines of a family in which a machine alone acts: they fork apart and have nothing pending after that."""


def policies_of(seed: int) -> list[Policy]:
    """A random one, one that improvises, one by chance, and three lines of a family that share a prefix."""
    lines = [make_policy("fixed_count", {"units": units}, playbook=EVERYTHING) for units in (5.0, 15.0, 16.0)]
    return [random_policy(seed), make_policy("smart", playbook=EVERYTHING), make_policy("random_rate", playbook="human"), *lines]


def family() -> list[Policy]:
    """Policies that go side by side."""
    settings = [{"units": units, "emergency_share": 1.0} for units in LINES]
    return [make_policy("fixed_count", one, playbook="freeze_only") for one in settings]


@contextmanager
def counted_together() -> Iterator[list[tuple[int, int]]]:
    """In here every run goes side by side with others as soon as it may; how many went together each time, and what all of them
    had said when they stopped."""
    walks: list[tuple[int, int]] = []
    making, fewest = side_by_side.compiled_abreast, side_by_side.FEWEST

    def watched(worlds: Sequence[World], fold: Any) -> int:
        spoken = making()(worlds, fold)
        walks.append((len(worlds), int(spoken)))
        return spoken

    side_by_side.FEWEST, side_by_side.compiled_abreast = 1, lambda: watched
    try:
        yield walks
    finally:
        side_by_side.FEWEST, side_by_side.compiled_abreast = fewest, making


def world(seed: int) -> np.ndarray:
    """Compare every path on one world; what there was to compare (COUNTED)."""
    scenario = random_scenario(seed)
    stage, policies = set_stage(scenario, draw_tape(scenario, seed)), policies_of(seed)
    judge = Judge(play(stage, make_policy("silent")))
    with counted_together() as walks:
        shared = {k: (places[0], run) for places, run in play_all(stage, policies) for k in places}
        for places, run in play_all(stage, lines := family()):
            if run.digest() != play(stage, lines[places[0]]).digest():
                raise Disagreement(f"world {seed}, a line of {LINES[places[0]]:g}: the runs side by side differ")
    counted = np.zeros(len(COUNTED), np.int64)
    counted[-1] = sum(n for n, _spoken in walks if n > 1)
    together = judge.table([shared[k][1] for k in range(len(policies))])
    for k, policy in enumerate(policies):
        run, (first, forked) = play(stage, policy), shared[k]
        if k < 2 and play_oracle(stage, policy).digest() != run.digest():
            raise Disagreement(f"world {seed}, {policy.name}: oracle and engine differ")
        if first == k and forked.digest() != run.digest():
            raise Disagreement(f"world {seed}, {policy.name}: the shared prefix differs")
        plain, fast = judge.readable(run), judge.score(run)
        other = dict(zip(plain, together[k].tolist(), strict=True))
        for name, value in plain.items():
            if not np.array_equal([value, value], [fast[name], other[name]], equal_nan=True):
                raise Disagreement(
                    f"world {seed}, {policy.name}: {name} is {value!r}, compiled {fast[name]!r}, shared {other[name]!r}"
                )
        grown = len(run.tape.cues) - len(stage.tape.cues)
        counted += [k == 0, 1, len(run.alerts), len(run.actions), grown, first != k, 2 * len(plain), 0]
    return counted


def main(argv: list[str] | None = None) -> int:
    """Print what was compared."""
    numbers = [int(word) for word in argv or [] if word.isdigit()]
    most = WORLDS // 10 if "--quick" in (argv or []) else WORLDS
    count, first = (numbers + [most, 0][len(numbers) :])[:2]
    total = np.zeros(len(COUNTED), np.int64)
    for k in range(count):
        total += world(first + k)
        if (k + 1) % TOLD == 0:
            print(f"{k + 1} worlds", file=sys.stderr, flush=True)
    print("Oracle, engine and shared prefix; compiled and readable scores: equal bit for bit.")
    print(", ".join(f"{name} {n:,}" for name, n in zip(COUNTED, total.tolist(), strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
