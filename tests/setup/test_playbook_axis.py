"""Actions and amounts of a playbook as settings that vary: words by level, switches by action, amounts."""

import pytest

from scenarios.registry import load as show
from scenarios.setting import ScenarioError
from sim.app.plain import configuration
from sim.app.ranges import varied
from sim.core.actionwords import actions_of, standing, words_of
from sim.core.playbooks import PLAYBOOKS
from sim.core.response import Action, channel_of
from sim.setup.choices import playbook_of
from sim.setup.design import Axis
from sim.setup.policies import make_policy
from sim.setup.settings import SettingError
from sim.setup.space import make_candidates, standing_value


def books(policies, vary):
    teams, axes, choices = varied(policies, vary)
    return [c.policy.playbook for c in make_candidates(configuration(teams, choices), axes, "grid", 8, 1)]


def test_every_shipped_level_can_be_written_in_words_and_read_back():
    for book in PLAYBOOKS.values():
        for level in range(4):
            assert actions_of(words_of(book.at(level)), "x") == book.at(level)


def test_levels_switches_and_amounts_vary():
    prompted = make_policy("smart", playbook="prompted")
    playbooks = books(prompted, {
        "operations.prepare": ["none", "restock:push:lack", [{"what": "restock", "amount": "share", "value": 0.25}, "notify"],
                               [Action("host_prompt", "auto")]],
        "operations.host_prompt": ["off"],
    })  # fmt: skip
    assert [words_of(b.prepare) for b in playbooks] == ["none", "restock:push:lack", "restock:0.25+notify", "none"]
    assert all("host_prompt" not in words_of(b.emergency) for b in playbooks)
    amounts = books(prompted, {"operations.restock": ["all", "lack", 0.5, "off"]})
    worded = [words_of(b.prepare).removeprefix("host_prompt") for b in amounts]
    assert worded == ["+restock", "+restock:lack", "+restock:0.5", ""]
    assert [b.restock_s for b in amounts] == [20.0] * 4


def test_a_search_starts_from_the_playbook_as_it_stands():
    (candidate,) = make_candidates(configuration([make_policy("smart", playbook="prompted")], {}), [], "grid", 1, 1)
    for key, now in (
        ("prepare", "host_prompt+restock"),
        ("host_prompt", "on"),
        ("delist", "off"),
        ("restock", "all"),
        ("auto_s", 1.0),
    ):
        assert standing_value(candidate, f"operations.{key}") == now
    assert standing(PLAYBOOKS["freeze_only"], "restock") == "off"


@pytest.mark.parametrize(("operations", "words"), [
    ({"prepare": "restok"}, "no action 'restok'; did you mean 'restock'?"),
    ({"prepare": "restock:pop"}, "did you mean 'popup'?"),
    ({"prepare": "freeze:0.5"}, "only restock, lower_exposure and release do"),
    ({"prepare": "restock:1.5"}, "value"),
    ({"restock": "lack"}, "playbook 'freeze_only' has no such action"),
    ({"prepare": 3}, "operations.prepare"),
])  # fmt: skip
def test_what_cannot_be_is_one_sentence(operations, words):
    with pytest.raises((ScenarioError, SettingError), match=words.replace("(", r"\(").replace("?", r"\?")):
        playbook_of("freeze_only", operations)


def test_off_is_no_fault_where_there_is_nothing_to_switch_off():
    assert playbook_of("freeze_only", {"restock": "off"}) == PLAYBOOKS["freeze_only"]


def test_each_level_of_the_graded_playbook_has_channels_and_a_time_of_its_own():
    book, scenario = PLAYBOOKS["graded"], show("first_show")
    assert [book.channels(level) for level in (1, 2, 3)] == [("in_site",), ("push", "popup"), ("call",)]
    told = {level: [channel_of(scenario.staff, name) for name in book.channels(level)] for level in (1, 2, 3)}
    heard = {level: min(c.delivery_s + c.ack_median_s for c in channels) for level, channels in told.items()}
    assert book.reactions_s(3, scenario)[0] == 3.0, "the machine, whoever hears of it"
    assert max(heard[2], heard[3]) < 0.3 * heard[1]
    assert [PLAYBOOKS["email"].channels(level) for level in (0, 1, 2, 3)] == [("email",)] * 4


def test_words_travel_as_one_value_of_an_axis():
    assert Axis("operations.prepare", values=("none", "restock:lack")).ends == ("none", "restock:lack")
