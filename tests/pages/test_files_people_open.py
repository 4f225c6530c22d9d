"""Workbooks, CSV, cards and packed columns: what they hold, and that nobody's name can do more than be read."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import stockcue as sc
from sim.app.card import card
from sim.app.pages import page
from sim.app.settings_sheet import overrides
from sim.app.workbooks import workbook
from sim.cli.main import main
from sim.report.pages.columns import packed
from sim.report.pages.settings_book import book
from sim.report.pages.workbook import workbook as sheets
from sim.setup.settings import SettingError
from sim.words import speaking
from strategies.registry import load

HOSTILE = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "x" * 300, "a\u202eb", "+1", "名字"]


def unpacked(text):
    """What js/columns.js makes of it."""
    raw = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(raw[:4], "little")
    directory = json.loads(raw[4 : 4 + length])
    by_name = dict(directory["values"])
    for name, kind, count, start in directory["arrays"]:
        values = np.frombuffer(raw, "<i4" if kind == "d4" else "<f8", count, 4 + length + start)
        by_name[name] = np.cumsum(values, dtype=float) if kind == "d4" else values
    return by_name


def test_columns_come_back_as_they_were():
    columns = {"whole": np.array([3, -7, 2**29]), "part": np.array([0.5, np.nan, 1e300]), "names": ["a", None], "one": 2.5,
               "none": np.zeros(0)}  # fmt: skip
    parts = unpacked(packed(columns))
    for name in ("whole", "part", "none"):
        np.testing.assert_array_equal(parts[name], columns[name])
    assert (parts["names"], parts["one"]) == (["a", None], 2.5)
    assert packed(columns) == packed(columns)


def test_a_workbook_has_units_intervals_and_no_formula(tmp_path):
    table = pd.DataFrame({"strategy": HOSTILE, "net": np.arange(6) * 1000.0, "net_low": 0.0, "recall": 0.25})
    path = tmp_path / "t.xlsx"
    path.write_bytes(sheets("=1+1", ["a sentence"], {"a/b:c*?[]": table, "A_B_C____": table}, ("a/b:c*?[]", "strategy", "net")))
    assert path.read_bytes() == sheets(
        "=1+1", ["a sentence"], {"a/b:c*?[]": table, "A_B_C____": table}, ("a/b:c*?[]", "strategy", "net")
    )
    opened = CalamineWorkbook.from_path(str(path))
    assert opened.sheet_names == ["how to read this", "a_b_c____", "A_B_C____~2"]
    with zipfile.ZipFile(path) as parts:
        printed = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert all('paperSize="9"' in text and 'orientation="landscape"' in text and "fitToPage" in text for text in printed)
    rows = opened.get_sheet_by_name("a_b_c____").to_python()
    assert rows[0] == ["strategy", "net [CNY]", "net_low [CNY]", "recall [share]"]
    assert rows[1][0] == "'=cmd|' /C calc'!A0"
    assert rows[4][0] == "a\\u202eb"
    assert rows[3][1:] == [2000.0, 0.0, 0.25]


def test_a_line_of_a_file_has_no_unit(tmp_path):
    rejects = pd.DataFrame({"file": ["a.csv"], "line": [7], "reason": ["no time"]})
    (tmp_path / "t.xlsx").write_bytes(sheets("t", [], {"rejects": rejects}))
    opened = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx"))
    assert opened.get_sheet_by_name("rejects").to_python()[0] == ["file", "line", "reason"]


def test_a_results_workbook_and_csv_open_in_excel(rehearsed, tmp_path):
    opened = CalamineWorkbook.from_path(str(workbook(rehearsed, out=tmp_path / "w.xlsx", lang="zh")))
    assert {"汇总", "逐场得分", "预警", "假设"} <= set(opened.sheet_names)
    head = opened.get_sheet_by_name("汇总").to_python()[0]
    assert head[0] == "策略"
    assert head[1] == "净收益 [元]"
    scores = opened.get_sheet_by_name("逐场得分").to_python()
    kept = pd.read_parquet(rehearsed / "scores.parquet")
    assert [row[scores[0].index(next(h for h in scores[0] if h.startswith("净收益 [")))] for row in scores[1:]] == pytest.approx(
        kept["net"]
    )
    place = workbook(rehearsed, csv=True, out=tmp_path / "csv")
    text = (place / "scores.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(text.decode("utf-8-sig").splitlines()))
    assert len(lines) == len(kept) + 1
    assert "net [CNY]" in lines[0]


def test_a_recommendation_edited_in_excel_is_read_back(tmp_path):
    params = {f"strategy.fixed_count.{p.name}": p for p in load("fixed_count").params}
    words = ["scenario=first_show", "strategy=[fixed_count]", "strategy.fixed_count.units=120.5", "replicates=200"]
    path = tmp_path / "recommended.xlsx"
    path.write_bytes(book(words, params, ["=why"], {"traffic": {"units": 1.0}}))
    assert overrides(path) == words
    bad = tmp_path / "other.xlsx"
    bad.write_bytes(sheets("t", [], {"x": pd.DataFrame({"a": [1]})}))
    with pytest.raises(SettingError, match="settings"):
        overrides(bad)


def test_a_recommendation_in_a_workbook_plays(tmp_path, capsys):
    path = tmp_path / "recommended.xlsx"
    path.write_bytes(book(["scenario=first_show", "strategy=[fixed_count]", "replicates=3"], {}, [], {}))
    assert main(["rehearse", f"experiment={path}", "--cfg", "job"]) == 0
    assert "replicates: 3" in capsys.readouterr().out


def test_a_card_says_where_lines_stand_and_what_follows(show, tmp_path):
    one = sc.policy("fixed_count", units=77)
    text = card(show, one, shows=2, out=tmp_path / "card.html").read_text("utf-8")
    assert text.count("<bdi>77</bdi>") >= len(show.skus)
    assert "ask for stock" in text
    assert "20:00" in text
    assert "<script" not in text
    rows = CalamineWorkbook.from_path(str(card(show, one, shows=1, lang="zh", out=tmp_path / "c.xlsx"))).sheet_names
    assert len(rows) == 3
    with pytest.raises(SettingError, match="1000"):
        card(show, one, shows=0, out=tmp_path / "no.html")


def test_hostile_names_are_text_on_a_page(tmp_path):
    table = pd.DataFrame({"strategy": HOSTILE})
    from sim.report.pages.blocks import Page, of_frame
    from sim.report.pages.page import html

    for lang in ("en", "zh"):
        with speaking(lang):
            text = html(
                Page(HOSTILE[1], HOSTILE[1], [HOSTILE[1]], [HOSTILE[1]], grids=[of_frame(HOSTILE[1], table)], origin=HOSTILE[1])
            )
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
        assert "\u202e" not in text
        assert "x" * 121 not in text.replace('title="' + "x" * 120, "")


@pytest.mark.parametrize(("words", "why"), [
    (["page"], "one run folder"), (["page", "nowhere"], "holds no result"), (["page", "x", "lang=fr"], "no language"),
    (["workbook", "x", "csv=maybe"], "csv must be"), (["card", "nowhere"], "recommended.yaml"),
    (["card", "scenario=first_show", "shows=many"], "shows must be a number, not 'many'"),
])  # fmt: skip
def test_a_wrong_word_is_one_sentence(words, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    err = capsys.readouterr().err
    assert why in err
    assert len(err.strip().splitlines()) == 1


def test_a_page_without_the_extra_is_one_sentence(rehearsed, monkeypatch, capsys):
    monkeypatch.setattr("sim.app.pages.library", lambda: "")
    assert main(["page", str(rehearsed)]) == 2
    assert "stockcue[pages]" in capsys.readouterr().err
    from sim.app.pages import written

    assert "stockcue[pages]" in written(rehearsed, "rehearse", {})


def test_pages_are_small_and_the_same_again(rehearsed, tmp_path):
    first, second = (page(rehearsed, out=tmp_path / f"{k}.html", lang="en").read_bytes() for k in (1, 2))
    assert first == second
    assert len(first) < 3_000_000


def test_a_page_tells_a_rivals_distance_as_the_table_does(rehearsed):
    """One interval for all rows at once; two in one folder would contradict each other."""
    from sim.report.pages.rehearsal import figures
    from sim.report.text.tables import summary

    scores = pd.read_parquet(rehearsed / "scores.parquet")
    figures_of = figures(scores)
    assert [line.strategy for line in summary(scores)] == list(figures_of)
    for line in summary(scores):
        assert figures_of[line.strategy]["behind"] == (line.behind.mean, line.behind.low, line.behind.high)
