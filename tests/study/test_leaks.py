"""A leak is to be mended first only where that earns more than the best policy does; both figures are paired."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Leaks, SalesChannel
from scenarios.registry import load
from scenarios.spread import certain
from sim.core.tape import CART, COPY, ORDER
from sim.demand.draw import draw_tape
from sim.report.text.leaks import leak_lines, words
from sim.score.profiles import PROFILES
from sim.setup.uncertain import staged
from sim.study.leaks import CURES, compare_mending, mended, open_leaks, restaged, silent_net

PROFILE = PROFILES["balanced"]


@pytest.fixture(scope="module")
def shop():
    """The first two items of the shop whose ERP overwrites."""
    whole = certain(load("erp_overwrite"))
    return replace(whole, skus=whole.skus[:2], cues=whole.cues[:2], duration_s=900.0)


@pytest.fixture(scope="module")
def silent(shop):
    return np.array([silent_net(shop, PROFILE, 1, k) for k in range(4)])


def found(shop, silent, gain: float):
    """What is said beside a policy that gains ``gain`` in every show."""

    def play_silent(world):
        return np.array([silent_net(world, PROFILE, 1, k) for k in range(4)])

    return compare_mending(shop, {"silent": silent, "rival": silent + gain}, "silent", play_silent)


def test_a_leak_is_to_be_mended_first_only_where_that_earns_more_than_the_best_policy(shop, silent):
    (weak,) = found(shop, silent, 10.0)
    assert weak.beats
    assert weak.gain.mean > 10.0
    (line,) = leak_lines([weak])
    assert line.startswith("Fix the leak, no threshold does")
    assert f"{weak.gain.mean:,.0f} ±" in line
    assert "rival, with it open, earns 10 ±0 more" in line
    assert "erp_mode=delta" in line
    (strong,) = found(shop, silent, 1e6)
    assert not strong.beats
    (line,) = leak_lines([strong])
    assert "Fix the leak" not in line
    assert line.startswith("Open leaks: L6.")
    assert "rival, with them open, earns 1,000,000" in line


def test_of_several_leaks_those_are_named_that_beat_the_policy_alone(shop, silent):
    leaky = replace(shop, leaks=replace(shop.leaks, late_callback_p=1e-6))
    every, *alone = found(leaky, silent, 10.0)
    assert [c.code for c in every.cures] == ["L6", "L9"]
    assert [(m.cures[0].code, m.beats) for m in alone] == [("L6", True), ("L9", False)]
    assert len(leak_lines([every, *alone])) == 1


def test_every_leak_has_a_cure_that_closes_it_and_nothing_else(shop):
    sizes = {"erp_mode": "absolute"}
    leaks = Leaks(**{c.setting: sizes.get(c.setting, 0.1) for c in CURES if c.setting != "channels"})
    leaky = replace(shop, leaks=leaks, channels=(SalesChannel("live", 0.7, 5.0), SalesChannel("shelf", 0.3)))
    assert open_leaks(leaky) == CURES
    clean = mended(leaky, CURES)
    assert open_leaks(clean) == ()
    assert replace(clean, leaks=shop.leaks, channels=shop.channels) == shop
    assert len({words(c) for c in CURES}) == len(CURES)


def test_the_same_shoppers_meet_the_mended_shop(shop):
    twice = replace(shop, leaks=Leaks(duplicate_p=0.1))
    one, other = (draw_tape(world, 1, 0) for world in (twice, mended(twice, open_leaks(twice))))
    assert (one.kind == COPY).any()
    for code in (CART, ORDER):
        assert (one.t[one.kind == code] == other.t[other.kind == code]).all()


@pytest.mark.parametrize("cure", CURES, ids=lambda c: c.code)
def test_a_mended_shop_is_staged_as_if_it_were_drawn(shop, cure):
    """A tape is taken over only where drawing it anew would give the same one."""
    size = (
        "absolute" if cure.setting == "erp_mode" else 3.0 if cure.setting in ("stale_read_s", "poll_s", "edits_per_show") else 0.9
    )
    leaky = replace(shop, leaks=Leaks() if cure.setting == "channels" else Leaks(**{cure.setting: size}), bundles=())
    leaky = replace(leaky, channels=(SalesChannel("live", 0.7, 5.0), SalesChannel("shelf", 0.3)))
    stage, clean = staged(leaky, None, 1, 0), mended(leaky, (cure,))
    ours, drawn = restaged(stage, clean), staged(clean, None, 1, 0)
    assert ours.tape.digest() == drawn.tape.digest()
    assert all(np.array_equal(ours.opening[name], drawn.opening[name]) for name in drawn.opening)
    laid_on_the_stage = ("stale_read_s", "poll_s", "overlist_share", "lost_release_p", "channels")
    assert (ours.tape is stage.tape) == (cure.setting in laid_on_the_stage)
    assert (ours.tape.who is stage.tape.who) == (cure.setting in (*laid_on_the_stage, "record_error_p"))


@pytest.mark.parametrize("edits", [0.0, 6.0])
def test_stock_is_laid_on_the_stage_unless_people_type_it_in(shop, edits):
    shop = replace(shop, leaks=Leaks(edits_per_show=edits, edit_absolute_p=1.0))
    fewer = replace(shop, skus=tuple(replace(k, stock=k.stock // 2) for k in shop.skus))
    stage = staged(shop, None, 1, 0)
    ours, drawn = restaged(stage, fewer), staged(fewer, None, 1, 0)
    assert ours.tape.digest() == drawn.tape.digest()
    assert (ours.tape is stage.tape) == (edits == 0)
    assert all(np.array_equal(ours.opening[name], drawn.opening[name]) for name in drawn.opening)
    assert all(np.array_equal(ours.fixed[name], drawn.fixed[name]) for name in ("facts", "rules", "plan_t"))


def test_one_show_says_nothing(shop, silent):
    assert compare_mending(shop, {"silent": silent[:1]}, "silent", lambda world: silent[:1]) == ()
