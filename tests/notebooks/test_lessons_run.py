"""Every notebook runs as a script and shows what its text says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


SIZE = re.compile(r"^SHOWS = \d+$", re.MULTILINE)
FIGURE = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.,])\d+(?:\.\d+)?")
CELLS = [[cell.strip() for cell in line.split("|")] for line in
         (NOTEBOOKS[0].parents[1] / "docs" / "claims.md").read_text("utf-8").splitlines() if line.startswith("|")]  # fmt: skip
CLAIMS = [(row[-2].strip("`").removesuffix(".py"), row[3]) for row in CELLS if row[-2].endswith(".py`")]
"""Lesson and figures of every claim, in both languages."""
PRICES = [("price_of_a_second", f"{row[2]} {row[3]}") for row in CELLS if "±" in row[2]]
TOLD = ("face", "how_old_may_the_data_be")
"""Lessons that have a test of their own below."""


def small(path: Path, folder: Path, shows: int = 2) -> dict:
    """What a lesson comes to with so many shows in place of its own number."""
    smaller = folder / path.name
    smaller.write_text(SIZE.sub(f"SHOWS = {shows}", path.read_text("utf-8")), "utf-8")
    return runpy.run_path(str(smaller))


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.stem not in TOLD], ids=lambda p: p.stem)
def test_a_lesson_runs(path, capsys, tmp_path):
    assert small(path, tmp_path)
    assert capsys.readouterr().out


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_lesson_is_short_and_needs_the_face_alone(path):
    """Under 100 lines of code, a Chinese summary on top, nothing of the project but the face."""
    text = path.read_text("utf-8")
    code = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(code) < 100
    assert set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)) <= {"stockcue", "pandas", "tempfile", "pathlib"}
    assert re.search(r"# \*\*中文摘要\*\*", text[: text.index("\n# %%\n")])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_page_of_the_gallery_is_of_its_lesson(path):
    """Every cell stands in the page as it stands in the lesson; `make gallery` makes the pages anew."""
    page = (path.parents[1] / "docs" / "gallery" / f"{path.stem}.md").read_text("utf-8")
    cells = path.read_text("utf-8").split("# %%")[1:]
    for cell in cells:
        head, _line, body = cell.partition("\n")
        text = re.sub(r"^# ?", "", body, flags=re.MULTILINE) if "markdown" in head else body
        assert text.strip() in page, "out of date"


def test_a_strategy_from_a_cell_goes_all_the_way(tmp_path):
    """Two workers play it, each from the text of the cell."""
    result = small(NOTEBOOKS[0].with_name("face.py"), tmp_path)
    assert set(result["result"].table["strategy"]) == {"silent", "pace", "fixed_count"}
    assert len(result["sweep"].table) == 4
    assert result["picture"].png[:4] == b"\x89PNG"
    assert str(result["LOADED"]) == str(result["again"])


def test_old_data_makes_a_freeze_worthless(tmp_path):
    """The field's claim: at half a second nearly nothing is oversold, at a minute nearly as much as in silence. By source: old
    orders, or orders read once a minute, are as bad as all; of old stock the allowance takes care (smart stops early and misses
    sales instead); old carts and traffic hardly matter. Half of the readings lost is a tenth as bad."""
    lesson = small(NOTEBOOKS[0].with_name("how_old_may_the_data_be.py"), tmp_path, 5)
    table = lesson["TABLE"]
    for name in ("newsvendor_freeze", "smart"):
        ages = table[name]
        assert ages[0] < 0.15 * table["silent"][0]
        assert ages[0] < ages[2] < ages[-1]
        assert ages[-1] > 0.6 * table["silent"][-1]
        for way in ("a minute old", "once a minute"):
            stock, orders, carts, traffic = (float(rows["oversold_units"][name]) for rows in lesson["BY_SOURCE"][way])
            assert orders > 0.9 * ages[-1]
            assert max(stock, carts, traffic) < ages[0] + 0.1 * orders
        lost = [float(rows["oversold_units"][name]) for rows in lesson["BY_SOURCE"]["half are lost"]]
        assert max(lost) < ages[0] + 0.15 * orders
    missed = [float(rows["missed_units"]["smart"]) for rows in (lesson["BY_SOURCE"]["a minute old"][0], lesson["FRESH"])]
    assert missed[0] > 1.1 * missed[-1]


@pytest.mark.parametrize("row", [row for row in CLAIMS if row[0] != "price_of_a_second"] + PRICES, ids=lambda row: row[1][:30])
def test_a_figure_of_the_claims_stands_in_its_lesson(row):
    """In both languages, of 100 and more (smaller ones are rounded as it suits a sentence)."""
    lesson, told = row
    page = (NOTEBOOKS[0].parents[1] / "docs" / "gallery" / f"{lesson}.md").read_text("utf-8")
    known = [abs(float(n.replace(",", ""))) for n in FIGURE.findall(page)]
    for figure in FIGURE.findall(told):
        value = float(figure.replace(",", ""))
        assert value < 100 or any(abs(value - k) <= 0.51 for k in known), figure
