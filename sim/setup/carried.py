"""Can a playbook be carried out in a scenario, and in time? Asked before anything is played."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.response import channel_of
from sim.score.profiles import Profile
from sim.setup.settings import SettingError
from sim.words import _
from strategies.contract import LEVEL_NAMES


def carried_out(policies: Iterable[Policy], scenario: Scenario) -> None:
    """Refuse, in one sentence, a playbook with an action for which nobody is on duty, or over a channel that is not there."""
    somebody = any(shift.operators for shift in scenario.staff.shifts)
    for policy in policies:
        if policy.strategy.name != "silent":
            _one(policy, scenario, somebody)


def _one(policy: Policy, scenario: Scenario, somebody: bool) -> None:
    for level in range(len(LEVEL_NAMES)):
        for action in policy.playbook.at(level):
            if action.by == "auto" and action.what != "notify":
                continue
            channel_of(scenario.staff, action.channel)
            if somebody or action.what == "notify":
                continue
            text = _("nobody is on duty in {scenario} to carry out {what!r} of the playbook {book!r} ({strategy}); put "
                     "somebody on duty (scenario.staff.shifts), or let a machine do it: operations=freeze_only")  # fmt: skip
            raise SettingError(
                text.format(scenario=scenario.name, what=action.what, book=policy.playbook.name, strategy=policy.name)
            )


def short_windows(policies: Iterable[Policy], scenario: Scenario, profile: Profile) -> list[str]:
    """Sentences on alerts whose window is shorter than the time their first effect takes, one for all policies alike."""
    feed, late_ones, lines = scenario.feed.stock_age_s(), dict[float, list[str]](), []
    for policy in (p for p in policies if p.strategy.name != "silent"):
        needs = [policy.playbook.reactions_s(level, scenario)[:1] for level in range(1, len(LEVEL_NAMES))]
        late = max((n[0] for n in needs if n), default=0.0) + feed
        if late > profile.horizon_s:
            late_ones.setdefault(late, []).append(policy.name)
    for late, names in late_ones.items():
        text = _("Windows of score.horizon_s={w:g} s are shorter than the {need:.0f} s an alert of {strategy} takes to its "
                 "first effect: it counts as right for trouble from {need:.0f} to {end:.0f} s after it alone.")  # fmt: skip
        lines.append(text.format(w=profile.horizon_s, need=late, strategy=", ".join(names), end=late + profile.horizon_s))
    return lines
