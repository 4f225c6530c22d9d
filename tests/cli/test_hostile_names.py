"""Names come from files of others: they stay in the working folder, run nothing in a terminal, a page or a sheet."""

import csv
import re

import pytest
import yaml

from sim.cli import main as cli
from sim.core.export import for_file_name, for_page, for_spreadsheet, for_terminal

HOSTILE = ("../../x", "/etc/x", "..", "C:\\x", "CON", "a\x00b", "x" * 300, "<script>alert(1)</script>", "<img src=x onerror=y>",
           "[a](javascript:b)", "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2+3", "\t=1", "\x1b[31mred", "\x1b]0;title\x07",
           "\u202egnp", "a\rb", "a\nb", "a|b", "${oc.env:HOME}", "%s%n", "面膜")  # fmt: skip
"""What a name could be."""
FILES = ("rehearse", "strategy=[silent,fixed_count]", "replicates=2"), ("sweep", "strategy=fixed_count", "strategy.units=3,9",
         "replicates=2", "workers=1"), ("breakpoint", "strategy=fixed_count", "dials=feed_lag", "replicates=10", "steps=1",
         "workers=1")  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_one_function_each(name):
    made = for_file_name(name)
    assert made not in ("", ".", "..")
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', made)
    assert len(made) <= 81
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", for_terminal(name))
    assert not re.search(r"<[A-Za-z/!?]|\]\(javascript:", for_page(name))
    assert not for_spreadsheet(name).lstrip("\t\r\n ").startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("words", FILES, ids=lambda words: words[0])
@pytest.mark.parametrize("name", ["../../x\x1b[31m", "<script>alert(1)</script>", "=cmd|' /C calc'!A0"], ids=ascii)
def test_outputs_hold_them_harmless(tiny, tmp_path, monkeypatch, capsys, plain_engine, words, name):
    work = tmp_path / "deep" / "er"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    show = yaml.safe_load((tmp_path / tiny).read_text("utf-8"))
    show |= {"name": name, "lesson": name, "skus": {name: {"stock": 25}}}
    show["cues"] = {"c01": {"at_s": 10, "sku": name, "kind": "link_drop"}}
    (work / "theirs.yaml").write_text(yaml.safe_dump(show), encoding="utf-8")
    figure = ["figure=none"] if words[0] == "rehearse" else []
    code = cli.main([*words, *figure, "scenario=theirs.yaml"])
    out = capsys.readouterr()
    assert code == 0, out.err
    assert {p.name for p in tmp_path.iterdir()} == {"tiny.yaml", "deep"}
    assert {p.name for p in (tmp_path / "deep").iterdir()} == {"er"}
    assert {p.name for p in work.iterdir()} == {"theirs.yaml", "runs"}
    assert len(list((work / "runs").iterdir())) == 1, "one step below runs/"
    assert "\x1b" not in out.out + out.err
    for page in work.rglob("*.md"):
        assert not re.search(r"<[A-Za-z/!?]", page.read_text("utf-8")), page
    for sheet in work.rglob("*.csv"):
        for row in csv.reader(sheet.open(encoding="utf-8")):
            assert not [cell for cell in row if cell[:1] in "=+@" and cell], sheet
