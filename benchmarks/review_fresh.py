"""Reviews out of sample: what a review of one night proposes, played on fresh nights that had no part in it.

``python -m benchmarks.review_fresh [nights]`` prints a row a night and the sums: claimed and fresh gain with their intervals, how
many proposals do harm.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku
from sim.postmortem.review import CONSIDERED, consider
from sim.postmortem.sessions import rehearsed
from sim.postmortem.smallest_change import evidence, smallest_changes, verdict
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy

SEED, OTHERS, FRESH = 2026, 8, 16


def night() -> Scenario:
    """Two items that sell in bursts and deduct on payment; the room moves as recorded ones do."""
    skus = (Sku("mask", 150, "traffic"), Sku("serum", 150, "profit"))
    cues = tuple(Cue(60.0 + 300.0 * k, skus[k % 2].id, "link_drop") for k in range(4))
    return Scenario(
        "bursts", "two items in bursts", 1300.0, skus, cues, audience=Audience(900.0),
        shoppers=Shoppers(buy_rate=0.03, never_pay=0.1), ledger=Ledger("deduct_on_payment", 120.0, 10.0, "accept"),
    )  # fmt: skip


def main() -> None:
    """Print the study."""
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    profile, start = PROFILES["balanced"], time.process_time()
    policy = make_policy("fixed_count", {"units": 10.0, "emergency_share": 1.0}, playbook="freeze_only")
    proposed = harmful = agree = 0
    claimed = fresh_sum = 0.0
    for k in range(nights):
        show = replace(rehearsed(night(), SEED, 100 * k), name=f"night {k}")
        others = [rehearsed(night(), SEED, 100 * k + j) for j in range(1, OTHERS + 1)]
        smallest = smallest_changes(show, policy, profile)
        proposal = next((p for p in consider(smallest.changes[:CONSIDERED], (others, [], []), policy, profile) if p.stands), None)
        if proposal is None:
            print(f"night {k:2d}: nothing proposed ({len(smallest.changes)} changes would have saved it)", flush=True)
            continue
        fresh = [rehearsed(night(), SEED, 100 * k + 20 + j) for j in range(FRESH)]
        f, c = verdict(evidence(proposal.change, fresh, policy, profile)), proposal.claim
        within = c.low <= f.high and f.low <= c.high
        proposed, harmful, agree = proposed + 1, harmful + (f.mean < 0), agree + within
        claimed, fresh_sum = claimed + c.mean, fresh_sum + f.mean
        change = proposal.change
        print(
            f"night {k:2d}: {change.tunable.word(change.value):34s} claimed {c.mean:+7.0f} [{c.low:+.0f}, {c.high:+.0f}]  "
            f"fresh {f.mean:+7.0f} [{f.low:+.0f}, {f.high:+.0f}]  {'agree' if within else 'APART'}",
            flush=True,
        )
    n = max(proposed, 1)
    print(
        f"{proposed} of {nights} nights lead to a proposal; {harmful} of these lose on fresh nights; {agree} agree with it; "
        f"claimed {claimed / n:+.0f}, fresh {fresh_sum / n:+.0f} CNY a show (mean); cpu {time.process_time() - start:.0f} s"
    )


if __name__ == "__main__":
    main()
