"""What each alert could still have saved: one show played with and without its actions, the same shoppers each time.

For alert k about an item, sent at t:

saved   = loss when k is ignored (all else as planned) - loss as it was: what it did save, beyond what the other alerts did.
could   = loss when k and all later alerts about the item are ignored - the same, but k is acted on in the same moment: what k
          alone could still have saved at t, had its actions been instant. All-clears are carried out in both.

Up to t the runs are one, so an alert is judged by nothing that it could not have changed. Losses are oversold and missed units
of the whole show and its cost J, so harm done to other items counts too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.core.policy import Policy
from sim.core.response import NOTIFY, WHAT_NAMES
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.core.units import US
from sim.engine.control import TO_MACHINE
from sim.engine.simulate import play
from sim.engine.whatif import AS_PLANNED, AT_ONCE, IGNORED, Heed
from sim.postmortem.losses import losses
from sim.score.cost import Judge
from sim.words import _

MOST = 150
"""Alerts that are played out, the first ones; a show with more has a noise problem to be solved first."""
CENT = 0.005
SAVED, COULD, HARM, NEITHER, NOTICE = "saved units", "could have saved", "did harm", "nothing to save", "a notice only"
"""What an alert was worth. Its actions changed what was lost and lowered the cost; would have, if instant; changed it and raised
the cost; changed no unit; it has none."""
COLUMNS = ("alert", "t_s", "sku", "level", "stock", "line", "worth", "saved_oversold", "saved_missed", "saved_cny",
           "could_oversold", "could_missed", "could_cny")  # fmt: skip
Progress = Callable[[int, int, str], None]
Loss = tuple[int, int, float]


def counterfactual_alerts(
    stage: Stage, run: ShowRun, judge: Judge, most: int = MOST, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """One row per alert (COLUMNS), in order of time; all-clears are not alerts. ``run``: of its policy on ``stage``."""
    told = [k for k, level in enumerate(run.alerts["level"].tolist()) if level > 0][:most]
    actual, rows = _loss(run, judge), []
    for done, k in enumerate(told):
        if progress:
            progress(done, len(told), _("alerts"))
        rows.append(_about(stage, run, judge, k, actual))
    return rows


def _about(stage: Stage, run: ShowRun, judge: Judge, k: int, actual: Loss) -> dict[str, Any]:
    a, policy = run.alerts[k], run.policy
    key = {"alert": k, "t_s": float(a["t"]) / US, "sku": run.scenario.skus[a["sku"]].id, "level": int(a["level"]),
           "stock": float(a["stock"]), "line": float(a["line"])}  # fmt: skip
    saved = could = (0, 0, 0.0)
    acts = has_actions(policy, int(a["level"]))
    if acts:
        saved = _less(_what_if(stage, policy, judge, ignoring(run, k)), actual)
        never, once = (alone(run, k, first) for first in (IGNORED, AT_ONCE))
        could = _less(_what_if(stage, policy, judge, never), _what_if(stage, policy, judge, once))
    names = ("oversold", "missed", "cny")
    row = {f"{word}_{n}": v for word, values in (("saved", saved), ("could", could)) for n, v in zip(names, values, strict=True)}
    return key | {"worth": worth(acts, saved, could)} | row


def has_actions(policy: Policy, level: int) -> bool:
    """Whether an alert of this level makes anybody do anything."""
    return any(WHAT_NAMES.index(a.what) != NOTIFY for a in policy.playbook.at(level))


def worth(acts: bool, saved: Loss, could: Loss) -> str:
    """An alert's worth in words; one that changed no unit only cost its handling.

    >>> worth(True, (0, -3, -40.0), (2, 0, 25.0)), worth(True, (0, 0, -1.5), (0, 0, 0.0))
    ('could have saved', 'nothing to save')
    """
    if not acts:
        return NOTICE
    (a, b, gain), (c, d, possible) = saved, could
    if (a or b) and gain > CENT:
        return SAVED
    if (c or d) and possible > CENT:
        return COULD
    return HARM if (a or b) and gain < -CENT else NEITHER


def with_it(run: ShowRun, k: int) -> frozenset[int]:
    """Numbers of alert ``k`` and of the orders to machines that the same reading of its item brought."""
    a, o = run.alerts[k], run.orders
    return frozenset([k, *(TO_MACHINE - np.flatnonzero((o["t"] == a["t"]) & (o["sku"] == a["sku"]))).tolist()])


def ignoring(run: ShowRun, k: int) -> Heed:
    """Nobody acts on alert ``k``, nor any machine on the reading behind it."""
    chain = with_it(run, k)
    return lambda number, sku, level: IGNORED if number in chain else AS_PLANNED


def alone(run: ShowRun, k: int, first: int) -> Heed:
    """Of what is decided about one SKU from ``k`` on nothing is acted on, but ``k`` itself as ``first`` says."""
    about, chain = int(run.alerts["sku"][k]), with_it(run, k)
    earlier = TO_MACHINE - int(np.searchsorted(run.orders["t"], run.alerts["t"][k]))

    def heed(number: int, sku: int, level: int) -> int:
        before = number > earlier if number <= TO_MACHINE else number < k
        if sku != about or level == 0 or before:
            return AS_PLANNED
        return first if number in chain else IGNORED

    return heed


def _what_if(stage: Stage, policy: Policy, judge: Judge, heed: Heed) -> Loss:
    return _loss(play(stage, policy, heed=heed), judge)


def _loss(run: ShowRun, judge: Judge) -> Loss:
    return (*losses(run, judge.profile).total, judge.score(run)["J"])


def _less(before: Loss, after: Loss) -> Loss:
    return before[0] - after[0], before[1] - after[1], before[2] - after[2]
