"""What a search says of its recommendation."""

from sim.report.text.tune import of_tuning
from sim.score.cost import CORE
from sim.score.profiles import LIMITS, PROFILES
from sim.study.search import SearchPlan
from sim.study.tune import starts, tune
from tests.study.test_tune import JUDGING, SHORT, SPACE, UNITS, Fake, makers


def test_a_recommendation_that_changes_nothing_says_so():
    """Costs least at what the family stands at: the trial that tried it wins."""

    class Content(Fake):
        def cost(self, candidate, world):
            return 100.0 + abs(candidate.settings.get(UNITS, 200) - 200)

    space = {"fixed_count": SPACE["fixed_count"][:1]}
    search = tune(makers(space), space, Content(), SHORT, JUDGING, starts(space, makers(space)))
    assert search.best.name == "fixed_count#000"
    text = "\n".join(of_tuning(search, SHORT, JUDGING, ["here"], PROFILES["balanced"], []))
    assert "That is what fixed_count stands at already" in text
    assert "Against" not in text


def test_a_search_in_which_nothing_kept_to_the_limits_says_so():
    class Loud(Fake):
        def __call__(self, candidates, replicates):
            returned = super().__call__(candidates, replicates)
            returned[..., CORE.index("notices_per_operator_hour")] = 99.0
            return returned

    plan = SearchPlan(16, 16, 3, CORE, limits=LIMITS["platform"])
    words = of_tuning(tune(makers(), SPACE, Loud(), plan, JUDGING), plan, JUDGING, ["here"], PROFILES["balanced"], [])
    assert any(line.startswith("No setting tried kept to the limits platform") for line in words)
