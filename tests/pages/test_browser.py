"""Pages in a real browser: they open without an error or a request, answer to choices, and move prices as the engine does."""

from __future__ import annotations

import shutil

import pytest

import stockcue as sc
from sim.app.pages import page
from sim.report.pages.blocks import Page
from sim.report.pages.charts import bars
from sim.report.pages.page import html
from tests.pages.conftest import PRICES


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_rehearsal_opens_and_asks_nothing_of_anybody(browser, rehearsed, tmp_path, lang, width):
    seen = browser.open(page(rehearsed, lang=lang, out=tmp_path / "p.html"), width)
    assert seen.run("return document.documentElement.getAttribute('data-state')") == "ready"
    assert seen.run("return document.querySelector('#timelines .chart').clientHeight") > 500
    seen.run("document.getElementById('timelines-item').options[0].text = 'x'.repeat(300)")
    assert seen.run("return document.documentElement.scrollWidth") <= width
    assert seen.run("return document.querySelectorAll('[role=alert]').length") == 0
    assert seen.errors() == []
    assert seen.asked() == []


def test_a_timeline_follows_its_choices(browser, rehearsed):
    seen = browser.open(rehearsed / "report.html")
    before = seen.run("return document.getElementById('timelines').getAttribute('data-shown')")
    seen.run("var s = document.getElementById('timelines-strategy'); s.value = 'silent'; s.dispatchEvent(new Event('change'));")
    seen.until(f"return document.getElementById('timelines').getAttribute('data-shown') !== '{before}'")
    assert seen.run("return SC.shown.now.strategy") == "silent"
    seen.run("SC.shown.read(600)")
    told = seen.run("return document.querySelector('.readout').textContent")
    left = seen.run("return SC.at(SC.shown.now.left_t, SC.shown.now.left, 600)")
    assert told.startswith("20:10:00 · 10 min")
    assert f"true stock left {left:,.0f}" in told
    assert seen.errors() == []


def test_sliders_rank_as_the_engine_does(browser, swept):
    one, dear = swept
    seen = browser.open(one.folder / "report.html")
    for k, price in enumerate(PRICES.values()):
        seen.run(
            "var i = document.getElementById('price-' + arguments[0]); i.step = 'any'; i.max = '100'; i.value = arguments[1];"
            "i.dispatchEvent(new Event('input'));", k, str(price),
        )  # fmt: skip
    names = seen.run("return SC.data.candidate")
    net = dict(zip(names, seen.run("return Array.from(SC.state.net)"), strict=True))
    played = dear.trials.groupby("candidate")["net"].mean()
    assert {name: round(value) for name, value in net.items()} == {name: round(value) for name, value in played.items()}
    best = seen.run("return SC.data.candidate[SC.ranked(SC.state.net)[0]]")
    assert best == played.idxmax()
    assert best in seen.run("return document.querySelector('#sweep .readout').textContent")
    half = seen.run("return Array.from(SC.half(SC.data, SC.data.prices))")
    shows = one.trials.groupby("candidate")["net"].std() / 3**0.5
    from sim.stats.paired import student

    assert half[names.index(names[0])] == pytest.approx(student(0.95, 2) * shows[names[0]], rel=1e-6)
    assert seen.errors() == []


def test_a_switch_point_is_where_the_best_changes(browser, swept):
    seen = browser.open(swept[0].folder / "report.html")
    done = seen.run("return SC.switches(SC.data, SC.data.prices, 1, 0, 60)")
    for price, before, after in done:
        for step, expected in ((-1e-3, before), (1e-3, after)):
            ranked = seen.run(
                "var p = SC.data.prices.slice(); p[1] = arguments[0]; return SC.ranked(SC.net(SC.data, p))[0]", price + step
            )
            assert ranked == expected
    ends = [seen.run(f"var p = SC.data.prices.slice(); p[1] = {x}; return SC.ranked(SC.net(SC.data, p))[0]") for x in (0, 60)]
    assert bool(done) == (ends[0] != ends[1])


def test_a_sweeps_table_filters_sorts_and_opens_timelines(browser, swept):
    seen = browser.open(swept[0].folder / "report.html")
    seen.run("var i = document.querySelector('#sweep thead input'); i.value = 'smart'; i.dispatchEvent(new Event('input'));")
    shown = "return Array.from(document.querySelectorAll('#sweep tbody tr[aria-rowindex]')).map(r => r.cells[0].textContent)"
    assert len(seen.run(shown)) == 2
    assert all("smart" in name for name in seen.run(shown))
    seen.run("document.querySelectorAll('#sweep thead button')[1].click()")
    assert seen.run("return document.querySelectorAll('#sweep thead th')[1].getAttribute('aria-sort')") == "descending"
    seen.run("document.querySelector('#sweep tbody tr[aria-rowindex]').click()")
    name = seen.run("return document.querySelector('#sweep tbody tr.chosen').cells[0].textContent")
    seen.until(f"return SC.shown.now.strategy === '{name}'")
    seen.run("SC.brushed([0, 1])")
    assert seen.errors() == []
    assert seen.asked() == []


def test_bars_below_zero_hide_none_above(browser, tmp_path):
    """What a cause spared lies left of zero, what others cost right of it."""
    chart = bars("blame", ["mask"], [("lag", "#56B4E9", [1.0]), ("reaction", "#E69F00", [-30.0]), ("line", "#009E73", [26.0]),
                                     ("demand", "#8A8A8A", [3.0])], "units")  # fmt: skip
    (tmp_path / "p.html").write_text(html(Page("t", charts=[chart])), encoding="utf-8")
    seen = browser.open(tmp_path / "p.html")
    seen.until("return Bokeh.documents.length > 0")
    drawn = seen.run("return Array.from(Bokeh.documents[0].all_roots[0].renderers).map(r => r.data_source.data)"
                     ".map(d => [d.name[0], d.left[0], d.right[0]])")  # fmt: skip
    assert drawn == [["lag", 0, 1], ["reaction", -30, 0], ["line", 1, 27], ["demand", 27, 30]]
    assert seen.errors() == []


def test_what_is_half_written_or_old_is_shown_as_far_as_it_goes(browser, rehearsed, tmp_path):
    place = tmp_path / "half"
    shutil.copytree(rehearsed, place)
    (place / "manifest.json").unlink()
    (place / "timelines.parquet").write_bytes(b"PAR1 cut short")
    seen = browser.open(page(place, lang="en"))
    assert "half written" in seen.run("return document.querySelector('.note').textContent")
    assert seen.run("return document.querySelectorAll('tbody tr').length") >= 3
    assert seen.errors() == []


@pytest.fixture(scope="module")
def folders(tmp_path_factory, show):
    """Run folders of verbs whose pages are sentences, tables and pictures."""
    place = tmp_path_factory.mktemp("others")
    replayed = sc.replay(sc.read("example", zone="Asia/Shanghai"), ["fixed_count"], out=place / "replay")
    narrow = sc.policy("fixed_count")
    return [
        replayed.folder,
        sc.breakpoint(show, [narrow], dials=["feed_lag"], shows=12, steps=1, out=place / "break", workers=1).folder,
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_of_other_verbs_open_in_both_languages(browser, folders, tmp_path, lang):
    for folder in folders:
        seen = browser.open(page(folder, lang=lang, out=tmp_path / f"{folder.name}.html"), 390)
        assert len(seen.run("return document.querySelector('.verdict').textContent")) > 20
        assert seen.run("return document.querySelectorAll('table').length") >= 1
        assert seen.run("return document.documentElement.scrollWidth") <= 390
        assert seen.errors() == []
        assert seen.asked() == []


def nameless(seen) -> list[str]:
    """Things to operate that a screen reader would have no name for."""
    tree = seen.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    operated = {
        "button",
        "slider",
        "textbox",
        "combobox",
        "PopUpButton",
        "MenuListPopup",
        "columnheader",
        "region",
        "form",
        "progressbar",
    }
    reached = [node for node in tree if not node.get("ignored") and (node["role"]["value"] in operated or focusable(node))]
    return [
        f"{node['role']['value']} {node.get('properties', [])}"
        for node in reached
        if not node.get("name", {}).get("value", "").strip() and node["role"]["value"] != "MenuListPopup"
    ]


def focusable(node) -> bool:
    """Whether keys reach it."""
    return any(p["name"] == "focusable" and p["value"].get("value") for p in node.get("properties", []))


def test_what_keys_reach_in_a_chart_has_a_name(browser, rehearsed):
    seen = browser.open(rehearsed / "report.html")
    assert nameless(seen) == []
    tree = seen.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    pictures = [n["name"]["value"] for n in tree if not n.get("ignored") and n["role"]["value"] in ("img", "image")]
    assert pictures.count("What happened") == 3


def test_tools_of_a_chart_speak_the_language_of_the_page(browser, rehearsed, tmp_path):
    seen = browser.open(page(rehearsed, lang="zh", out=tmp_path / "p.html"))
    tree = seen.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    tools = {n["name"]["value"] for n in tree if not n.get("ignored") and n["role"]["value"] == "button"}
    assert {"拖动", "滚轮缩放", "框选放大", "还原视图"} <= tools
    assert not {name for name in tools if name.isascii()}


def test_keys_and_screen_readers_reach_everything(browser, swept, tmp_path):
    from selenium.webdriver.common.keys import Keys

    seen = browser.open(page(swept[0].folder, lang="zh", out=tmp_path / "p.html"))
    assert nameless(seen) == []
    box = seen.driver.find_element("css selector", "#sweep .virtual")
    assert box.get_attribute("aria-label") == "全部方案"
    box.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert seen.run("return document.querySelector('#sweep tr[aria-selected=true]').getAttribute('aria-rowindex')") == "3"
    slider = seen.driver.find_element("id", "price-2")
    before = seen.run("return SC.state.net[0]")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert seen.run("return SC.state.net[0]") != before
    assert seen.run("return document.querySelector('#sweep .readout').getAttribute('aria-live')") == "polite"


def test_a_box_in_one_front_marks_the_same_candidates_everywhere(browser, swept):
    seen = browser.open(swept[0].folder / "report.html")
    rows = "return Array.from(document.querySelectorAll('#sweep tbody tr[aria-rowindex]')).map(r => r.cells[0].textContent)"
    names = seen.run("return SC.data.candidate")
    seen.run("SC.source.selected.indices = [0, 2]")
    assert sorted(seen.run(rows)) == sorted([names[0], names[2]])
    seen.run("SC.source.selected.indices = []")
    assert len(seen.run(rows)) == len(names)


def test_a_dial_offers_what_its_strategy_has(browser, swept):
    """A map over two dials only where candidates differ in two."""
    seen = browser.open(swept[0].folder / "report.html")
    picks = (
        "return Array.from(document.querySelectorAll('#sweep .choices select')).map(s => Array.from(s.options).map(o => o.text))"
    )
    families, _figures, dials, _second = seen.run(picks)
    assert sorted(families) == ["fixed_count", "smart"]
    assert all(dial.startswith(f"{families[0]}.") for dial in dials)
    assert seen.run("return document.querySelectorAll('#sweep .choices label')[3].style.display") == "none"
