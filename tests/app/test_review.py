"""The review's page: the one in the docs is what its commands make; hostile names stay text; mistakes are one sentence."""

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main as cli
from sim.postmortem.blame import CAUSES, blame
from sim.replay import invented_nights as nights
from sim.report.figures.blame import LOOKS, NAMES, blame_figure, rows_of
from sim.report.pages.review import _tenths
from sim.setup.policies import make_policy
from tests.postmortem.review_worlds import PROFILE, flash, stage_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "review"
SHOW = """\
name: "night <script>alert(1)</script>"
lesson: two minutes, two items
duration_s: 120
audience: {arrivals_per_min: 900}
shoppers: {buy_rate: 0.06, never_pay: 0.0, cancel_share: 0.0}
skus:
  "<img src=x onerror=y>": {stock: 15, tier: traffic}
  "=cmd|' /C calc'!A0": {stock: 15}
  '$\\frac{$': {stock: 15}
cues:
  c01: {at_s: 10, sku: "<img src=x onerror=y>", kind: link_drop}
  c03: {at_s: 30, sku: '$\\frac{$', kind: link_drop}
  c02: {at_s: 40, sku: "=cmd|' /C calc'!A0", kind: link_drop}
ledger: {mode: deduct_on_payment, late_payment: accept, hold_s: 60, sweep_s: 5}
"""


def run(capsys, *words):
    code = cli.main(["review", *words])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder that the commands of docs/review/README.md make."""
    place = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        nights.write(Path("nights"))
        for command in re.findall(r"^stockcue review (.*)$", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE):
            assert cli.main(["review", *shlex.split(command)]) == 0
    return place / "runs" / "review"


def test_the_page_in_the_docs_is_what_its_commands_make(made):
    for name in ("review.md", "proposal.yaml"):
        assert (made / name).read_text("utf-8") == (DOCS / name).read_text("utf-8"), f"docs/review/{name} is out of date"
    for name, page in (("review.md", "helps.md"), ("proposal.yaml", "helps.yaml")):
        text = (made.parent / "helps" / name).read_text("utf-8")
        assert text == (DOCS / page).read_text("utf-8"), f"docs/review/{page} is out of date"
    assert "**Change** `strategy.units=" in (DOCS / "helps.md").read_text("utf-8")
    for name in ("blame.png", "timeline.png"):
        assert (DOCS / name).stat().st_size < 200_000


def test_the_page_says_which_loop_and_whose_demand(made):
    text = (made / "review.md").read_text("utf-8")
    assert text.count("CLOSED LOOP") == 1
    assert "imputed (likely)" in text
    for title in ("复盘", "触发了什么", "还能救回多少", "责任拆分", "最小改动", "与往场相比", "下场建议", "依据"):
        assert title in text, title
    assert "3 earlier shows" in text


def test_tables_of_the_folder_add_up(made):
    split = pd.read_parquet(made / "blame.parquet")
    changes, evidence = (pd.read_parquet(made / f"{name}.parquet") for name in ("changes", "evidence"))
    total = split.groupby("kind")["units"].sum()
    told = re.search(r"([\d,]+) units oversold, ([\d,]+) missed", (made / "review.md").read_text("utf-8"))
    oversold, missed = (int(n.replace(",", "")) for n in told.groups())
    assert missed > 0
    assert (total["oversold"], total["missed"]) == pytest.approx((oversold, missed))
    assert set(split["cause"]) == set(CAUSES)
    assert set(split["loop"]) == {"closed"}
    assert set(split["bound"]) == {"likely"}
    assert (changes["missed"] <= 0.1 * missed).all()
    assert set(evidence["bound"]) >= {"low", "likely", "high"}
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    assert manifest["loop"] == "closed"
    assert {"review.md", "blame.png", "timeline.png", "proposal.yaml", "habits.json"} <= set(manifest["files"])


def test_the_proposal_can_be_rehearsed(made, capsys):
    import yaml

    proposal = yaml.safe_load((made / "proposal.yaml").read_text("utf-8"))
    words = proposal["overrides"]
    assert cli.main(["rehearse", f"experiment={made / 'proposal.yaml'}", "scenario=first_show", "--cfg"]) == 0
    shown = capsys.readouterr().out
    assert cli.main(["rehearse", *words, "scenario=first_show", "--cfg"]) == 0
    assert shown == capsys.readouterr().out
    assert cli.main(["rehearse", words[0], "scenario=first_show", "--cfg"]) == 0
    assert (shown != capsys.readouterr().out) == (proposal["change"] is not None), "a change is in the words, and nothing else"


def test_an_earlier_review_tells_of_drift_but_not_of_evidence(made, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("night.yaml").write_text(SHOW, encoding="utf-8")
    code, _, _ = run(capsys, "scenario=night.yaml", "strategy=fixed_count", "shows=0", f"earlier={made}", "out=r", "figure=none")
    assert code == 0
    text = Path("r/review.md").read_text("utf-8")
    assert "1 earlier show;" in text
    assert "this cries drift too readily" in text or "0 of 6 figures tested" in text
    assert "was tried on no other (shows=0)" in text


def test_hostile_names_stay_text_on_the_page_and_harmless_in_spreadsheets(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("night.yaml").write_text(SHOW, encoding="utf-8")
    code, _, err = run(capsys, "scenario=night.yaml", "strategy=fixed_count", "strategy.units=12", "shows=1", "out=r")
    assert code == 0, err
    text = Path("r/review.md").read_text("utf-8")
    assert "<img" not in text
    assert "<script" not in text
    assert "&lt;img src=x onerror=y&gt;" in text
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| =cmd")}
    assert len(widths) == 1, "a bar in a name ends no cell"
    for table in ("blame.csv", "alerts.csv"):
        cells = Path("r", table).read_text("utf-8")
        assert ",=cmd" not in cells
        assert "'=cmd" in cells


def test_shares_shown_with_one_decimal_still_add_up():
    split = blame(stage_of(flash()), make_policy("newsvendor_freeze", playbook="human"), PROFILE)
    shown = _tenths(split.parts.sum(2))
    assert [round(x, 6) for x in shown.sum(0)] == list(map(float, split.lost.total))
    assert abs(shown - split.shares).max() < 0.1


def test_the_figure_draws_the_blame_table():
    split = blame(stage_of(flash()), make_policy("newsvendor_freeze", playbook="human"), PROFILE)
    skus = [s.id for s in stage_of(flash()).scenario.skus]
    names, units = rows_of(split, skus)
    assert names[-1] == "all"
    assert units[:, :, -1].tolist() == split.shares.tolist()
    figure = blame_figure(split, skus, "t", "REHEARSED: x")
    left, right = figure.axes
    width = [sum(p.get_width() for p in axis.patches[len(names) - 1 :: len(names)]) for axis in (left, right)]
    assert width == pytest.approx([float(x) for x in split.lost.units.sum(1)])
    (legend,) = figure.legends
    assert "REHEARSED" in legend.get_title().get_text()
    assert set(LOOKS) == set(NAMES) == set(CAUSES)


BAD = [
    ("scenario=first_show", "6 are chosen; name it, as in strategy=smart"),
    ("strategy=[smart,fixed_count]", "2 are chosen"),
    ("strategy=smart zone=UTC", "zone= says how to read a recording, and none is named"),
    ("strategy=smart stream=nope.csv", "nope.csv"),
    ("strategy=smart stream=example zone=Asia/Shanghai earlier=gone/", "gone"),
    ("strategy=smart shows=-1", "outside its bounds"),
    ("strategy=smart figure=some", "figure"),
    ("strategy=fixed_count scenario=seckill_atomic figure_sku=kettle shows=0", "figure_sku has no option 'kettle'"),
    ("strategy=smart share=1", "review has no setting 'share'"),
    ("strategy=smart experiment=promotion_night", "is for another verb; give it as stockcue rehearse"),
    ("strategy=smart experiment=no.yaml", "the experiment file 'no.yaml' cannot be read"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD)
def test_a_mistake_is_one_sentence(words, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *words.split())
    assert code == 2, err
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""
    assert list(tmp_path.iterdir()) == []
