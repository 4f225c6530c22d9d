"""Rehearse: play one show many times under several policies and judge every run against nobody acting.

One replicate = one tape, drawn once and staged once; the silent baseline and every policy play the same stage, so
differences between them are paired (common random numbers). Results do not depend on the number of workers, on the order of
the policies, or on which others are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.jobs.compiling import PLAYED, compiling, warm
from sim.jobs.interrupts import deaf
from sim.jobs.serialise import Packed, pack, unpack
from sim.native import plainly
from sim.setup.policies import PolicyError, make_policy
from sim.setup.uncertain import Uncertainty
from sim.study.leaks import Mended, compare_mending, mended, net_of, open_leaks, restaged, silent_net
from sim.study.shows import Shows
from sim.study.worth import COLUMNS, SHOWS, Worth, judged_chains, sample, summarise, worth_of_show
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

    from sim.score.profiles import Profile

DEFAULT_STRATEGIES = ("manual_polling", "platform_default", "fixed_count", "window_forecast", "newsvendor_freeze", "smart")
"""What is rehearsed when nobody says what: a person, the incumbent, one line, a forecast, a decision, live signals."""
BASELINE = "silent"
BATCH = 8
"""Replicates in one task of a worker: enough that handing it over costs nothing."""
PLAIN_ROWS = 1_000_000
"""Rows, of all policies together, that are played as plain Python while others compile: 10 s at most."""

KEY = ("scenario", "strategy", "replicate")
ALERT = ("t_s", "sku", "level", "stock", "line", "heard_s", "handled_s", "episode", "verdict", "lead_s", "usable_lead_s")
"""Columns of every table, and those of the alerts."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """``scores``: one row per strategy x replicate. ``items``: the same by SKU. ``alerts``: one row per alert. ``shown``: one
    run, of the best strategy where none was asked for. ``tapes``: digest of each replicate's tape. ``leaks``: what mending the
    scenario's leaks would gain: all of them, then each alone where that beats every policy. ``chains``: one row per chain of
    alerts that was judged; ``worth``: what they say of each policy. ``shows``: stages any of its shows again."""

    scores: pd.DataFrame
    alerts: pd.DataFrame
    items: pd.DataFrame
    shown: ShowRun
    tapes: tuple[str, ...]
    leaks: tuple[Mended, ...]
    chains: pd.DataFrame
    worth: tuple[Worth, ...]
    shows: Shows


@dataclass(frozen=True)
class _Played:
    """One replicate: a score row per policy, a row per alert, a row per policy and SKU, the tape's digest, how many chains of
    alerts of each policy may be judged (in the first SHOWS shows), and the net of the silent run without any leak [CNY]; None
    where it was not played."""

    rows: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    items: list[dict[str, Any]]
    tape: str
    chains: dict[str, int]
    clean_net: float | None = None


@dataclass(frozen=True)
class _Terms:
    """What every show of a rehearsal is played by. ``clean``: the scenario without its leaks; None where it has none."""

    shows: Shows
    policies: list[Policy]
    profile: Profile
    clean: Scenario | None


def rehearse(
    scenario: Scenario,
    policies: Sequence[Policy],
    replicates: int,
    seed: int,
    profile: Profile,
    progress: Progress | None = None,
    workers: int = 1,
    shown: tuple[str, int] = ("", 0),
    uncertainty: Uncertainty | None = None,
) -> Rehearsal:
    """Play ``replicates`` shows under ``policies`` and the silent baseline.

    progress(done, of, what): called as replicates end. workers: processes; 1 stays in this one. shown: strategy ("": the one
    with the lowest mean cost) and replicate of the run to keep. uncertainty: what each show draws of its scenario's parameters.
    """
    teams = with_baseline(policies)
    tell = progress or (lambda done, of, what: None)
    tell(0, replicates, _("compiling"))
    cures, shows = open_leaks(scenario), Shows(scenario, uncertainty, seed)
    terms = _Terms(shows, teams, profile, mended(scenario, cures) if cures and replicates > 1 else None)
    played = _meanwhile(terms, lambda first: tell(1, replicates, _leader(first)))
    warm(teams, PLAYED)
    if len(played) < replicates:  # nobody's pace is what was waited for
        tell(len(played), replicates, _leader(played) if played else "")
    for batch in _batches(terms, range(len(played), replicates), workers):
        played += batch
        tell(len(played), replicates, _leader(played))
    import pandas as pd  # half a second, which the first result need not wait for

    scores = pd.DataFrame([row for p in played for row in p.rows])
    alerts = pd.DataFrame([row for p in played for row in p.alerts], columns=[*KEY, *ALERT])
    name = shown[0] or str(scores.groupby("strategy", sort=False)["J"].mean().idxmin())
    run = rerun(shows, teams, name, shown[1])
    leaks = _leaks(terms, scores, [p.clean_net for p in played], workers)
    items = pd.DataFrame([row for p in played for row in p.items])
    counts = {(name, k): n for k, p in enumerate(played) for name, n in p.chains.items()}
    judged = pd.DataFrame(_chains(terms, sample(counts), workers), columns=[*KEY, *COLUMNS])
    worth = tuple(summarise(judged, counts))
    return Rehearsal(scores, alerts, items, run, tuple(p.tape for p in played), leaks, judged, worth, shows)


def _meanwhile(terms: _Terms, tell: Callable[[list[_Played]], None]) -> list[_Played]:
    """The first show, where there is still something to compile: played as plain Python while others compile, which takes some
    seconds; a show so large that it would take longer is not. tell: hears of it at once."""
    with compiling(terms.policies, PLAYED) as others:
        if not others:
            return []
        stage, played = terms.shows.keep(0), []
        if len(stage.tape) * len(terms.policies) <= PLAIN_ROWS:
            with plainly():
                played.append(_judged(stage, terms.policies, terms.profile))
            tell(played)
        for one in others:
            one.wait()
    return played


def _chains(terms: _Terms, picked: Mapping[tuple[str, int], Sequence[int]], workers: int) -> list[dict[str, Any]]:
    """Rows of the chains picked, by policy and show, in order of the policies, then the shows."""
    numbers = sorted({k for (_, k), places in picked.items() if places})
    given = [({p.name: picked.get((p.name, k), ()) for p in terms.policies}, k) for k in numbers]
    rows = [row for chains in _spread(_chains_of, terms, given, workers) for row in chains]
    order = [p.name for p in terms.policies]
    return sorted(rows, key=lambda row: (order.index(row["strategy"]), row["replicate"]))


def _chains_of(terms: _Terms, picked: Mapping[str, Sequence[int]], replicate: int) -> list[dict[str, Any]]:
    from sim.score.cost import Judge

    stage = terms.shows(replicate)
    baseline = play(stage, terms.policies[0])
    rows = worth_of_show(stage, baseline, Judge(baseline, terms.profile), [(p, picked[p.name]) for p in terms.policies])
    return [{"scenario": stage.scenario.name, **row} for row in rows]


def _leaks(terms: _Terms, scores: pd.DataFrame, known: Sequence[float | None], workers: int) -> tuple[Mended, ...]:
    """What mending the scenario's leaks would gain beside what its policies gain, on the shows of ``scores``. known: net of each
    show without any leak, where it was played with the others."""
    nets = {str(name): part.sort_values("replicate")["net"].to_numpy() for name, part in scores.groupby("strategy", sort=False)}

    def play_silent(world: Scenario) -> np.ndarray:
        nets = {k: net for k, net in enumerate(known) if net is not None and world == terms.clean}
        left = [k for k in range(len(known)) if k not in nets]
        nets |= dict(zip(left, _spread(_silent, terms, [(world, k) for k in left], workers), strict=True))
        return np.array([nets[k] for k in range(len(known))])

    return compare_mending(terms.shows.scenario, nets, BASELINE, play_silent)


def _silent(terms: _Terms, world: Scenario, replicate: int) -> float:
    shows, kept = terms.shows, terms.shows.kept.get(replicate)
    if kept is None:
        return silent_net(world, terms.profile, shows.seed, replicate, shows.uncertainty)
    return net_of(restaged(kept, world, shows.uncertainty), terms.profile)


def _spread(task: Callable[..., Any], terms: _Terms, given: Sequence[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    """Answers of ``task`` in order, by as many processes."""
    if workers == 1:
        return (task(terms, *one) for one in given)
    from joblib import Parallel, delayed

    packed = _sent(terms)
    run = Parallel(n_jobs=workers, return_as="generator")
    with deaf():
        return run(delayed(_received)(task, packed, *one) for one in given)


def _sent(terms: _Terms) -> tuple[list[Packed], _Terms]:
    """The terms as another process can take them."""
    return [pack(p) for p in terms.policies], replace(terms, policies=[])


def _received(task: Callable[..., Any], packed: tuple[list[Packed], _Terms], *one: Any) -> Any:
    return task(replace(packed[1], policies=[unpack(p) for p in packed[0]]), *one)


def _leader(played: Sequence[_Played]) -> str:
    """The strategy with the lowest mean cost so far: a first result long before the last show."""
    total: dict[str, float] = {}
    for row in (row for p in played for row in p.rows):
        total[row["strategy"]] = total.get(row["strategy"], 0.0) + row["J"]
    name = min(total, key=lambda key: total[key])
    return _("best so far {name}, J {total:,.0f}").format(name=name, total=total[name] / len(played))


def with_baseline(policies: Sequence[Policy]) -> list[Policy]:
    """The policies behind the silent baseline, which is always first and only once."""
    others = [p for p in policies if p.name != BASELINE]
    names = [p.name for p in others]
    for name in names:
        if names.count(name) > 1:
            raise PolicyError(
                _("two strategies are called {name!r}; label them, as in strategy=[low:{name},high:{name}]").format(name=name)
            )
    return [make_policy(BASELINE), *others]


def rerun(shows: Shows, policies: Sequence[Policy], name: str, replicate: int) -> ShowRun:
    """One run again, exactly as it was: a run is too large to keep for each replicate, and milliseconds to repeat."""
    return play(shows(replicate), next(p for p in policies if p.name == name))


def _batches(terms: _Terms, replicates: range, workers: int) -> Iterator[list[_Played]]:
    """Replicates in order; with workers a batch is one task, alone it is one replicate."""
    size = 1 if workers == 1 else max(1, min(BATCH, len(replicates) // (2 * workers)))
    return _spread(_span, terms, [(list(replicates[k : k + size]),) for k in range(0, len(replicates), size)], workers)


def _span(terms: _Terms, replicates: list[int]) -> list[_Played]:
    return [_replicate(terms, k) for k in replicates]


def _replicate(terms: _Terms, replicate: int) -> _Played:
    """One show under every policy; the first one is the baseline."""
    stage = terms.shows.keep(replicate) if replicate < SHOWS else terms.shows(replicate)
    return _judged(stage, terms.policies, terms.profile, terms.clean, terms.shows.uncertainty)


def _judged(
    stage: Stage, policies: list[Policy], profile: Profile, clean: Scenario | None = None, uncertainty: Uncertainty | None = None
) -> _Played:
    from sim.score.cost import Judge

    replicate = stage.tape.key[1]
    baseline = play(stage, policies[0])
    judge = Judge(baseline, profile)
    rows, alerts, items, told = [], [], [], {}
    for policy in policies:
        run = baseline if policy is policies[0] else play(stage, policy)
        key = dict(zip(KEY, (stage.scenario.name, policy.name, replicate), strict=True))
        rows.append(key | judge.score(run))
        alerts += [key | row for row in judge.alerts(run)]
        items += [key | row for row in judge.items(run)]
        if replicate < SHOWS and run is not baseline:
            told[policy.name] = len(judged_chains(run))
    clean_net = None if clean is None else net_of(restaged(stage, clean, uncertainty), profile)
    return _Played(rows, alerts, items, stage.tape.digest(), told, clean_net)
