"""Reviews out of sample: what a review of one night proposes, played on fresh nights that had no part in it.

``python -m benchmarks.review_fresh [nights]`` prints a row a night, claimed and fresh gain with their 95 % intervals, and the
sums: how many proposals do harm, in how many the interval of fresh less claimed holds 0, and fresh over claimed with its
interval over nights.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku
from sim.postmortem.claim import Claim
from sim.postmortem.review import CONSIDERED, consider
from sim.postmortem.sessions import rehearsed
from sim.postmortem.smallest_change import evidence, smallest_changes, verdict
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.stats.paired import LEVEL, Difference, student, wilson

SEED, OTHERS, FRESH = 2026, 8, 16


def night() -> Scenario:
    """Two items that sell in bursts and deduct on payment; the room moves as recorded ones do."""
    skus = (Sku("mask", 150, "traffic"), Sku("serum", 150, "profit"))
    cues = tuple(Cue(60.0 + 300.0 * k, skus[k % 2].id, "link_drop") for k in range(4))
    return Scenario(
        "bursts", "two items in bursts", 1300.0, skus, cues, audience=Audience(900.0),
        shoppers=Shoppers(buy_rate=0.03, never_pay=0.1), ledger=Ledger("deduct_on_payment", 120.0, 10.0, "accept"),
    )  # fmt: skip


class Row(NamedTuple):
    """One proposal: the change in words, and its gain a show as claimed and as played on fresh nights."""

    night: int
    change: str
    claimed: Claim
    fresh: Difference

    @property
    def apart(self) -> tuple[float, float]:
        """The 95 % interval of fresh less claimed: both are means of their own nights, so their half-widths add in squares."""
        gap = self.fresh.mean - self.claimed.mean
        half = float(np.hypot(self.fresh.high - self.fresh.low, self.claimed.high - self.claimed.low)) / 2
        return gap - half, gap + half

    def __str__(self) -> str:
        c, f, (low, high) = self.claimed, self.fresh, self.apart
        return (f"night {self.night:2d}: {self.change:34s} claimed {c.mean:+7.0f} [{c.low:+.0f}, {c.high:+.0f}]  "
                f"fresh {f.mean:+7.0f} [{f.low:+.0f}, {f.high:+.0f}]  fresh less claimed [{low:+.0f}, {high:+.0f}]"
                f"{'' if low <= 0 <= high else '  APART'}")  # fmt: skip


def over(fresh: np.ndarray, claimed: np.ndarray) -> tuple[float, float, float]:
    """Sum of ``fresh`` over sum of ``claimed`` with its 95 % interval over nights (ratio estimator, Student).

    >>> over(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    (2.0, 2.0, 2.0)
    """
    ratio, n = fresh.sum() / claimed.sum(), len(fresh)
    error = np.sqrt(((fresh - ratio * claimed) ** 2).sum() * n / max(n - 1, 1)) / claimed.sum()
    half = student(LEVEL, max(n - 1, 1)) * error
    return float(ratio), float(ratio - half), float(ratio + half)


def summary(rows: Sequence[Row], nights: int) -> str:
    """What the proposals of so many nights come to."""
    n, harm = len(rows), sum(r.fresh.mean < 0 for r in rows)
    text = f"{n} of {nights} nights lead to a proposal"
    if not n:
        return text
    agree = sum(r.apart[0] <= 0 <= r.apart[1] for r in rows)
    below, above = (sum(test(r) for r in rows) for test in (lambda r: r.apart[1] < 0, lambda r: r.apart[0] > 0))
    claimed, fresh = (np.array([x.mean for x in part]) for part in ([r.claimed for r in rows], [r.fresh for r in rows]))
    low, high = wilson(harm, n)
    ratio, least, most = over(fresh, claimed)
    gains = f"claimed {claimed.mean():+.0f}, fresh {fresh.mean():+.0f} CNY a show"
    gains += f"; fresh over claimed {ratio:.2f} [{least:.2f}, {most:.2f}]"
    held = f"within their intervals in {agree} of {n}, fresh lower in {below}, higher in {above}"
    return f"{text}; {harm} of these lose on fresh nights [{low:.0%}, {high:.0%}]; {gains}; {held}"


def main() -> None:
    """Print the study."""
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    profile, start = PROFILES["balanced"], time.process_time()
    policy = make_policy("fixed_count", {"units": 10.0, "emergency_share": 1.0}, playbook="freeze_only")
    rows: list[Row] = []
    for k in range(nights):
        show = replace(rehearsed(night(), SEED, 100 * k), name=f"night {k}")
        others = [rehearsed(night(), SEED, 100 * k + j) for j in range(1, OTHERS + 1)]
        smallest = smallest_changes(show, policy, profile)
        proposal = next((p for p in consider(smallest.changes[:CONSIDERED], (others, [], []), policy, profile) if p.stands), None)
        if proposal is None:
            print(f"night {k:2d}: nothing proposed ({len(smallest.changes)} changes would have saved it)", flush=True)
            continue
        fresh = [rehearsed(night(), SEED, 100 * k + 20 + j) for j in range(FRESH)]
        change = proposal.change
        gain = verdict(evidence(change, fresh, policy, profile))
        rows.append(Row(k, change.tunable.word(change.value), proposal.claim, gain))
        print(rows[-1], flush=True)
    print(f"{summary(rows, nights)}; cpu {time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
