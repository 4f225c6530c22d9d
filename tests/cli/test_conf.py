"""Every option of conf/ composes and says only what differs; what a verb can hold is what its records declare."""

from dataclasses import asdict, fields

import pytest
import yaml

from scenarios.registry import names as scenario_names
from scenarios.staffing import SOURCES, Feed
from sim.app.listing import GROUPS as KINDS
from sim.app.listing import lines
from sim.cli import chosen as cli_chosen
from sim.cli import compose as cli_compose
from sim.cli import main as cli
from sim.core.playbooks import PLAYBOOKS
from sim.score.profiles import PROFILES
from sim.setup.choices import playbook_of, policies_from, profile_from
from sim.setup.options import CONF, options
from sim.setup.settings import settle
from sim.setup.tree import DECLARED, GROUPS, RECORDS, tree_of, values_used
from strategies import registry
from strategies.gate import GATE_PARAMS

FOLDERS = sorted(p.name for p in CONF.iterdir() if p.is_dir())


def composed(verb: str, *words: str, strategies=("silent",), scenario=None):
    """What the command line would hand on for these words."""
    from sim.cli.words import labelled, split

    plain = cli_chosen.chosen_scenario(scenario)[0] if scenario else None
    return cli_compose.compose_verb(verb, split(words, verb, ()), labelled(strategies), plain)


def test_conf_is_the_folders_of_options_and_nothing_else():
    assert sorted(p.name for p in CONF.iterdir() if p.name != "__pycache__") == FOLDERS
    assert set(FOLDERS) == {*DECLARED, "experiment", "mappings"}


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_file_says_what_it_is_and_only_what_differs(file):
    assert lines(file.parent.name)[file.stem]
    values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    assert "null" not in file.read_text(encoding="utf-8")
    assert None not in values.values()
    if file.parent.name in DECLARED:
        assert set(values) <= set(DECLARED[file.parent.name])
    if file.parent.name == "gate":
        assert [k for k, v in values.items() if {p.name: p.default for p in GATE_PARAMS}[k] == v] == []
    if file.parent.name in ("operations", "score") and file.stem != "own":
        assert values == {"name": file.stem}


def test_every_playbook_and_profile_has_its_file():
    assert set(options("operations")) == {*PLAYBOOKS, "own"}
    assert set(options("score")) == set(PROFILES)


@pytest.mark.parametrize("verb", RECORDS)
def test_a_verb_holds_the_settings_its_record_declares(verb):
    tree = composed(verb)
    own = {k: v for k, v in tree.items() if k not in ("strategy", *GROUPS[verb])}
    assert set(own) == {f.name for f in fields(RECORDS[verb])}
    assert set(own.values()) == {None}
    assert settle(RECORDS[verb], own, verb) == RECORDS[verb]()
    assert tree.keys() - own.keys() == {"strategy", *GROUPS[verb]}
    assert all(set(tree[group]) == set(DECLARED[group]) for group in GROUPS[verb])


@pytest.mark.parametrize("verb", RECORDS)
def test_every_group_starts_from_an_option(verb):
    assert all(start in options(group) for group, start in GROUPS[verb].items())
    assert {k: v for k, v in tree_of(verb).items() if k in GROUPS[verb]} == {g: dict.fromkeys(DECLARED[g]) for g in GROUPS[verb]}


def test_everything_composes_and_becomes_records():
    tree = composed("rehearse", strategies=registry.names(), scenario="first_show")
    assert [p.name for p in policies_from(tree["strategy"], tree["gate"], tree["operations"])] == list(registry.names())
    for name in options("gate"):
        policies_from(tree["strategy"], composed("rehearse", f"gate={name}", scenario="first_show")["gate"], {})
    for name in PLAYBOOKS:
        playbook = composed("rehearse", f"operations={name}", scenario="first_show")["operations"]
        assert playbook_of("standard", playbook) == PLAYBOOKS[name]
    for name in PROFILES:
        assert profile_from(composed("rehearse", f"score={name}", scenario="first_show")["score"]) == PROFILES[name]
    for name in options("feed"):
        assert composed("replay", f"feed={name}")["feed"].keys() == {f.name for f in fields(Feed)} - set(SOURCES)


def test_the_values_used_are_shown_and_read_back_to_the_same():
    """Every default filled in, strategies with settings by tier and playbooks of their own among them."""
    tree = composed("rehearse", "gate.n=2", "score=never_oversell", "strategy.smart.by_tier.traffic.chance=0.2",
                    strategies=("smart", "tiered", "by:manual_polling"), scenario="first_show")  # fmt: skip
    used = values_used("rehearse", tree)
    assert used["gate"]["n"] == 2
    assert used["gate"]["cooldown_s"] == 60
    assert used["replicates"] == 50
    assert used["score"] == asdict(PROFILES["never_oversell"])
    assert used["strategy"]["smart"]["by_tier"]["traffic"]["chance"] == 0.2
    assert used["operations"]["by"]["name"] == "by_hand"
    again = policies_from(used["strategy"], used["gate"], None)
    first = policies_from(tree["strategy"], tree["gate"], tree["operations"])
    for one, other in zip(again, first, strict=True):
        assert (one.params == other.params).all()
        assert (one.gate == other.gate).all()


@pytest.mark.parametrize("name", scenario_names())
def test_every_preset_survives_hydra(name):
    from scenarios.registry import from_plain, load

    assert from_plain(composed("rehearse", scenario=name)["scenario"]) == load(name)


@pytest.mark.parametrize("name", options("experiment"))
def test_experiments_are_command_lines(name, capsys):
    verb = yaml.safe_load(options("experiment")[name].read_text(encoding="utf-8")).get("verb", "rehearse")
    assert cli.main([verb, f"experiment={name}", "--cfg"]) == 0
    assert "replicates:" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["scenarios", "strategies", *KINDS])
def test_everything_listed_has_one_line(kind):
    for name, line in lines(kind).items():
        assert line, name
        assert "\n" not in line
