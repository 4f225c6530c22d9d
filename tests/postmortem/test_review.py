"""A review as a whole: it names the leak where no setting helps, and what it says agrees with itself."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.registry import load
from sim.core.tape import ORDER
from sim.engine.simulate import play
from sim.postmortem.proposal import content, proposal_words
from sim.postmortem.review import review
from sim.postmortem.sessions import recorded, rehearsed
from sim.postmortem.show_profile import of_run
from sim.report.text.review import no_change, open_leaks
from sim.score.cost import Judge
from sim.setup.policies import make_policy
from tests.postmortem.review_worlds import PROFILE, bursts, small_erp


def made(scenario, policy, shows=2, **more):
    show = rehearsed(scenario, 65, 0)
    others = [rehearsed(scenario, 65, k) for k in range(1, shows + 1)]
    return review(show, policy, PROFILE, (of_run(play(show.stage, make_policy("silent")), show.name), []), others, **more)


def test_where_no_setting_helps_the_leak_is_named():
    r = made(small_erp(), make_policy("silent"), shows=0)
    assert r.proposal is None
    words = " ".join(no_change(r))
    assert "No single setting would have saved even 50 %" in words
    assert "the ERP writes old totals over the record (L6)" in words
    assert open_leaks(r) == ["the ERP writes old totals over the record (L6)"]
    assert content(r, [])["change"] is None


def test_what_it_says_agrees_with_itself():
    """Scores, blame and search count the same units; the proposal is one of the changes found; alerts are all there."""
    policy = make_policy("fixed_count", {"units": 10.0, "emergency_share": 1.0}, playbook="freeze_only")
    r = made(bursts(3.0), policy, shows=6)
    assert r.blame.lost.total == (r.row["oversold_units"], r.row["missed_units"])
    assert (r.search.before.oversold, r.search.before.missed) == r.blame.lost.total
    assert r.search.before.net == r.row["net"] == Judge(play(r.show.stage, make_policy("silent")), PROFILE).score(r.run)["net"]
    assert r.proposal is not None
    assert r.proposal.change in r.search.changes
    assert r.proposal.gain.n == r.proposal.claim.n == 6
    assert r.proposal.claim.sure
    assert 0 < r.proposal.claim.mean <= r.proposal.gain.mean
    assert len(r.alerts) == r.told == int((r.run.alerts["level"] > 0).sum())
    assert all({"verdict", "worth", "could_cny"} <= set(a) for a in r.alerts)
    assert r.by_order is not None
    assert r.by_order[0] == 0, "a clean shop that deducts on order oversells nothing"


def test_the_proposals_words_replace_what_they_change():
    policy = make_policy("fixed_count", {"units": 10.0, "emergency_share": 1.0}, playbook="freeze_only")
    r = made(bursts(3.0), policy, shows=6)
    new = r.proposal.change.tunable.word(r.proposal.change.value)
    key = new.split("=")[0]
    words = ["scenario=bursts", "strategy=fixed_count", f"{key}=10", "seed=65", "shows=2", "out=x", "earlier=[a]"]
    assert proposal_words(r, words) == ["scenario=bursts", "strategy=fixed_count", new]


def test_a_recording_keeps_its_rows_when_its_world_changes():
    """Remade in the same scenario a recorded show is the same show, under every bound; recorded orders are among all bounds'."""
    from sim.replay import invent
    from sim.replay import load as read
    from sim.replay.impute import impute

    case = recorded(impute(read(invent.FOLDER).stream), 1, 0, None, None)
    assert list(case) == ["low", "likely", "high"]
    sizes = [len(show.stage.tape) for show in case.values()]
    assert sizes == sorted(sizes)
    for show in case.values():
        assert show.remake(show.stage.scenario).tape.digest() == show.stage.tape.digest()
    low = case["low"]
    ledger = replace(low.stage.scenario.ledger, mode="deduct_on_payment")
    changed = low.remake(replace(low.stage.scenario, ledger=ledger))
    assert changed.scenario.ledger.mode == "deduct_on_payment"
    assert np.array_equal(changed.tape.qty[changed.tape.kind == ORDER], low.stage.tape.qty[low.stage.tape.kind == ORDER])


@pytest.mark.parametrize("name", ["multichannel_lag", "oversell_story"])
def test_every_open_leak_has_words(name):
    r = made(replace(load(name), duration_s=900.0, cues=load(name).cues[:1]), make_policy("silent"), shows=0)
    assert open_leaks(r)
