"""Search, judge, confirm: on costs whose answer is known, without a simulator, and on the newsvendor's freeze."""

from __future__ import annotations

import numpy as np
import pytest

from sim.demand.streams import stream
from sim.jobs.storage import open_study
from sim.jobs.trials import JUDGE_FROM
from sim.score.cost import CORE
from sim.score.profiles import LIMITS
from sim.setup.design import Axis
from sim.setup.space import Maker
from sim.stats.robust import merit
from sim.study.search import BATCH, SearchPlan, broken
from sim.study.tune import CONFIRM_FROM, Judging, dominated, finalists_of, pseudo, same, starts, tune
from strategies import registry
from strategies.gate import GATE_PARAMS

UNITS, SHARE = "strategy.fixed_count.units", "strategy.percent_of_stock.share"
SPACE = {"fixed_count": [Axis(UNITS, 1, 300, whole=True), Axis("gate.cooldown_s", values=(30, 60))],
         "percent_of_stock": [Axis(SHARE, 0.01, 0.9, log=True)]}  # fmt: skip
J = CORE.index("J")


def config(*names: str) -> dict:
    """What the command line composes for these strategies at their defaults."""
    strategies = {n: {"name": n, **{p.name: None for p in registry.load(n).params}, "by_tier": {}} for n in names}
    return {"strategy": strategies, "gate": {p.name: None for p in GATE_PARAMS}, "operations": {"name": None}}


def makers(space=SPACE) -> dict[str, Maker]:
    settings = config(*space)
    return {family: Maker(settings, family) for family in space}


class Fake:
    """Costs with a known best setting and noise of shows shared by all candidates; counts who was asked for what."""

    def __init__(self, noise: float = 5.0, worlds: int = 1, fail_after: int = -1) -> None:
        self.noise, self.worlds, self.fail_after, self.asked = noise, worlds, fail_after, []

    def cost(self, candidate, world: int) -> float:
        s = candidate.settings
        if candidate.family == "fixed_count":
            return 100.0 + 0.01 * (s.get(UNITS, 100) - 180 - 20 * world) ** 2 + (s.get("gate.cooldown_s", 60) == 30) * 3.0
        return 130.0 + 200.0 * abs(np.log(s.get(SHARE, 0.2) / 0.1))

    def __call__(self, candidates, replicates):
        self.asked.append((len(candidates), replicates))
        if len(self.asked) == self.fail_after:
            raise KeyboardInterrupt
        rows = np.zeros((self.worlds, len(replicates), len(candidates), len(CORE)))
        for w in range(self.worlds):
            for r, number in enumerate(replicates):
                night = stream(7, w, number).standard_normal(1 + len(candidates))
                for c, candidate in enumerate(candidates):
                    rows[w, r, c, J] = self.cost(candidate, w) + self.noise * night[0]
        return rows


PLAN = SearchPlan(trials=72, shows=32, seed=3, metrics=CORE)
JUDGING = Judging(finalists=4, shows=60, confirm=30, delta=0.5)


def test_finds_the_known_best_and_keeps_the_three_sets_of_shows_apart():
    fake = Fake()
    tuned = tune(makers(), SPACE, fake, PLAN, JUDGING)
    assert tuned.best.family == "fixed_count"
    assert abs(tuned.best.settings[UNITS] - 180) <= 8
    assert tuned.best.settings["gate.cooldown_s"] == 60
    seen = [set(r) for _, r in fake.asked]
    search = set().union(*(s for s in seen if min(s) < JUDGE_FROM))
    judged = set().union(*(s for s in seen if JUDGE_FROM <= min(s) < CONFIRM_FROM))
    confirmed = set().union(*(s for s in seen if min(s) >= CONFIRM_FROM))
    assert max(search) < PLAN.shows
    assert not judged & search
    assert not confirmed & judged
    assert tuned.confirmed.shape == (1, JUDGING.confirm, 2, len(CORE))
    assert tuned.start.settings == {}


def test_hopeless_settings_are_dropped_before_they_have_played_every_show():
    search = tune(makers(), SPACE, Fake(), PLAN, JUDGING)
    shows = [t.shows for t in search.tried]
    assert min(shows) < PLAN.shows
    best = min(search.tried, key=lambda t: t.values)
    assert best.shows == PLAN.shows
    # What a dropped one would have cost is estimated by its difference to the incumbent: without noise of its own, exactly.
    fake = Fake()
    for t in search.tried:
        assert t.values[0] - best.values[0] == pytest.approx(fake.cost(t.candidate, 0) - fake.cost(best.candidate, 0), abs=1e-9)


SHORT = SearchPlan(trials=24, shows=32, seed=3, metrics=CORE)


@pytest.fixture(scope="module")
def whole():
    return tune(makers(), SPACE, Fake(), SHORT, JUDGING)


@pytest.mark.parametrize("after", [1, 3, 6])
def test_an_interrupted_search_ends_as_if_it_had_not_been(tmp_path, whole, after):
    """In a database as in memory, whatever was being played when it stopped."""
    plan, broken = SHORT, tmp_path / "broken.db"
    with pytest.raises(KeyboardInterrupt):
        tune(makers(), SPACE, Fake(fail_after=after), plan, JUDGING, database=broken)
    again = tune(makers(), SPACE, Fake(), plan, JUDGING, database=broken)
    assert [(t.number, dict(t.candidate.settings), t.values, t.shows) for t in again.tried] == [
        (t.number, dict(t.candidate.settings), t.values, t.shows) for t in whole.tried
    ]
    assert again.best.name == whole.best.name
    assert len(again.tried) % BATCH == 0


@pytest.mark.parametrize(("robust", "units"), [("mean", 190), ("worst", 190), ("regret", 190), ("cvar", 190)])
def test_two_scenarios_pull_the_answer_between_them(robust, units):
    space = {"fixed_count": SPACE["fixed_count"]}
    plan = SearchPlan(trials=64, shows=16, seed=3, metrics=CORE, robust=robust, alpha=0.5)
    search = tune(makers(space), space, Fake(noise=0.1, worlds=2), plan, JUDGING)
    assert abs(search.best.settings[UNITS] - units) <= 12


def test_first_settings_are_tried_first():
    search = tune(makers(), SPACE, Fake(), PLAN, JUDGING, [("percent_of_stock", {SHARE: 0.2})])
    assert dict(search.tried[0].candidate.settings) == {SHARE: 0.2}


def test_limits_come_before_cost():
    """Below 200 units this shop oversells more than any limit allows, so the cheapest setting is not the recommended one."""
    rate, paid = CORE.index("cancelled_orders"), CORE.index("settled_orders")

    class Leaky(Fake):
        def __call__(self, candidates, replicates):
            returned = super().__call__(candidates, replicates)
            returned[..., paid] = 1000.0
            for c, candidate in enumerate(candidates):
                returned[:, :, c, rate] = max(0.0, 200.0 - candidate.settings.get(UNITS, 100))
            return returned

    space = {"fixed_count": SPACE["fixed_count"]}
    search = tune(makers(space), space, Leaky(), SearchPlan(64, 16, 3, CORE, limits=LIMITS["strict"]), JUDGING)
    assert 199 <= search.best.settings[UNITS] <= 215


def test_several_objectives_end_in_a_front():
    sold = CORE.index("missed_gmv")

    class Two(Fake):
        def __call__(self, candidates, replicates):
            returned = super().__call__(candidates, replicates)
            for c, candidate in enumerate(candidates):
                returned[:, :, c, sold] = 2.0 * candidate.settings.get(UNITS, 100)
            return returned

    space = {"fixed_count": SPACE["fixed_count"]}
    plan = SearchPlan(40, 16, 3, CORE, objectives=("J", "missed_gmv"))
    search = tune(makers(space), space, Two(), plan, JUDGING)
    means = np.nanmean(search.judged, axis=(0, 1))[:, [J, sold]]
    assert len(search.front) > 1
    for k in search.front:
        assert not dominated(means[k], means)


def test_finalists_hold_the_best_of_every_family_and_what_stood_before():
    search = tune(makers(), SPACE, Fake(), PLAN, JUDGING)
    names = [c.name for c in finalists_of(search.tried, makers(), PLAN, 2)]
    assert {n.split("#")[0].split(" ")[0] for n in names} == set(SPACE)
    assert "fixed_count (default)" in names
    assert len(names) == len(set(names))


def test_pseudo_values_of_a_mean_are_the_shows_themselves():
    costs = stream(4, "test").normal(size=(1, 20, 3))
    assert pseudo(costs, "mean", 0.2) == pytest.approx(costs[0])


def test_a_metric_without_meaning_in_some_shows_keeps_no_limit_and_breaks_none():
    """No alert, no lead time (NaN): those shows count for the limits all the same. Below 200 units everything is oversold."""
    rate, paid, lead = CORE.index("cancelled_orders"), CORE.index("settled_orders"), CORE.index("usable_lead_s")

    class Quiet(Fake):
        def __call__(self, candidates, replicates):
            returned = super().__call__(candidates, replicates)
            returned[..., paid], returned[..., lead] = 1000.0, np.nan
            for c, candidate in enumerate(candidates):
                returned[:, :, c, rate] = max(0.0, 200.0 - candidate.settings.get(UNITS, 100))
            return returned

    space = {"fixed_count": SPACE["fixed_count"]}
    search = tune(makers(space), space, Quiet(), SearchPlan(64, 16, 3, CORE, limits=LIMITS["strict"]), JUDGING)
    assert 199 <= search.best.settings[UNITS] <= 215
    rows = np.full((1, 5, len(CORE)), np.nan)
    assert all(v == np.inf for v in broken(rows, CORE, LIMITS["strict"]).values())


def test_regret_is_measured_against_the_best_known_and_never_below_it():
    space = {"fixed_count": SPACE["fixed_count"]}
    plan = SearchPlan(trials=48, shows=16, seed=3, metrics=CORE, robust="regret")
    search = tune(makers(space), space, Fake(noise=0.1, worlds=2), plan, JUDGING)
    assert min(t.values[0] for t in search.tried) >= 0
    reference = np.min([t.costs for t in search.tried], axis=0)
    for t in search.tried:
        assert t.values[0] == pytest.approx(max(np.array(t.costs) - reference))
    assert min(s.mean for s in search.selection.standings) >= 0
    assert search.confirmed.shape[2] == 4  # the best, the default, and the cheapest of each world


def test_pseudo_values_average_to_the_merit():
    costs = stream(5, "test").gamma(2.0, 50.0, size=(2, 25, 4)) + np.array([0, 30])[:, None, None]
    for robust in ("mean", "worst", "cvar", "regret"):
        reference = costs.mean(1).min(1)
        expected = [merit(costs[:, :, c], robust, 0.2, reference) for c in range(4)]
        assert pseudo(costs, robust, 0.2).mean(0) == pytest.approx(expected)


def test_a_setting_is_judged_once():
    """A trial at the settings the family stands at is not joined by them under another name."""
    search = tune(makers(), SPACE, Fake(), SHORT, JUDGING, [("fixed_count", {UNITS: 100, "gate.cooldown_s": 60})])
    names = [c.name for c in search.finalists]
    for k, a in enumerate(search.finalists):
        assert not any(same(a, b) for b in search.finalists[:k]), names


MORE = {
    "mean": {}, "no-prune": {"prune": False}, "regret": {"robust": "regret"}, "cvar": {"robust": "cvar"},
    "worst": {"robust": "worst"}, "limits": {"limits": LIMITS["strict"]}, "front": {"objectives": ("oversold_units", "J")},
}  # fmt: skip


@pytest.mark.parametrize("how", MORE)
def test_more_trials_later_are_as_good_as_at_once(tmp_path, how):
    """5 trials and then 19: neither a whole number of batches."""
    few, many = (SearchPlan(n, 16, 3, CORE, **MORE[how]) for n in (5, 19))
    path = tmp_path / "study.db"
    tune(makers(), SPACE, Fake(worlds=2), few, JUDGING, starts(SPACE, makers()), path)
    later = tune(makers(), SPACE, Fake(worlds=2), many, JUDGING, starts(SPACE, makers()), path)
    once = tune(makers(), SPACE, Fake(worlds=2), many, JUDGING, starts(SPACE, makers()))
    for a, b in zip(later.tried, once.tried, strict=True):
        assert (a.candidate.settings, a.values, a.costs, a.shows, a.excess) == (
            b.candidate.settings,
            b.values,
            b.costs,
            b.shows,
            b.excess,
        )
    assert later.judged.tobytes() == once.judged.tobytes()
    assert later.confirmed.tobytes() == once.confirmed.tobytes()


def test_a_damaged_study_is_set_aside_and_searched_anew(tmp_path, whole):
    path = tmp_path / "study.db"
    path.write_bytes(b"no database at all, but longer than a header would be" * 50)
    heard: list[str] = []
    again = tune(makers(), SPACE, Fake(), SHORT, JUDGING, database=path, note=heard.append)
    assert heard == ["study.db was damaged and is set aside; the search begins anew"]
    assert again.best.name == whole.best.name
    assert (tmp_path / "study.db.damaged").exists()


def test_of_equal_objectives_the_cheapest_become_finalists():
    """Nobody oversells from 100 units on: the objective is 0 for all of those, and their cost tells them apart."""
    sold = CORE.index("oversold_units")

    class Rare(Fake):
        def __call__(self, candidates, replicates):
            returned = super().__call__(candidates, replicates)
            for c, candidate in enumerate(candidates):
                returned[:, :, c, sold] = max(0.0, 100.0 - candidate.settings.get(UNITS, 100))
            return returned

    space = {"fixed_count": SPACE["fixed_count"]}
    search = tune(makers(space), space, Rare(), SearchPlan(40, 16, 3, CORE, objectives=("oversold_units",)), JUDGING)
    assert abs(search.best.settings[UNITS] - 180) <= 25
    free = [t for t in search.tried if t.values == (0.0,)]
    assert np.mean(search.tried[int(search.best.name[-3:])].costs) == min(np.mean(t.costs) for t in free)


def test_under_limits_every_finalist_is_judged_on_every_show():
    """Who is dear would leave a race early, and the limits would look kept on the few shows he played."""
    search = tune(makers(), SPACE, Fake(), SearchPlan(24, 16, 3, CORE, limits=LIMITS["strict"]), JUDGING)
    assert search.judged.shape[1] == JUDGING.shows
    assert not np.isnan(search.judged).any()
    assert tune(makers(), SPACE, Fake(), SHORT, JUDGING).judged.shape[1] < JUDGING.shows


def test_killed_while_its_first_settings_are_noted_it_still_tries_them_all(tmp_path):
    first = [("fixed_count", {UNITS: 100, "gate.cooldown_s": 60}), ("percent_of_stock", {SHARE: 0.2})]
    path = tmp_path / "study.db"
    open_study(path, 1).enqueue_trial({"family": "fixed_count", **first[0][1]})
    again = tune(makers(), SPACE, Fake(), SHORT, JUDGING, first, path)
    assert [dict(t.candidate.settings) for t in again.tried[:2]] == [settings for _, settings in first]
