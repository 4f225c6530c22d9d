"""What alerts were worth: every chain of them left out, the same show played again, and the difference in net.

A chain is all that was said about one item from the first alert to the all-clear (:mod:`sim.score.chains`). Its worth is what the
show earned less what it would have earned without it, staff and machines included [CNY]. Chains share a host, a staff and
shoppers who go from one item to another, so their worths need not add up to what all of them earned together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.policy import Policy
from sim.core.response import NOTIFY, WHAT_NAMES
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.core.units import US
from sim.engine.simulate import play, play_without
from sim.score.chains import Chain, chains
from sim.score.cost import Judge
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

SHOWS = 5
"""Shows of a rehearsal whose chains are judged, the first ones."""
MOST = 200
"""Most chains that a rehearsal judges, of all policies together."""
MATTERS = 10
"""An alert whose worth is within this many times what handling a notice costs (ca) did not matter."""
USEFUL, HARMFUL, NO_MATTER = "useful", "harmful", "no matter"
COLUMNS = ("t_s", "end_s", "sku", "level", "alerts", "orders", "worth_cny", "worth")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Worth:
    """What the alerts of one policy were worth. chains: of its shows, plain notices left out; judged: of these, a sample. cny:
    what they earned, mean over shows, scaled up from the sample [CNY a show]; NaN where nothing was judged. useful, harmful,
    no_matter: judged chains by worth."""

    strategy: str
    shows: int
    chains: int
    judged: int
    cny: float
    useful: int
    harmful: int
    no_matter: int


def judged_chains(run: ShowRun) -> list[Chain]:
    """The chains of a run in which anybody was to do more than take notice."""
    book = run.policy.playbook
    acts = {
        (machine, level)
        for level in range(1, 4)
        for a in book.at(level)
        if WHAT_NAMES.index(a.what) != NOTIFY
        for machine in (False, True)
        if machine == (a.by == "auto")
    }
    return [c for c in chains(run) if not acts.isdisjoint(c.levels)]


def worth(cny: float, ca: float) -> str:
    """A chain's worth in words. ca: what handling one notice costs [CNY].

    >>> worth(16.0, 1.5), worth(-16.0, 1.5), worth(15.0, 1.5)
    ('useful', 'harmful', 'no matter')
    """
    if abs(cny) <= MATTERS * ca:
        return NO_MATTER
    return USEFUL if cny > 0 else HARMFUL


def worth_rows(
    stage: Stage, policy: Policy, run: ShowRun, judge: Judge, picked: Iterable[Chain], progress: Progress | None = None
) -> list[dict[str, Any]]:
    """One row per chain (COLUMNS): the show played again without it. ``run``: of ``policy`` on ``stage``."""
    earned, skus = judge.score(run, ("net",))["net"], run.scenario.skus
    rows, every = [], list(picked)
    for k, c in enumerate(every):
        if progress:
            progress(k, len(every), _("chains of alerts"))
        cny = earned - judge.score(play_without(stage, policy, (c.sku, c.t)), ("net",))["net"]
        end = c.end / US if c.end >= 0 else float("nan")
        rows.append(dict(zip(COLUMNS, (c.t / US, end, skus[c.sku].id, c.level, c.alerts, c.orders, cny,
                                       worth(cny, judge.profile.ca)), strict=True)))  # fmt: skip
    return rows


def sample(counts: Mapping[tuple[str, int], int], most: int = MOST) -> dict[tuple[str, int], list[int]]:
    """Places of the chains to judge, by (policy, show). counts: chains there are. Every policy gets an equal part of ``most``;
    what one leaves over goes to the others; a policy's chains are taken at even steps through its shows.

    >>> {key: len(places) for key, places in sample({("a", 0): 3, ("b", 0): 50, ("b", 1): 50}, 20).items()}
    {('a', 0): 3, ('b', 0): 8, ('b', 1): 9}
    """
    total: dict[str, int] = {}
    for (name, _show), n in counts.items():
        total[name] = total.get(name, 0) + n
    quota = _shares(total, most)
    chosen: dict[tuple[str, int], list[int]] = {key: [] for key in counts}
    for name, of in total.items():
        places = [(key, k) for key, n in counts.items() if key[0] == name for k in range(n)]
        for at in np.unique((np.arange(quota[name]) + 0.5) * of / max(quota[name], 1)).astype(int).tolist():
            key, k = places[at]
            chosen[key].append(k)
    return chosen


def _shares(total: Mapping[str, int], most: int) -> dict[str, int]:
    """How many of each may be taken, smallest first, so that what they leave goes to the larger ones."""
    left, shares = most, {}
    order = sorted(total, key=lambda name: total[name])
    for k, name in enumerate(order):
        shares[name] = min(total[name], left // (len(order) - k))
        left -= shares[name]
    return shares


def summarise(rows: pd.DataFrame, counts: Mapping[tuple[str, int], int]) -> list[Worth]:
    """What every policy's alerts were worth. rows: of :func:`worth_rows` with a column ``strategy``. counts: as in
    :func:`sample`."""
    worths = []
    for name in dict.fromkeys(key[0] for key in counts):
        shows, of = sum(key[0] == name for key in counts), sum(n for key, n in counts.items() if key[0] == name)
        own = rows[rows["strategy"] == name]
        cny = float(own["worth_cny"].mean()) * of / shows if len(own) else (0.0 if of == 0 else float("nan"))
        words = [int((own["worth"] == word).sum()) for word in (USEFUL, HARMFUL, NO_MATTER)]
        worths.append(Worth(name, shows, of, len(own), cny, *words))
    return worths


def worth_of_show(
    stage: Stage, baseline: ShowRun, judge: Judge, picked: Sequence[tuple[Policy, Sequence[int]]]
) -> list[dict[str, Any]]:
    """Rows of some policies' chains in one show; picked: policies with the places of their chains among :func:`judged_chains`."""
    rows = []
    for policy, places in picked:
        if places:
            run = play(stage, policy)
            every = judged_chains(run)
            key = {"strategy": policy.name, "replicate": baseline.tape.key[1]}
            rows += [key | row for row in worth_rows(stage, policy, run, judge, [every[k] for k in places])]
    return rows
