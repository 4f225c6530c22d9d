"""No record that declares bounds is left out of ``test_bounds.py``, and what no show reads stands at its bounds too."""

from __future__ import annotations

import importlib
import math
import pkgutil
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

import scenarios
import sim
import strategies
from scenarios.contract import Cue
from scenarios.kernels import Kernel
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import score_run
from sim.score.profiles import PROFILES, Limits
from sim.setup import settings_few
from sim.setup.policies import make_policy
from sim.setup.settings import SettingError, settle
from sim.setup.settings_groups import verb_of
from sim.setup.tree import RECORDS
from sim.stats.certify import NEEDED, REFUTED, certify
from strategies import registry
from tests.scenarios.test_bounds import BUSY, is_sound

SETTINGS = (*RECORDS.values(), *(c for c in vars(settings_few).values() if is_dataclass(c)))


def bounded(record):
    """Fields with bounds that are numbers."""
    return [f for f in fields(record) if f.metadata.get("low") is not None and not f.metadata["choices"]]


def every_record():
    """All data classes of the program with bounded fields."""
    for room in (scenarios, sim, strategies):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith("__main__"):
                own = vars(importlib.import_module(module.name)).values()
                yield from (
                    c for c in own if isinstance(c, type) and is_dataclass(c) and c.__module__ == module.name and bounded(c)
                )


def within(record):
    """The kinds of record in a record."""
    if is_dataclass(record):
        yield type(record)
        for f in fields(record):
            yield from within(getattr(record, f.name))
    elif isinstance(record, tuple):
        for one in record:
            yield from within(one)


def test_no_record_is_left_out():
    played = {*within(BUSY), *within(make_policy("smart").playbook), *within(PROFILES["balanced"])}
    settled = {kind for record in SETTINGS for kind in record.__mro__}
    assert {c.__name__ for c in {*every_record()} - played - settled} == {"Limits", "Kernel"}  # below; by each cue


def test_a_kernel_is_bounded_as_the_cue_that_changes_it():
    own = {f.name: (f.metadata["low"], f.metadata["high"]) for f in bounded(Cue)}
    assert all(own[f.name] == (f.metadata["low"], f.metadata["high"]) for f in bounded(Kernel) if f.name != "viewer_lift")


@pytest.mark.parametrize("record", SETTINGS, ids=verb_of)
def test_a_verbs_settings_stand_at_both_bounds_and_not_beyond(record):
    verb = verb_of(record)
    for f in bounded(record):
        for end, beyond in ((f.metadata["low"], -1), (f.metadata["high"], 1)):
            if not math.isfinite(end) or f.type == "object":
                continue
            assert getattr(settle(record, {f.name: end}, verb), f.name) == end, (f.name, end)
            with pytest.raises(SettingError, match=rf"{f.name}.* outside its bounds"):
                settle(record, {f.name: end + beyond}, verb)


@pytest.mark.parametrize("field", bounded(Limits), ids=lambda f: f.name)
def test_a_limit_stands_at_both_bounds(field):
    """Nothing certifies a limit of 0 that no show broke, or refutes one that allows all."""
    quiet = {name: np.zeros(200) for name in NEEDED} | {"settled_orders": np.full(200, 500.0)}
    for end in (field.metadata["low"], field.metadata["high"]):
        limits = replace(Limits("edge", missed_rate=None, notices_per_operator_hour=None), **{field.name: float(end)})
        (check,) = certify(quiet, limits).checks
        assert math.isfinite(check.low)
        assert math.isfinite(check.high)
        assert check.state != REFUTED


@pytest.mark.parametrize("name", [n for n in registry.names() if registry.load(n).params])
def test_a_show_is_played_at_every_bound_of_a_strategy(name):
    stage = set_stage(BUSY, draw_tape(BUSY, 1, 0))
    quiet = play(stage, make_policy("silent"))
    for param in registry.load(name).params:
        for end in (param.low, param.high):
            if math.isfinite(end):
                run = play(stage, make_policy(name, {param.name: end}))
                assert is_sound(score_run(run, quiet, PROFILES["balanced"])), (param.name, end)
