"""What a scenario refuses, and in which words: what is wrong, where, what to do."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace

import pytest

from scenarios import contract, staffing
from scenarios.contract import Audience, Cue, Delivery, Ledger, SalesChannel, Scenario, Shoppers, Sku, Supply
from scenarios.setting import CONFIDENCE, ScenarioError, assumptions
from sim.words import did_you_mean


def show(**parts: object) -> Scenario:
    """A minimal valid show with some parts replaced."""
    scenario_ = Scenario("test", "none", 600.0, (Sku("mask-5pk", 100), Sku("tea", 50)), (Cue(60.0, "mask-5pk"),))
    return replace(scenario_, **parts)  # type: ignore[arg-type]


def test_a_minimal_show_is_valid() -> None:
    """Defaults fill in everything else."""
    assert show().tail_s == show().ledger.hold_s + show().ledger.sweep_s + 120


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sku("a", -3), "sku.stock = -3 units is outside its bounds [0, 1e+08]"),
        (lambda: Sku("a", 10, margin=1.4), "sku.margin = 1.4 is outside its bounds [0, 1]"),
        (lambda: Sku("a", 10, tier="profits"), "did you mean 'profit'?"),
        (lambda: Sku("a", 10, buffer=6, held_back=5), "buffer + held_back exceed its stock of 10"),
        (lambda: Shoppers(never_pay=1.2), "shoppers.never_pay = 1.2"),
        (lambda: Shoppers(pay_median_s=math.nan), "shoppers.pay_median_s = nan"),
        (lambda: Ledger(mode="deduct_on_pay"), "did you mean 'deduct_on_payment'?"),
        (lambda: Cue(10.0, "a", kind="pich"), "did you mean 'pitch'?"),
        (lambda: Cue(-1.0, "a"), "cue.at_s = -1 s"),
        (lambda: Delivery(1.0, "a", 0), "delivery.units = 0 units"),
        (lambda: staffing.NoticeChannel("bell", ack_median_s=60.0, ack_p90_s=20.0), "ack_p90_s is below ack_median_s"),
        (lambda: staffing.Staff(human_model="tired"), "staff.human_model has no option 'tired'"),
    ],
)
def test_a_record_refuses_what_is_out_of_bounds(make, says: str) -> None:
    """One sentence names the setting, the value and the bounds or the nearest choice."""
    with pytest.raises(ScenarioError) as caught:
        make()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"cues": (Cue(60.0, "mask-5pak"),)}, "a cue at 60 s: there is no SKU 'mask-5pak'; did you mean 'mask-5pk'?"),
        ({"cues": (Cue(600.0, "tea"),)}, "the cue of 'tea' at 600 s lies outside the show of 600 s"),
        (
            {"supply": Supply(deliveries=(Delivery(10.0, "te", 5),))},
            "a delivery at 10 s: there is no SKU 'te'; did you mean 'tea'?",
        ),
        ({"supply": Supply(deliveries=(Delivery(200_000.0, "tea", 5),))}, "the delivery of 'tea' at 200000 s lies outside"),
        ({"skus": ()}, "has no SKU; add at least one"),
        ({"skus": (Sku("mask-5pk", 1), Sku("mask-5pk", 2))}, "two SKUs are called 'mask-5pk'"),
        ({"channels": (SalesChannel("a", 0.6), SalesChannel("b", 0.3))}, "shares add up to 0.9, not 1"),
        ({"channels": ()}, "shares add up to 0, not 1"),
        ({"duration_s": 0.0}, "scenario.duration_s = 0 s is outside its bounds"),
    ],
)
def test_a_show_refuses_parts_that_do_not_fit(parts: dict, says: str) -> None:
    """Parts that are fine by themselves must fit together."""
    with pytest.raises(ScenarioError) as caught:
        show(**parts)
    assert says in str(caught.value)


def test_shares_may_be_off_by_rounding_only() -> None:
    """0.1 + 0.2 + 0.7 is one."""
    show(channels=(SalesChannel("a", 0.1), SalesChannel("b", 0.2), SalesChannel("c", 0.7)))


def test_did_you_mean_lists_all_where_nothing_is_near() -> None:
    """A wild guess gets the list of known words."""
    assert did_you_mean("zzz", ["pitch", "deal"]) == "; known: pitch, deal"


RECORDS = [r for m in (contract, staffing) for r in vars(m).values() if isinstance(r, type) and is_dataclass(r)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
def test_every_setting_says_what_it_means_and_how_sure_it_is(record: type) -> None:
    """Each field is declared: meaning, confidence, and a default within its own bounds."""
    for f in fields(record):
        assert f.metadata["meaning"]
        assert f.metadata["confidence"] in CONFIDENCE
        if isinstance(f.default, (int, float)) and not isinstance(f.default, bool):
            assert f.metadata["low"] <= f.default <= f.metadata["high"]


def test_assumptions_are_listed_with_their_sources() -> None:
    """A report can print every number that is not a fact of the show."""
    rows = {row["setting"]: row for row in assumptions(show())}
    assert rows["shoppers.never_pay"] | {"value": 0.12, "confidence": "A"} == rows["shoppers.never_pay"]
    assert "skus[0].price" in rows
    assert "duration_s" not in rows


def test_the_mean_stay_follows_its_parts() -> None:
    """Overall mean of the default law: two minutes, as measured [CMM]."""
    assert Audience().mean_stay_s() == pytest.approx(120, abs=1)
    assert Audience(bounce_share=1.0).mean_stay_s() == pytest.approx(15)
