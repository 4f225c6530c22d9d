"""Every option of conf/ composes, and its keys are the ones declared in Python."""

from dataclasses import fields

import pytest
from omegaconf import OmegaConf

from scenarios.registry import names as scenario_names
from scenarios.staffing import SOURCES, Feed
from sim.app.listing import GROUPS, lines, options
from sim.cli import chosen as cli_chosen
from sim.cli import compose as cli_compose
from sim.cli import main as cli
from sim.core.playbooks import PLAYBOOKS
from sim.core.response import Playbook
from sim.score.profiles import PROFILES, Profile
from sim.setup.choices import playbook_of, policies_from, profile_from
from sim.setup.settings import Calibrate, Ingest, Rehearse, Replay, Review, Shadow, settle
from sim.setup.settings_search import Breakpoint, Sensitivity, Sweep, Tune
from strategies import registry
from strategies.gate import GATE_PARAMS

DECLARED = {
    "gate": {p.name for p in GATE_PARAMS},
    "operations": {f.name for f in fields(Playbook)},
    "score": {f.name for f in fields(Profile)},
    "feed": {f.name for f in fields(Feed)} - set(SOURCES),  # the readings of a recording come together
}


def composed(verb: str, *words: str, strategies=("silent",), scenario=None):
    """What the command line would hand on for these words."""
    from sim.cli.words import labelled, split

    plain = cli_chosen.chosen_scenario(scenario)[0] if scenario else None
    return cli_compose.compose_verb(verb, split(words, verb, ()), labelled(strategies), plain)


@pytest.mark.parametrize("group", DECLARED)
def test_keys_are_the_declared_ones(group):
    assert options(group)
    for path in options(group).values():
        assert set(OmegaConf.load(path)) == DECLARED[group], path


@pytest.mark.parametrize("name", registry.names())
def test_strategy_keys_are_the_declared_ones(name):
    keys = set(OmegaConf.load(options("strategy")[name]))
    assert keys == {"name", "by_tier", *(p.name for p in registry.load(name).params)}


def test_every_strategy_and_playbook_and_profile_has_its_file():
    assert set(options("strategy")) == set(registry.names())
    assert set(options("operations")) == {*PLAYBOOKS, "own"}
    assert set(options("score")) == set(PROFILES)


@pytest.mark.parametrize("record", [Rehearse, Replay, Ingest, Calibrate, Sweep, Tune, Breakpoint, Sensitivity, Shadow, Review])
def test_root_files_hold_the_verbs_settings(record):
    verb = record.__name__.lower()
    root = OmegaConf.load(options("strategy")["silent"].parents[1] / f"{verb}.yaml")
    assert set(root) - {"defaults"} == {f.name for f in fields(record)}
    assert settle(record, {k: v for k, v in root.items() if k != "defaults"}, verb) == record()


def test_everything_composes_and_becomes_records():
    made = composed("rehearse", strategies=registry.names(), scenario="first_show")
    assert [p.name for p in policies_from(made["strategy"], made["gate"], made["operations"])] == list(registry.names())
    for name in options("gate"):
        policies_from(made["strategy"], composed("rehearse", f"gate={name}", scenario="first_show")["gate"], {})
    for name in PLAYBOOKS:
        found = composed("rehearse", f"operations={name}", scenario="first_show")["operations"]
        assert playbook_of("standard", found) == PLAYBOOKS[name]
    for name in PROFILES:
        assert profile_from(composed("rehearse", f"score={name}", scenario="first_show")["score"]) == PROFILES[name]
    for name in options("feed"):
        assert composed("replay", f"feed={name}")["feed"].keys() == DECLARED["feed"]


@pytest.mark.parametrize("name", scenario_names())
def test_every_preset_survives_hydra(name):
    from scenarios.registry import from_plain, load

    assert from_plain(composed("rehearse", scenario=name)["scenario"]) == load(name)


@pytest.mark.parametrize("name", options("experiment"))
def test_experiments_are_command_lines(name, capsys):
    verb = OmegaConf.load(options("experiment")[name]).get("verb", "rehearse")
    assert cli.main([verb, f"experiment={name}", "--cfg"]) == 0
    assert "replicates:" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["scenarios", "strategies", *GROUPS])
def test_everything_listed_has_one_line(kind):
    for name, line in lines(kind).items():
        assert line, name
        assert "\n" not in line
