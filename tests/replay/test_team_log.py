"""What a team did that night, given as a log, is judged like a strategy; a rehearsal's bands are held against the night."""

import numpy as np
import pandas as pd
import pytest

from sim.app.rehearse import rehearse
from sim.app.review import review
from sim.core.response import DELIST_SKU, FREEZE_SKU, NOTIFY, REOPEN, RESTOCK
from sim.engine.asrun import ADMIT
from sim.postmortem.bands import FIGURES, bands, expected, held, night_of
from sim.replay import StreamError, load, replay
from sim.replay.closedloop import closed_replay
from sim.replay.night import admissions
from sim.score.cost import Judge
from sim.setup.policies import make_policy

T = "2026-11-11 20:"
NIGHT = "the night as it was run"


def orders(minutes, sku="tea"):
    """An order a minute."""
    return [(m, 0, sku, 1) for m in minutes]


def shop(folder, rows, stock="tea,30\n"):
    lines = [f"{k},{T}{m:02d}:{s:02d},{sku},{n}\n" for k, (m, s, sku, n) in enumerate(rows)]
    (folder / "o.csv").write_text("order_id,time,sku,qty\n" + "".join(lines))
    (folder / "stock.csv").write_text("sku,stock\n" + stock)
    return folder


def row(time, action, sku="tea", **more):
    return {"time": time, "sku": sku, "action": action, **more}


def whats(stream):
    return [(d.what, round(d.t / 1e6, 3), d.value) for d in stream.did]


def test_a_log_in_chinese_and_one_in_english_say_the_same(tmp_path):
    folder = shop(tmp_path, orders([*range(10), *range(20, 30)]))
    (tmp_path / "log").mkdir()
    ours = tmp_path / "log/中控记录.csv"
    ours.write_bytes("操作时间,商品,动作,数量,预警等级,操作人\n20:09:30,tea,冻结,,,小王\n20:20,tea,恢复售卖,,,\n20:08:30,tea,预警,,高级,\n"
                     "20:25:00,tea,补货,\t12,,\n".encode("gbk"))  # fmt: skip
    chinese = load(folder, actions=str(ours)).stream
    english = load(folder, actions=[
        row(f"{T}09:30", "freeze"), row(f"{T}20:00", "reopen"), row("20:08:30", "alert", level="emergency"),
        row("20:25", "restock", units=12),
    ]).stream  # fmt: skip
    assert chinese.did == english.did
    assert whats(chinese) == [(NOTIFY, 510.0, 3.0), (FREEZE_SKU, 570.0, 0.0), (REOPEN, 1200.0, 0.0), (RESTOCK, 1500.0, 12.0)]
    # It opens just before the order of its moment.
    assert chinese.shut == ((0, 570_000_000, 1_199_999_998),)


def test_what_was_closed_is_imputed_and_the_restock_is_stock(tmp_path):
    folder = shop(tmp_path, orders([*range(10), *range(20, 40)]), "tea,25\n")
    loaded = load(folder, actions=[row("20:09:30", "下架"), row("20:20:00", "上架"), row("20:30", "restock", units="1,000")])
    assert any("1 restocks of the log (1,000 units) are not in the recording and are added" in note for note in loaded.notes)
    assert loaded.stream.levels["stock"].min() > 0
    replayed = closed_replay(loaded.stream, [make_policy("fixed_count")], replicates=2)
    spell = replayed.windows.iloc[0]
    assert (spell["why"], spell["start_s"], spell["end_s"]) == ("closed", 570.0, pytest.approx(1200.0))


def test_the_night_keeps_every_recorded_order_and_is_judged_on_the_same_shoppers(tmp_path):
    folder = shop(tmp_path, [*orders(range(30)), (10, 0, "tea", 6), (29, 0, "tea", 2)], "tea,30\n")
    loaded = load(folder, actions=[row("20:05", "alert", level="watch"), row("20:06", "alert", level="prepare")])
    replayed = closed_replay(loaded.stream, [make_policy("fixed_count")], replicates=3)
    night = replayed.verdict.set_index("strategy").loc[NIGHT]
    # 38 units of 30 were ordered: what the recording says was oversold, whatever ledger the model is given.
    assert [night[f"oversold_units_{b}"] for b in ("low", "likely", "high")] == [8.0, 8.0, 8.0]
    assert night["notices_likely"] == 2.0
    of_night = replayed.scores[replayed.scores["strategy"] == NIGHT]
    assert of_night["recorded_refused"].max() == 0
    assert replayed.scores[replayed.scores["strategy"] == "silent"]["recorded_refused"].max() == 8
    assert of_night["J"].to_numpy() == pytest.approx((of_night["net_hindsight"] - of_night["net"]).to_numpy())
    assert (
        of_night["net_hindsight"].tolist() == replayed.scores[replayed.scores["strategy"] == "silent"]["net_hindsight"].tolist()
    )
    assert any("keeps every recorded order, also those beyond the stock" in note for note in replayed.notes)
    at = [(d.t, d.value) for d in admissions(loaded.stream)]
    assert all(d.what == ADMIT for d in admissions(loaded.stream))
    assert at[-1] == (int(1740e6) - 1, 3.0)  # two orders of one moment are let in together


def test_a_freeze_that_kept_demand_away_is_a_loss_of_the_night_alone(tmp_path):
    folder = shop(tmp_path, [(m, s, "tea", 1) for m in [*range(10), *range(20, 30)] for s in range(0, 60, 10)], "tea,500\n")
    loaded = load(folder, actions=[row("20:09:55", "freeze"), row("20:20", "reopen")])
    verdict = closed_replay(loaded.stream, [], replicates=3).verdict.set_index("strategy")
    assert verdict.loc[NIGHT, "missed_units_low"] == 0
    assert 30 < verdict.loc[NIGHT, "missed_units_likely"] < 90
    assert verdict.loc["silent", "missed_units_likely"] == 0
    assert verdict.loc[NIGHT, "saved_likely"] < 0


def test_open_loop_judges_when_the_team_knew(tmp_path):
    folder = shop(tmp_path, orders(range(40)), "tea,20\n")
    loaded = load(folder, actions=[row("20:10:00", "alert", level="prepare"), row("20:45", "delist")], end=f"{T}50:00")
    replayed = replay(loaded, [make_policy("fixed_count")])
    of_night = replayed.sellouts[replayed.sellouts["strategy"] == NIGHT].iloc[0]
    assert of_night[["sold_out_s", "prepare_s", "lead_s"]].tolist() == pytest.approx([19 * 60.0, 600.0, 540.0])
    assert replayed.alerts[replayed.alerts["strategy"] == NIGHT]["level"].tolist() == [2, 3]


def test_restocks_are_the_teams_own_where_stock_can_be_asked_for(tmp_path):
    from sim.app.replay import world_of

    folder = shop(tmp_path, orders(range(40)), "tea,20\n")
    loaded = load(folder, actions=[row("20:15", "restock", units=50)])
    shared = closed_replay(loaded.stream, [], replicates=1).verdict.set_index("strategy")
    own = closed_replay(loaded.stream, [], replicates=1, world=world_of({"supply": {"requestable": 2.5}})).verdict
    own = own.set_index("strategy")
    assert shared["sold_units_low"].tolist() == [40.0, 40.0]
    assert own["sold_units_low"].to_dict() == {"silent": 20.0, NIGHT: 40.0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([row("20:05", "frz")], "there is no action 'frz'; "),
        ([row("20:05", "freeze", sku="teas")], "the recording has no SKU 'teas'; did you mean 'tea'"),
        ([row("20:05", "restock")], "does not say of which SKU and how many units"),
        ([row("20:05", "alert", level="loud")], "has the level 'loud'; levels are watch, prepare and emergency"),
        ([row("23:05", "freeze")], "holds nothing between"),
        ([row("20:05", "freeze")], "was closed from 2026-11-11T20:06:00 to 2026-11-11T20:29:00, but 22 orders of it"),
        ([{"sku": "tea", "action": "freeze"}], "does not say when or what"),
        ([{"time": "20:05", "sku": "tea", "acton": "freeze"}], "has no column 'acton'; did you mean 'action'"),
        ("nowhere.csv", "is not a file"),
        (7, "is a file or a list"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused_in_a_sentence(tmp_path, given, said):
    folder = shop(tmp_path, orders(range(30)))
    with pytest.raises(StreamError, match=said.replace("(", r"\(")):
        load(folder, actions=given)


def test_a_table_that_is_no_log_is_refused(tmp_path):
    folder = shop(tmp_path, orders(range(30)))
    with pytest.raises(StreamError, match=r"stock\.csv has no columns time and action"):
        load(folder / "o.csv", stock=50, actions=folder / "stock.csv")


def rehearsed(units, shows=39, strategy="smart"):
    """A rehearsal in which show k orders ``units(k)``."""
    return pd.DataFrame([
        {"strategy": strategy, "replicate": k, "sku": "tea", "ordered_units": float(units(k)), "oversold_units": 0.0,
         "missed_units": 0.0, "sold_out_s": np.inf}
        for k in range(shows)
    ])  # fmt: skip


def test_bands_hold_what_they_say_they_hold():
    """A night drawn like the shows lies within in the share that is told: 2,000 nights, 39 shows each, three standard errors."""
    rng, n, inside = np.random.default_rng(11), 2000, 0
    for _ in range(n):
        shows = rng.normal(size=40)
        bands_held = held(
            rehearsed(lambda k, shows=shows: shows[k]), {"tea": dict.fromkeys(FIGURES, 0.0) | {"ordered_units": shows[39]}}
        )
        inside += bool(bands_held.loc[bands_held["figure"] == "ordered_units", "held"].iloc[0])
    assert inside / n == pytest.approx(expected(39), abs=3 * np.sqrt(0.09 / n))


def test_coverage_counts_nights_and_refuses_another_strategy(tmp_path):
    items, night = rehearsed(lambda k: 100 + k), {"tea": {"ordered_units": 120.0, "oversold_units": 0.0, "sold_out_s": np.inf}}
    worse = {"tea": {"ordered_units": 90.0, "oversold_units": 3.0, "sold_out_s": 60.0}, "cup": dict.fromkeys(FIGURES, 0.0)}
    held_bands = bands(items, "smart", "now", night, [("then", worse), ("kept", held(items, night))])
    assert held_bands.nights == (("then", 0, 3), ("kept", 3, 3), ("now", 3, 3))
    assert held_bands.coverage == (6, 9)
    with pytest.raises(StreamError, match="did not play 'smrt'; did you mean 'smart'"):
        bands(items, "smrt", "now", night)
    with pytest.raises(StreamError, match="no item in common"):
        bands(items, "smart", "now", {"cup": night["tea"]})
    stream = load(shop(tmp_path, [*orders(range(30)), (29, 30, "tea", 3)])).stream
    assert night_of(stream) == {"tea": {"ordered_units": 33.0, "oversold_units": 3.0, "sold_out_s": 1740.0}}


def test_a_review_tells_the_night_and_the_bands(tmp_path):
    show = {
        "name": "plan",
        "lesson": "x",
        "duration_s": 600.0,
        "skus": {"tea": {"stock": 30}},
        "audience": {"arrivals_per_min": 60},
    }
    plan = rehearse(show, "fixed_count", shows=4, figure="none", out=tmp_path / "plan")
    assert set(plan.items.columns) >= {"strategy", "replicate", "sku", *FIGURES}
    folder = shop(tmp_path, [*orders([*range(10), *range(20, 30)]), (29, 30, "tea", 14)], "tea,30\n")
    log = [row("20:09:30", "freeze"), row("20:20", "reopen"), row("20:05", "alert")]
    words = {"shows": 0, "alerts": 0, "figure": "none", "rehearsal": plan, "actions": log}
    first = review(str(folder), "fixed_count", out=tmp_path / "a", **words)
    again = review(str(folder), "fixed_count", out=tmp_path / "b", earlier=[tmp_path / "a", str(folder)], **words)
    page = (tmp_path / "b/review.md").read_text(encoding="utf-8")
    assert f"| {NIGHT} | " in page
    assert "## Did the rehearsal's bands hold? 彩排区间" in page
    assert "Coverage over 3 nights" in page
    assert "bands (fixed_count, 4 shows) held for" in first.text
    rows = first.night.set_index(["policy", "bound"])
    assert rows.loc[(NIGHT, "likely"), "oversold_units"] == 4
    assert set(rows.columns) == {"net", "gmv", "J", "oversold_units", "missed_units", "notices"}
    assert "| policy | net [CNY] | GMV | left on the table [CNY] | " in page
    assert len(again.bands) == 3
    with pytest.raises(ValueError, match=r"holds no items\.parquet"):
        review(str(folder), "fixed_count", shows=0, figure="none", rehearsal=str(folder))


def test_items_of_a_run_are_those_of_its_score(tmp_path):
    stream = load(shop(tmp_path, orders(range(30)), "tea,10\n")).stream
    from sim.engine.simulate import play
    from sim.replay.closedtape import closed_stage
    from sim.replay.impute import impute

    silent = play(closed_stage(stream, impute(stream)), make_policy("silent"))
    judge = Judge(silent)
    (item,) = judge.items(silent)
    score = judge.score(silent)
    assert item["ordered_units"] == 10
    assert item["oversold_units"] == score["oversold_units"] == 0
    assert item["missed_units"] == score["avoidable_units"]
    assert item["sold_out_s"] == pytest.approx(9 * 60, abs=2)


def test_delisting_is_told_as_what_it_was(tmp_path):
    stream = load(shop(tmp_path, orders(range(10))), actions=[row("20:08:59", "撤链接")]).stream
    assert [d.what for d in stream.did] == [DELIST_SKU]
