"""The fast open loop gives the Runs of the engine, whatever the strategy is made of and however poor the feed."""

import numpy as np
import pytest

from scenarios.staffing import Feed
from sim.bench_replay import uncompiled
from sim.core.stage import set_stage
from sim.engine.openloop import listen, record
from sim.engine.simulate import play
from sim.replay import load
from sim.replay.invent import FOLDER
from sim.replay.silent import silent_policy
from sim.study.policies import make_policy
from strategies import registry

POOR = Feed(period_s=3.0, lag_s=2.0, loss_p=0.1, duplicate_p=0.1, disorder_p=0.2)


@pytest.fixture(scope="module", params=["own", "poor"])
def heard(request):
    """The invented show with its own and with a poor feed."""
    stream = load(FOLDER, end="2026-06-18 20:45:00").stream
    feed = POOR if request.param == "poor" else Feed(period_s=5.0)
    return record(set_stage(stream.scenario(feed), stream.tape(feed)), silent_policy())


@pytest.mark.parametrize("name", registry.names())
def test_every_strategy_says_the_same_compiled_or_not(heard, name):
    policy = make_policy(name)
    expected = play(heard.stage, policy, acting=False)
    for variant in (policy, uncompiled(policy)):
        run = listen(heard, variant)
        assert run.digest() == expected.digest()
        assert not run.acting


FOLDS = {
    "numpy": "level = 2 if float(m[0:1].sum()) >= 0 and s.stock <= p[0:1].max() else 0\n    m[0] = p[0]\n    return level",
    "divides by zero": "ratio = p[0] / (m[0] * 0.0) if s.t > 600 else 1.0\n    m[0] = 50.0\n    return 2 if ratio > 5 else 0",
    "keeps notes": "NOTES.setdefault(round(s.stock), s.t)\n    m[0] = p[0]\n    return 3 if s.stock <= p[0] else 0",
}  # fmt: skip


@pytest.mark.parametrize("what", FOLDS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_users_own_fold_says_what_the_plain_engine_makes_of_it(heard, tmp_path, what):
    path = tmp_path / f"own_{what.split()[0]}.py"
    path.write_text(
        '"""Own."""\nfrom strategies.contract import Param, Strategy\nNOTES = {}\n\n\ndef fold(p, m, s):\n'
        f"    {FOLDS[what]}\n\n\nSTRATEGY = Strategy('own', 'own', fold, (Param('units', 60.0, 0, 1e9, 'units', 'line'),), 1)\n"
    )
    policy = uncompiled(make_policy(str(path)))
    run = listen(heard, policy)
    assert run.digest() == play(heard.stage, policy, acting=False).digest()
    assert len(run.alerts)


def test_a_fold_that_fails_fails_loudly(heard):
    policy = make_policy("fixed_count")

    class Broken:
        def __call__(self, params, memory, signal):
            raise KeyError("no such thing")

    from dataclasses import replace

    broken = replace(policy, strategy=replace(policy.strategy, fold=Broken()))
    with pytest.raises(KeyError, match="no such thing"):
        listen(heard, broken)


def test_a_note_pad_that_is_full_is_emptied(heard, monkeypatch):
    monkeypatch.setattr("sim.engine.openloop.ROOM", 6)
    policy = make_policy("percent_of_stock", gate={"cooldown_s": 0.0, "repeat_s": 5.0})
    for variant in (policy, uncompiled(policy)):
        run = listen(heard, variant)
        assert len(run.alerts) > 12
        assert run.alerts.tobytes() == play(heard.stage, policy, acting=False).alerts.tobytes()
    assert np.all(np.diff(run.alerts["t"]) >= 0)
