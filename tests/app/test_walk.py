"""Nights in order, from what a sweep and a closed-loop replay have played."""

import numpy as np
import pandas as pd
import pytest

import stockcue as sc
from sim.app.result import ResultError
from sim.app.walk import Nights, _joined, _table
from sim.cli.main import main
from sim.report.text.walk import cells
from sim.stats.overfit import walk_forward


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Three nights of one kind of show with other stock, three lines."""
    sku = sc.scenario("ls1").skus[0].id
    shows = [sc.scenario("ls1", name=f"night-{k}", skus={sku: {"stock": n}}) for k, n in enumerate((300, 200, 400))]
    out = tmp_path_factory.mktemp("walk") / "sweep"
    return sc.sweep(shows, {"fixed_count": {"units": [5.0, 50.0, 150.0]}}, shows=3, out=out)


def test_a_walk_is_what_the_trials_say(nights):
    """Every figure again from the table of runs, by pandas alone."""
    walked = sc.walk(nights)
    net = nights.trials.groupby(["world", "candidate"], sort=False)["net"].mean().unstack()
    net = net.loc[["night-0", "night-1", "night-2"]]
    assert list(walked.table["night"]) == ["night-1", "night-2"]
    for k, row in enumerate(walked.table.to_dict("records"), 1):
        chosen = net.iloc[:k].mean().idxmax()
        assert row["chosen"] == chosen
        assert row["net"] == pytest.approx(net.iloc[k][chosen])
        assert row["kept"] == pytest.approx(net.iloc[k][net.iloc[0].idxmax()])
        own = nights.trials[(nights.trials["world"] == row["night"]) & (nights.trials["candidate"] == chosen)]
        assert (row["gmv"], row["J"]) == (pytest.approx(own["gmv"].mean()), pytest.approx(own["J"].mean()))
        assert row["best_net"] == pytest.approx(net.iloc[k].max())
    units = dict(zip(nights.candidates["candidate"], nights.candidates["strategy.fixed_count.units"], strict=True))
    assert list(walked.table["strategy.fixed_count.units"]) == [units[c] for c in walked.table["chosen"]]


def test_the_command_is_the_function(nights, capsys, tmp_path):
    assert main(["walk", str(nights.folder), "first=2", f"out={tmp_path / 'w'}"]) == 0
    out = capsys.readouterr().out
    assert str(sc.walk(nights, first=2)).split("\n\n")[0] in out
    assert list(sc.load(tmp_path / "w").table["night"]) == ["night-2"]


@pytest.mark.parametrize(("words", "sentence"), [
    ([], "walk needs a run folder"), (["first=3"], "first must be 1 to 2"), (["first=x"], "first must be a number"),
    (["frist=2"], "did you mean 'first'?"), (["again"], "is there twice"), (["nowhere"], "nowhere"),
])  # fmt: skip
def test_bad_input_is_one_sentence(nights, capsys, words, sentence):
    folders = {"again": [str(nights.folder)] * 2, "nowhere": ["nowhere"]}.get(" ".join(words))
    given = folders or ([str(nights.folder), *words] if words else [])
    assert main(["walk", *given]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_other_results_cannot_be_walked():
    with pytest.raises(ResultError, match="walk takes sweeps and closed-loop replays"):
        sc.walk(sc.replay("example", ["fixed_count", "silent"], figure="none"))


def part(names, spans, net):
    own = np.array(net, float)
    return Nights(names, ["a", "b"], own, own, own, np.zeros(len(names)), spans, pd.DataFrame({"candidate": ["a", "b"]}))


def test_recorded_nights_stand_in_the_order_of_their_clocks():
    late = part(["saturday"], [("2026-11-28T12:00:00+00:00", "2026-11-28T14:00:00+00:00")], [[1, 2]])
    early = part(["friday"], [("2026-11-27T12:00:00+00:00", "2026-11-27T14:00:00+00:00")], [[3, 0]])
    joined = _joined([late, early])
    assert joined.names == ["friday", "saturday"]
    assert walk_forward(joined.net)[0].chosen == 0
    assert cells(_table(joined, walk_forward(joined.net)))[0][0] == "saturday (from 11-28 12:00:00 UTC)"


def test_nights_that_overlap_are_refused():
    one = part(["friday"], [("2026-11-27T12:00:00+00:00", "2026-11-27T14:00:00+00:00")], [[1, 2]])
    two = part(["also-friday"], [("2026-11-27T13:00:00+00:00", "2026-11-27T15:00:00+00:00")], [[1, 2]])
    with pytest.raises(ResultError, match=r"also-friday begins at 2026-11-27T13.* before friday ends"):
        _joined([one, two])


def test_nights_of_other_candidates_are_refused():
    one, two = part(["x"], [("", "")], [[1, 2]]), part(["y"], [("", "")], [[1, 2]])._replace(candidates=["a", "c"])
    with pytest.raises(ResultError, match="same candidates"):
        _joined([one, two])


def test_a_closed_loop_replay_knows_when_its_nights_were():
    r = sc.replay("example", ["fixed_count", "silent"], loop="closed", shows=2, figure="none")
    (night,) = r.manifest["nights"]
    assert night["start"] < night["end"]
    with pytest.raises(ResultError, match="two nights or more"):
        sc.walk(r)
