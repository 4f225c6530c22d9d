"""Play many policies on one stage, running only what differs.

Until a policy first does something, its world is everyone's world: that of the silent run, the *baseline run*. So

1. every candidate's strategy and gate are run over its readings (:mod:`sim.engine.scan`) up to their first decision
   that has consequences under their playbook;
2. it is run once more, in order; where candidates fork, one of them (the *lead*) gets a copy of the world and is run
   to its end, SimPy clock, staff and host included;
3. the others that forked there with the same decision are read over the lead's readings: as long as they decide the same,
   the lead's world is theirs too; where they part from it, the next one leads.

The number of real runs is the number of distinct courses, and each Run equals ``play(stage, policy)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.engine.candidates import NO_WANT, CandidateSet, Led
from sim.engine.cursor import Cursor
from sim.engine.simulate import play
from sim.engine.twice import answered_twice
from sim.words import _
from strategies import silent
from strategies.registry import gate_settings, settings

Shared = tuple[list[int], ShowRun]
AT_ONCE, ROWS_AT_ONCE = 16, 300_000
"""Groups that are led, read along and shared together, and the rows of their tapes: compiled loops and Python read different
tables, which a processor's cache holds in turn. Of a long tape Python is a trifle, and a run's tape grows in place only while no
other one is held."""


def nobody() -> Policy:
    """The policy that says nothing: its run is the baseline."""
    return Policy(silent.STRATEGY, settings(silent.STRATEGY), gate_settings(), PLAYBOOKS["none"], "silent")


def play_all(stage: Stage, policies: Sequence[Policy], baseline: ShowRun | None = None) -> Iterator[Shared]:
    """Every policy's run, as (places in ``policies``, Run); places whose runs are identical share one Run.

    Each place comes exactly once, in no particular order. A shared Run is that of its first place: the others' differ in the
    policy and in the stock lines and lacks that their alerts record, in nothing else. ``baseline``: the silent run of the stage,
    where it is at hand.
    """
    if baseline is None:
        baseline = play(stage, nobody())
    if baseline.tape is not stage.tape or len(baseline.alerts) or len(baseline.orders) or not baseline.acting:
        raise ValueError(
            _("the run of {name!r} is no baseline; give the silent run of the same stage").format(name=baseline.policy.name)
        )
    if not policies:
        return
    candidates = CandidateSet(stage, policies)
    for members in candidates.kinds:
        # One of them a show, each in its turn: their settings differ, their code does not.
        answered_twice(stage, policies[members[stage.tape.key[1] % len(members)]], baseline.readings)
    forks: list[tuple[int, list[int]]] = []
    for members in candidates.by_playbook():
        for place, group in candidates.read(members, baseline, 0, NO_WANT):
            if place < 0:
                yield from candidates.share(group, baseline)
            else:
                forks.append((place, group))
    candidates.remember()
    forks.sort(key=lambda fork: fork[0])
    cursor = Cursor(stage, baseline.policy, candidates)
    step = max(1, min(AT_ONCE, ROWS_AT_ONCE // max(1, len(stage.tape))))
    for start in range(0, len(forks), step):
        yield from _branches(candidates, cursor, forks[start : start + step], step)


def _branches(candidates: CandidateSet, cursor: Cursor, forks: Sequence[tuple[int, list[int]]], step: int) -> Iterator[Shared]:
    """The runs of groups of candidates that forked together at a place each, in order of place; ``step`` are led at once."""
    open_groups = [(cursor.go_to(place), group, place) for place, group in forks]
    while open_groups:
        block, open_groups = open_groups[:step], open_groups[step:]
        runs = cursor.lead([(fork, group[0]) for fork, group, _at in block])
        led = [Led(group[0], group[1:], *ended, at + 1) for (_fork, group, at), ended in zip(block, runs, strict=True)]
        del runs
        parting = candidates.along([one for one in led if one.others])
        for fork, _group, _at in block:
            lead, others, run, rows, _start = led.pop(0)
            groups = parting.pop(0) if others else []
            same = [lead]
            for parted, members in groups:
                if parted < 0:
                    same += members
                else:
                    open_groups.append((fork, members, parted))
            yield from candidates.share(same, run, lead, rows) if groups else [([lead, *others], run)]
            del run  # its tape may grow for the next
