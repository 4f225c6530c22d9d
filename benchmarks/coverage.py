"""Do intervals and certificates keep their word? Studies of known laws, judged as the verbs judge theirs.

    python -m benchmarks.coverage [--quick]

prints the tables of docs/background/coverage.md: how often the interval of a mean holds the truth; how often a table of six equal
strategies calls somebody worse; how often a limit is certified that a candidate just breaks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.demand.streams import stream
from sim.score.profiles import LIMITS, Limits
from sim.stats.certify import CERTIFIED, NEEDED, in_worst_world
from sim.stats.paired import half_width, student
from sim.stats.selection import WORSE, standings

CERTIFIED_LIMITS = ("seller_cancel_rate", "session_oversold", "missed_rate", "notices_per_operator_hour")
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
LOSS = 30.0
"""What a shock costs, in standard deviations of an ordinary show."""


class Law(NamedTuple):
    """name; draw(rng, shape): figures of shows; mean: theirs; p: share of shows that hold a shock, and edge: what a figure of
    theirs exceeds. Where p is below 3 / n a shock may be unseen, as every table says, and only samples that hold one count."""

    name: str
    draw: Draw
    mean: float
    p: float = 1.0
    edge: float = -np.inf


def shock(p: float) -> Law:
    """An ordinary show is normal, and ``p`` of them lose LOSS more."""
    return Law(f"shock in {100 * p:g} % of shows", lambda rng, s: rng.normal(size=s) + LOSS * (rng.random(s) < p), LOSS * p,
               p, LOSS / 2)  # fmt: skip


def two_point(p: float) -> Law:
    """1 in ``p`` of shows, else 0."""
    return Law(f"two-point {100 * p:g} %", lambda rng, s: (rng.random(s) < p) * 1.0, p, p, 0.5)


NAMED = (
    shock(0.02), shock(0.05), shock(0.15),
    Law("normal", lambda rng, s: rng.normal(size=s), 0.0),
    Law("lognormal, sd 1", lambda rng, s: np.exp(rng.normal(size=s)), float(np.exp(0.5))),
    two_point(0.05), two_point(0.15), two_point(0.5),
    Law("gamma-Poisson", lambda rng, s: rng.poisson(rng.gamma(0.5, 4.0, s)) * 1.0, 2.0),
)  # fmt: skip
OWN = (
    Law("Pareto, index 2.5", lambda rng, s: rng.pareto(2.5, s), 1 / 1.5),
    Law("half the shows nothing, else gamma", lambda rng, s: rng.gamma(1.5, 1.0, s) * (rng.random(s) < 0.5), 0.75),
)
"""Of our own: a tail without a fourth moment, and shows of which half have nothing to lose."""
LAWS = (*NAMED, *OWN)
SHARES = (LAWS[3], LAWS[4], LAWS[5], LAWS[6], LAWS[7], LAWS[8])
"""Laws of a rate: normal, lognormal, two-point 5, 15 and 50 %, gamma-Poisson."""


def covered(law: Law, shows: int, studies: int, seed: int = 1) -> tuple[float, float]:
    """Share of studies whose 95 % interval holds the mean: Student's, and that of all tables."""
    rng = stream(seed, "coverage", law.name, shows)
    values = law.draw(rng, (studies, shows))
    values = values[(values > law.edge).any(1)] if law.p < 3 / shows else values
    error = np.abs(values.mean(1) - law.mean)
    plain = student(0.95, shows - 1) * values.std(1, ddof=1) / np.sqrt(shows)
    halves = np.array([half_width(row) for row in values])
    return float((error <= plain).mean()), float((error <= halves).mean())


def called_worse(law: Law, shows: int, studies: int, seed: int = 2, rivals: int = 6, common: float = 2.0) -> float:
    """Share of tables of equal strategies in which somebody is called worse; ``common``: sd of what all share in a show."""
    rng, wrong = stream(seed, "worse", law.name, shows), 0
    for _ in range(studies):
        values = law.draw(rng, (shows, rivals)) + common * rng.normal(size=(shows, 1))
        wrong += any(s.state == WORSE for s in standings(values, 1e-9).standings)
    return wrong / studies


def certified_falsely(law: Law, limit: str, shows: int, studies: int, seed: int = 3) -> float:
    """Share of studies that certify one limit, where the candidate just breaks it (by a hundredth)."""
    rng, wrong = stream(seed, "certify", law.name, limit, shows), 0
    bound = getattr(LIMITS["platform" if limit == "seller_cancel_rate" else "strict"], limit)
    limits = Limits("one", **{name: bound if name == limit else None for name in CERTIFIED_LIMITS})
    for _ in range(studies):
        rows = shows_at(law, limit, 1.01 * bound, shows, rng)
        wrong += in_worst_world(rows, limits, 0.95)[0].state == CERTIFIED
    return wrong / studies


def shows_at(law: Law, limit: str, truth: float, shows: int, rng: np.random.Generator) -> np.ndarray:
    """Shows of one candidate in one world whose figure has the mean ``truth``: float64 [1, show, 1, NEEDED]."""
    sums = dict.fromkeys(NEEDED, np.zeros(shows))
    sums["settled_orders"] = 400.0 + 200.0 * rng.random(shows)
    size = np.maximum(law.draw(rng, (shows,)) + (3.0 if law.name == "normal" else 0.0), 0.0)
    size = truth * size / (law.mean + (3.0 if law.name == "normal" else 0.0))
    if limit == "session_oversold":
        sums[limit] = (rng.random(shows) < truth) * 1.0
    elif limit == "notices_per_operator_hour":
        sums[limit] = size
    else:
        share = np.minimum(size, 1.0)
        sums["cancelled_orders" if limit == "seller_cancel_rate" else "avoidable_units"] = share * sums["settled_orders"]
        sums["sold_units"] = (1 - share) * sums["settled_orders"]
    return np.stack([sums[name] for name in NEEDED], -1)[None, :, None, :]


def main(words: list[str] | None = None) -> int:
    """Print the three tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the studies")
    part = 10 if parser.parse_args(words).quick else 1
    _print("interval of a mean holds it, 95 % promised (Student's / ours)", LAWS, (12, 30, 50, 200), 4000 // part,
           lambda law, n, m: "{:.1f} / {:.1f}".format(*(100 * x for x in covered(law, n, m))))  # fmt: skip
    _print("six equal strategies: tables in which somebody is called worse, at most 5 % promised", LAWS, (12, 30, 50, 200),
           2000 // part, lambda law, n, m: f"{100 * called_worse(law, n, m):.1f}")  # fmt: skip
    for limit in CERTIFIED_LIMITS:
        laws = SHARES[:1] if limit == "session_oversold" else SHARES
        _print(f"limit {limit}, broken by a hundredth: certified falsely, at most 6 % promised", laws, (30, 60, 200),
               1000 // part, lambda law, n, m, limit=limit: f"{100 * certified_falsely(law, limit, n, m):.1f}")  # fmt: skip
    return 0


def _print(title: str, laws: tuple[Law, ...], sizes: tuple[int, ...], studies: int, cell: Callable[..., str]) -> None:
    print(f"\n{title}; {studies:,} studies a cell, standard error at 5 %: {100 * np.sqrt(0.05 * 0.95 / studies):.1f} points\n")
    print("| law | " + " | ".join(f"{n} shows" for n in sizes) + " |\n| --- |" + " ---: |" * len(sizes))
    for law in laws:
        print(f"| {law.name} | " + " | ".join(cell(law, n, studies) for n in sizes) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
