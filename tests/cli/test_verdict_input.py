"""What the verdict is asked wrongly is answered by one sentence: prices, limits, windows, playbooks, settings of before."""

import pytest

from scenarios.contract import Scenario, Sku
from scenarios.staffing import NoticeChannel, Shift, Staff
from sim.cli import main as cli
from sim.score.profiles import make_profile
from sim.setup.carried import carried_out, short_windows
from sim.setup.policies import make_policy
from sim.setup.settings import SettingError


@pytest.mark.parametrize(("words", "says"), [
    (("rehearse", "score.co=-5"), "co = -5"),
    (("rehearse", "score.recapture=1.5"), "recapture = 1.5"),
    (("rehearse", "scenario.supply.request_cost=-1"), "request_cost"),
    (("rehearse", "scenario.skus.mask-5pk.return_rate=2"), "return_rate"),
    (("rehearse", "score.penalty_window=0"), "penalty_window"),
    (("rehearse", "score.horizon_s=0"), "horizon_s"),
    (("rehearse", "shock=-1"), "shock"),
    (("rehearse", "score.cu=3"), "score.cu is a weight of the old account"),
    (("rehearse", "score.cf=3"), "score.cf is a weight of the old account"),
    (("tune", "strategy=smart", "strategy.chance=interval(0.1,0.2)", "limits=lax"), "limits"),
    (("breakpoint", "strategy=smart", "only=false_freeze_share"), "it is missed_rate now"),
    (("breakpoint", "strategy=smart", "only=oversell_rate", "lang=zh"), "它现在叫 seller_cancel_rate"),
    (("tune", "strategy=smart", "strategy.chance=0.1,0.2", "limits.alerts_per_operator_hour=6"), "it is notices_per_op"),
    (("sweep", "strategy=smart", "gate.n=1,2", "limits=strict"), "of tune and breakpoint"),
    (("rehearse", "operations.prepare=restok"), "did you mean 'restock'"),
    (("rehearse", "operations.prepare=restock:pager"), "pager"),
    (("rehearse", "strategy=newsvendor_freeze", "operations.restock=lack"), "has no such action"),
    (("rehearse", "operations.restock=2"), "operations.restock = 2 is outside its bounds [0, 1]"),
    (("rehearse", "score.co=-5", "lang=zh"), "-5 元/件"),
    (("rehearse", "scenario.host.on_prompt=dance"), "on_prompt"),
    (("rehearse", "strategy=smart", "scenario.staff.shifts.s01.operators=0"), "nobody is on duty"),
    (("sweep", "strategy=smart", "gate.n=1,2", "scenario.staff.shifts.s01.operators=0"), "nobody is on duty"),
])  # fmt: skip
def test_a_mistake_is_one_sentence(capsys, words, says):
    assert cli.main(list(words)) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert says in out.err
    assert out.err.startswith("stockcue: ")
    assert len(out.err.strip().splitlines()) == 1


def shop(**staff) -> Scenario:
    return Scenario("shop", "none", 60.0, (Sku("a", 1),), staff=Staff(**staff))


def test_a_playbook_that_nobody_can_carry_out_is_refused_before_anything_is_played():
    smart, machine = make_policy("smart"), make_policy("smart", playbook="freeze_only")
    carried_out([smart], shop())
    carried_out([machine, make_policy("silent")], shop(shifts=(Shift(0),), channels=()))
    with pytest.raises(SettingError, match="nobody is on duty in shop to carry out 'restock'"):
        carried_out([smart], shop(shifts=(Shift(0),)))
    with pytest.raises(ValueError, match="there is no channel 'popup'"):
        carried_out([smart], shop(channels=(NoticeChannel("call"),)))


def test_a_window_shorter_than_the_reaction_is_said():
    smart, tiered, email = make_policy("smart"), make_policy("tiered"), make_policy("smart", playbook="email", label="mailed")
    told, mailed = short_windows([make_policy("silent"), smart, email, tiered], shop(), make_profile("balanced"))
    assert "shorter than" in told
    assert "of smart, tiered takes" in told, "a request takes longer than a window; one sentence for all alike"
    assert "of mailed takes" in mailed
    machine = make_policy("smart", playbook="freeze_only")
    assert short_windows([machine], shop(), make_profile("balanced")) == []
    assert len(short_windows([machine], shop(), make_profile("balanced", horizon_s=2.0))) == 1
