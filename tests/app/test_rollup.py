"""Several reviews as one page: order, settings' history, what became of proposals, bands; and what is refused."""

import json
import shutil

import pytest

import stockcue as sc
from sim.app.result import MANIFEST, ResultError
from sim.app.rollup import _became, settings_of
from sim.cli.main import main


def night(place, number, units, **more):
    """A reviewed show of two minutes."""
    show = {
        "name": f"night {number}", "lesson": "two minutes", "duration_s": 120, "skus": {"mask": {"stock": 40, "tier": "traffic"}},
        "audience": {"arrivals_per_min": 900}, "shoppers": {"buy_rate": 0.06}, "cues": {"c1": {"at_s": 10, "sku": "mask"}},
    }  # fmt: skip
    policy = sc.policy("fixed_count", units=units, gate={"cooldown_s": 30.0 * number})
    return sc.review(
        sc.scenario(show), policy, shows=2, alerts=2, replicate=number, figure="none", out=place / str(number), **more
    )


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    place = tmp_path_factory.mktemp("week")
    first = night(place, 1, 30.0)
    return [first, night(place, 2, 30.0, earlier=[first]), night(place, 3, 5.0)]


def noted(review, folder, **told):
    """The review's folder again, with other words about its night."""
    shutil.copytree(review.folder, folder)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    manifest["night"] |= told
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return folder


def test_nights_settings_and_proposals_stand_on_one_page(week, capsys, tmp_path):
    assert main(["rollup", *(str(r.folder) for r in week), f"out={tmp_path / 'week'}"]) == 0
    out, loaded_state = capsys.readouterr().out, sc.load(tmp_path / "week")
    assert list(loaded_state.table["night"]) == [r.manifest["night"]["show"] for r in week]
    assert [tuple(row) for row in loaded_state.history.to_numpy()] == [
        ("night 2 #2", "gate.cooldown_s", "30", "60"),
        ("night 3 #3", "strategy.units", "30", "5"), ("night 3 #3", "gate.cooldown_s", "60", "90"),
    ]  # fmt: skip
    assert loaded_state.table["net"].sum() == pytest.approx(sum(r.manifest["night"]["net"] for r in week))
    nights = loaded_state.table
    assert (nights["net"] + nights["J"]).to_numpy() == pytest.approx(nights["net_hindsight"].to_numpy())
    assert list(nights["gmv"]) == [r.manifest["night"]["gmv"] for r in week]
    for text in ("Settings changed before 2 nights", "No review was held against a rehearsal", "gate.cooldown_s"):
        assert text in out
        assert text in (tmp_path / "week" / "report.md").read_text("utf-8")


def test_what_became_of_a_proposal(week, tmp_path):
    """Taken where the next night has the value, left where it has the old one."""
    change = {"change": "strategy.units=5", "claimed": 12.0}
    a, b = (noted(week[k], tmp_path / str(k), proposal=change, held=[9, 10, 0.9], drifted=["orders per minute"]) for k in (0, 1))
    week_of = sc.rollup([a, b, week[2]])
    assert list(week_of.proposals["became"][:2]) == ["left", "taken"]
    assert "Rehearsed bands held 18 of 20 figures (90 %) on 2 nights, where 90 % is right." in week_of.text
    assert "orders per minute" in week_of.text
    assert _became("strategy.units=5", {"strategy.units": 30.0}, {"strategy.units": 7.0}) == ("other", "7")
    assert _became("strategy.by_tier.traffic.units=5", {"strategy.units": 30.0}, {"strategy.units": 5.0}) == ("taken", "5")
    assert _became("operations=human", {}, None) == ("open", "")


def test_settings_are_named_as_they_are_set():
    policy = sc.policy("fixed_count", by_tier={"traffic": {"units": 90.0}}, operations="human")
    from sim.setup.choices import described

    settings = settings_of(described([policy]))
    assert settings["strategy.by_tier.traffic.units"] == 90.0
    assert settings["strategy.by_tier.profit.units"] == 200.0
    assert (settings["strategy.emergency_share"], settings["operations"]) == (0.25, "human")


def test_recorded_nights_stand_in_the_order_of_their_clocks_and_must_not_overlap(week, tmp_path):
    a = noted(week[0], tmp_path / "a", start="2026-06-02T20:00:00+00:00", end="2026-06-02T22:00:00+00:00")
    b = noted(week[1], tmp_path / "b", start="2026-06-01T20:00:00+00:00", end="2026-06-01T22:00:00+00:00")
    assert list(sc.rollup([a, b]).table["night"]) == ["night 2 #2", "night 1 #1"]
    late = noted(week[2], tmp_path / "c", start="2026-06-01T21:00:00+00:00", end="2026-06-01T23:00:00+00:00")
    with pytest.raises(ResultError, match="nights must not overlap"):
        sc.rollup([a, b, late])


def test_bad_input_is_one_sentence(week, capsys, tmp_path):
    folder = str(week[0].folder)
    swept = sc.sweep("ls1", {"fixed_count": {"units": [5.0, 50.0]}}, shows=1, out=tmp_path / "s", workers=1)
    cases = {
        "needs two reviews": [folder], "is there twice": [folder, folder], "nowhere": [folder, "nowhere"],
        "rollup takes reviews": [folder, str(swept.folder)], "first": [folder, "first=2"],
    }  # fmt: skip
    for sentence, words in cases.items():
        assert main(["rollup", *words]) == 2
        err = capsys.readouterr().err
        assert sentence in err
        assert err.count("\n") == 1
