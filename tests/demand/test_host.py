"""The host: slips, omissions, ad-libs, order."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.contract import Cue, Host, Scenario, Sku
from sim.demand.host import perform

CUES = tuple(Cue(100.0 * k + 50, "ab"[k % 2]) for k in range(30))


def spoken(seed: int, **host) -> np.ndarray:
    scenario = Scenario("host", "none", 3600.0, (Sku("a", 1), Sku("b", 1)), CUES, host=Host(**host))
    return perform(scenario, seed, 0)[0]


def test_a_faithful_host_keeps_to_the_run_of_show():
    cues = spoken(1)
    assert (cues["start"] == cues["planned"]).all()
    assert len(cues) == 30


def test_slips_are_as_wide_as_said_and_keep_the_order():
    slips = np.concatenate([(c := spoken(s, slip_s=10.0))["start"] - c["planned"] for s in range(40)]) / 1e6
    assert slips.std() == pytest.approx(10.0, rel=0.1)
    late = spoken(3, slip_s=300.0)
    assert (np.diff(late["start"]) >= 0).all()
    assert (np.diff(late["planned"]) > 0).all()


def test_cues_are_dropped_and_ad_libbed_at_their_rates():
    kept = sum(len(spoken(s, drop_p=0.3)) for s in range(60)) / (60 * 30)
    assert abs(kept - 0.7) < 4 * np.sqrt(0.21 / 1800)
    extra = sum((spoken(s, adlib_p=0.5)["planned"] < 0).sum() for s in range(60)) / 60
    assert abs(extra - 15) < 4 * np.sqrt(15 / 60)
