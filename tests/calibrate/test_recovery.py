"""Known parameters come back from simulated logs, and their intervals cover them as often as they promise."""

from __future__ import annotations

import numpy as np
import pytest

from sim.calibrate.fit import calibrate
from sim.calibrate.parameters import parameters
from sim.stats.paired import wilson
from tests.sizes import sized

from .shows import HERD, TRUE, seen, show


def cover(herding: bool, slip_s: float, replicates: int, profiles: bool, seed: int) -> tuple[dict, dict]:
    """Per parameter, whether each replicate's interval covers the truth, and estimate over truth."""
    true = TRUE | (HERD if herding else {}) | ({("host", "slip_s"): slip_s} if slip_s else {})
    scenario, hits, ratio = show(herding, slip_s), {at: [] for at in true}, {at: [] for at in true}
    for replicate in range(replicates):
        log = seen(scenario, seed, replicate, planned=slip_s > 0)
        fit = calibrate([log], name="both" if herding else "cue", predict=False)
        for p in parameters(fit, profiles):
            if p.at in true:
                hits[p.at].append(p.low <= true[p.at] <= p.high)
                ratio[p.at].append(p.value / true[p.at])
    return hits, ratio


def test_known_parameters_are_recovered_with_nominal_coverage():
    """6 shows of one hour with herding, 15 parameters each: of 90 intervals of 95 % at most 12 miss (binomial tail 2 in 1000;
    intervals of one show hang together only weakly), and no mean estimate is off by more than 4 standard errors."""
    hits, ratio = cover(True, 0.0, 6, True, seed=11)
    every = [hit for found in hits.values() for hit in found]
    assert len(every) == 90
    assert every.count(False) <= 12
    for at, values in ratio.items():
        assert abs(np.mean(values) - 1) < 4 * np.std(values, ddof=1) / np.sqrt(6) + 0.02, at


def test_slipped_cues_are_found_again():
    """24 cues slip by 12 s (sd): the interval of the spread covers it, the time scales are not smeared out, and the lead is 0
    within its interval. One seed; each claim holds in 95 % of seeds."""
    fit = calibrate([seen(show(slip_s=12.0), 3, planned=True)], name="cue", predict=False)
    by_place = {p.at: p for p in parameters(fit)}
    assert fit.slips.real
    assert by_place["host", "slip_s"].low < 12.0 < by_place["host", "slip_s"].high
    assert fit.slips.lead_s.low < 0 < fit.slips.lead_s.high
    assert by_place["cues", "deal", "tau_s"].low < 8.0 < by_place["cues", "deal", "tau_s"].high


def test_cues_on_time_have_no_slip():
    fit = calibrate([seen(show(), 3, planned=True)], name="cue", predict=False)
    assert not fit.slips.real
    assert ("host", "slip_s") not in {p.at for p in parameters(fit, profiles=False)}


@pytest.mark.long
@pytest.mark.parametrize("herding", [False, True])
def test_coverage_is_nominal(herding):
    """60 shows (12): 0.95 lies below the upper end of every parameter's Wilson interval, all together 0.93 to 0.975 (0.88 to 1,
    8 of 12 of each: binomial tails below 1 in 1000) are covered."""
    shows = sized(12, 60)
    hits, _ = cover(herding, 0.0, shows, True, seed=23)
    every = [hit for found in hits.values() for hit in found]
    assert (0.93 <= np.mean(every) <= 0.975) if shows >= 60 else np.mean(every) >= 0.88
    for at, found in hits.items():
        assert (wilson(sum(found), shows)[1] >= 0.95) if shows >= 60 else sum(found) >= 8, (at, np.mean(found))


@pytest.mark.long
def test_slips_leave_a_small_bias_in_time_scales():
    """Known limit: cues are put where they most likely came, which sharpens responses.
    With slips of 10 s the time scale of a deal
    of 8 s is some 3 % low (its intervals then cover less than they say); the means of all other settings stay within 5 %, of
    slips within 10 %."""
    _, ratio = cover(True, 10.0, sized(8, 30), False, seed=7)
    assert 0.93 < np.mean(ratio["cues", "deal", "tau_s"]) < 1.0
    for at, values in ratio.items():
        assert abs(np.mean(values) - 1) < (0.1 if at[0] == "host" else 0.05), at
