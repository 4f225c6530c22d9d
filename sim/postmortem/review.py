"""The review of one show 复盘: what fired, what it was worth, who is to blame, what would have saved it, what to change.

Built on stages and policies alone, so it works alike on a replicate of a rehearsal and on the closed loop of a recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.postmortem.bands import Bands
from sim.postmortem.blame import Blame, blame
from sim.postmortem.claim import Claim, claim
from sim.postmortem.counterfactual import counterfactual_alerts
from sim.postmortem.drift import Drift, drift
from sim.postmortem.idealised import without_leaks
from sim.postmortem.parameters import ReviewedShow
from sim.postmortem.show_profile import ShowProfile
from sim.postmortem.smallest_change import Change, ChangeSearch, evidence, measure, smallest_changes, verdict
from sim.score.cost import Judge
from sim.score.profiles import Profile
from sim.setup.policies import make_policy
from sim.stats.paired import Difference
from sim.study.worth import COLUMNS, Worth, judged_chains, summarise, worth_rows

CONSIDERED = 5
"""Changes, nearest first, that are played on other shows and draws until one helps there beyond chance."""
COMPARED = ("net", "gmv", "J", "oversold_units", "missed_units", "notices")
"""Figures by which the night as it was run is set beside the policy."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Proposal:
    """One change with its evidence, as rows of :func:`.smallest_change.evidence`. rows: on other shows. draws: on other draws of
    what this show's recording does not say. bounds: on this show under each bound of the demand nobody recorded. gain, luck:
    paired net after - before over the other shows, over the other draws. claim: what may be said of it. stands: whether it may be
    proposed."""

    change: Change
    rows: list[dict[str, Any]]
    draws: list[dict[str, Any]]
    bounds: list[dict[str, Any]]
    gain: Difference
    luck: Difference
    claim: Claim
    stands: bool


@dataclass(frozen=True, eq=False)
class Review:
    """Everything the page tells. row: scores of the run. alerts: one row each, of ``told``. bounds: the split under each bound
    of what nobody recorded. considered: changes with their evidence, the last one stands if any does. others: shows the evidence
    rests on. by_order: what would have been lost had the ledger deducted on order (None where it does). mended: what this show
    would have earned without its leaks, nobody acting, beyond what it did earn [CNY]; None where it has none. chains: one row
    per chain of alerts, what it was worth; worth: what they say together. night: how the policy, the night as it was run, and
    silence compare (:func:`compared`), where it is known what the team did. bands: whether a rehearsal's bands held."""

    show: ReviewedShow
    policy: Policy
    profile: Profile
    run: ShowRun
    row: dict[str, float]
    alerts: list[dict[str, Any]]
    told: int
    blame: Blame
    bounds: dict[str, Blame]
    search: ChangeSearch
    considered: list[Proposal]
    drift: list[Drift]
    earlier: list[ShowProfile]
    now: ShowProfile
    others: list[ReviewedShow]
    by_order: tuple[int, int] | None
    mended: float | None
    chains: list[dict[str, Any]]
    worth: Worth
    night: list[dict[str, Any]] = field(default_factory=list)
    bands: Bands | None = None

    @property
    def proposal(self) -> Proposal | None:
        """The nearest change that stands."""
        return next((p for p in self.considered if p.stands), None)


def review(
    show: ReviewedShow,
    policy: Policy,
    profile: Profile,
    show_profile: tuple[ShowProfile, Sequence[ShowProfile]],
    others: Sequence[ReviewedShow] = (),
    bounds: Sequence[ReviewedShow] = (),
    draws: Sequence[ReviewedShow] = (),
    most_alerts: int = 150,
    progress: Progress | None = None,
    night: Callable[[Stage], ShowRun] | None = None,
    bands: Bands | None = None,
) -> Review:
    """Review ``policy`` on ``show``.

    show_profile: of this show and of earlier ones. others: other shows, for lines one could have known and for the evidence.
    bounds: this show under other assumptions on what nobody recorded. draws: this show with other luck (payments,
    people). most_alerts: alerts that are played out. night: what the show's own team did, on a stage of it. bands: of a
    rehearsal.
    """
    judge, run = Judge(play(show.stage, make_policy("silent")), profile), play(show.stage, policy)
    smallest = smallest_changes(show, policy, profile, progress)
    split = blame(show.stage, policy, profile, [other.stage for other in others], progress)
    chains = worth_rows(show.stage, policy, run, judge, judged_chains(run), progress)
    return Review(
        show=show,
        policy=policy,
        profile=profile,
        run=run,
        row=judge.score(run),
        alerts=_alerts(judge, run, counterfactual_alerts(show.stage, run, judge, most_alerts, progress)),
        told=int((run.alerts["level"] > 0).sum()),
        blame=split,
        bounds={b.bound: _bounded(b, show, split, policy, profile, others) for b in bounds},
        search=smallest,
        considered=consider(smallest.changes[:CONSIDERED], (others, draws, bounds), policy, profile),
        drift=drift(*show_profile),
        earlier=list(show_profile[1]),
        now=show_profile[0],
        others=list(others),
        by_order=by_order(show, policy, profile),
        mended=_mended(show, profile, judge.score(run, ("net",))["net"]),
        chains=chains,
        worth=_worth(policy.name, chains),
        night=compared(bounds or [show], policy, night, profile) if night else [],
        bands=bands,
    )


def compared(
    shows: Sequence[ReviewedShow], policy: Policy, night: Callable[[Stage], ShowRun], profile: Profile
) -> list[dict[str, Any]]:  # fmt: skip
    """The policy, the night as it was run, and silence on the same shoppers: one row each and bound with net, GMV, J, oversold,
    missed units and notices."""
    rows = []
    for show in shows:
        silent = play(show.stage, make_policy("silent"))
        judge = Judge(silent, profile)
        for run in (play(show.stage, policy), night(show.stage), silent):
            row = judge.score(run)
            about = {"policy": run.policy.name, "bound": show.bound}
            rows.append(about | {key: float(row[key]) for key in COMPARED})
    return rows


def _worth(name: str, chains: list[dict[str, Any]]) -> Worth:
    rows = pd.DataFrame([{"strategy": name, **row} for row in chains], columns=["strategy", *COLUMNS])
    return summarise(rows, {(name, 0): len(chains)})[0]


def _mended(show: ReviewedShow, profile: Profile, net: float) -> float | None:
    """Net of the show without leaks in which nobody acts, less ``net``."""
    clean = without_leaks(show.stage)
    if clean is show.stage:
        return None
    return Judge(play(clean, make_policy("silent")), profile).silent_net - net


def _bounded(
    bound: ReviewedShow, show: ReviewedShow, split: Blame, policy: Policy, profile: Profile, others: Sequence[ReviewedShow]
) -> Blame:
    if bound.stage is show.stage:
        return split
    lines = split.lines if others and split.lines.known.all() else None
    return blame(bound.stage, policy, profile, [other.stage for other in others], known=lines)


def _alerts(judge: Judge, run: ShowRun, played: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each alert could have saved, beside what the score says of it."""
    judged = {(row["t_s"], row["sku"], row["level"]): row for row in judge.alerts(run)}
    return [judged[row["t_s"], row["sku"], row["level"]] | row for row in played]


def consider(
    changes: Sequence[Change],
    shows: tuple[Sequence[ReviewedShow], Sequence[ReviewedShow], Sequence[ReviewedShow]],
    policy: Policy,
    profile: Profile,
) -> list[Proposal]:
    """Changes in their order until one stands: its gain is beyond chance (:func:`.claim.claim`), and it loses neither on average
    over the other shows or other luck nor under any bound. ``shows``: other shows, other draws, bounds."""
    proposals: list[Proposal] = []
    for change in changes:
        rows, drawn, bounded = (evidence(change, part, policy, profile) for part in shows)
        gain, luck = verdict(rows), verdict(drawn)
        claimed = claim(gain, luck, len(changes))
        loses = gain.mean < 0 or luck.mean < 0 or any(r["net_after"] < r["net_before"] for r in bounded)
        proposals.append(Proposal(change, rows, drawn, bounded, gain, luck, claimed, claimed.sure and not loses))
        stands = proposals[-1].stands
        if stands:
            break
    return proposals


def by_order(show: ReviewedShow, policy: Policy, profile: Profile) -> tuple[int, int] | None:
    """Oversold and missed units had the ledger deducted on order (leak L1 closed), where it does not."""
    now = show.stage.scenario
    if now.ledger.mode != "deduct_on_payment":
        return None
    figures = measure(show.remake(replace(now, ledger=replace(now.ledger, mode="deduct_on_order"))), policy, profile)
    return figures.oversold, figures.missed
