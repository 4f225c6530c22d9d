"""A page in Chinese says nothing in English but names."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from sim.app.pages import page
from sim.jobs.folder import ACCOUNT
from sim.report.pages.studies import of_candidates

NAMES = re.compile(
    r"""(?x)
    [A-Za-z0-9_.*#\-]*[_.=/\#][A-Za-z0-9_./\#\[\](),=*+:-]*   # settings, files, words of commands, numbered candidates
    | \b(?:StockCue|App|GMV|SKU|ERP|CSV|Sobol|CUSUM|NAB|KS|Ancker|Bliss|Beta|eBay|gamma|theta|epsilon|alpha|eta|phi|cos|exp|tau)\b
    | \[[A-Z0-9\-]+\]                                          # works that are quoted
    | \b(?:AMO|CMM|GDQ|IRI|JMSC|MACK|RAO|REACT|SFCR|BAYM|GDQ|DCC)\b
    """
)
"""What both languages call alike."""
WORDS = re.compile(r"[A-Za-z]{3,}")


class Text(HTMLParser):
    """What a page says: text that is seen, titles and labels; names of others (``bdi`` in a body cell, options) apart."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style", "noscript", "footer")
        self.said += [value for key, value in attrs if key in ("title", "aria-label", "placeholder", "alt") and value]

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style", "noscript", "footer")

    def handle_data(self, data):
        if not self.hidden and data.strip():
            self.said.append(data)


def told(html: str) -> list[str]:
    """Everything a page says, what its charts are labelled with among it."""
    reader = Text()
    reader.feed(html.replace("<wbr>", ""))
    given = re.search(r"SC\.begin\((\{.*\})\);", html)
    charts = json.loads(given[1])["charts"] if given else []

    def strings(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key not in ("colour", "marker", "dash", "mode", "kind"):
                    yield from strings(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from strings(inner)

    return reader.said + list(strings(charts))


def english(text: str, names: set[str]) -> list[str]:
    """Words of a text that are neither Chinese nor a name."""
    text = NAMES.sub(" ", text)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return WORDS.findall(text)


def left(path: Path, names: set[str]) -> dict[str, list[str]]:
    """What is left in English on a page, by the text it stands in."""
    return {text: words for text in told(path.read_text("utf-8")) if (words := english(text, names))}


CHOSEN = {
    "lognormal",
    "accept",
    "refund",
    "off",
    "geometric",
    "matching",
    "ideal",
    "fatigue",
    "pitch",
    "deal",
    "countdown",
    "(default)",
    "holding",
    "chat",
    "rest",
}
"""Values of settings, typed as they stand."""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Tables of a search, breakpoints, a sensitivity study, a review and a calibration, made by hand: folders without a
    manifest."""
    place = tmp_path_factory.mktemp("byhand")
    shows = [
        {"stage": stage, "world": "w", "candidate": name, "replicate": k, "net": 100.0 + k, "J": 5.0 + k, "oversold_units": k,
         "missed_units": 3.0, "notices_per_operator_hour": 2.0}
        for stage, names in (("judging", ("smart#1", "smart (default)")), ("confirming", ("smart#1", "smart (default)")))
        for name in names for k in range(4)
    ]  # fmt: skip
    trial = {"trial": 0, "candidate": "smart#1", "family": "smart", "shows": 4, "J": 5.0, "strategy.smart.chance": 0.3}
    limits = {"missed_rate": 0.2, "missed_rate_low": 0.1, "missed_rate_high": 0.3, "missed_rate_limit": 0.1}
    points = [{"dial": "none", "severity": float("nan"), "unit": "", "state": "certified"},
              {"dial": "feed_lag", "severity": 5.0, "unit": "s", "state": "certified"},
              {"dial": "feed_lag", "severity": 60.0, "unit": "s", "state": "refuted"}]  # fmt: skip
    broken = [{"dial": "none", "severity": float("nan"), "unit": "", "state": "refuted", "strategy": "tiered", **limits}]
    share = {"first": 0.7, "first_low": 0.5, "first_high": 0.8, "total": 0.8, "total_low": 0.6, "total_high": 0.9}
    blame = {"show": "s", "loop": "rehearsed", "bound": "", "sku": "长" * 300, "kind": "missed", "cause": "lag", "units": 7.0}
    chain = {"t_s": 60.0, "end_s": 70.0, "sku": "a", "level": 2, "alerts": 1, "orders": 1, "worth_cny": 50.0, "worth": "useful"}
    change = {"setting": "strategy.units", "option": "", "now": 20.0, "value": 40.0, "unit": "s", "far": 1.2, "kind": "missed",
              "share": 0.5, "oversold": 0, "missed": 3, "net": 9.0, "alerts": 3}  # fmt: skip
    fitted = {"setting": "shoppers.buy_rate", "value": 0.02, "low": 0.01, "high": 0.03, "unit": "/viewer/min", "default": 0.01,
              "source": "fitted from streams: 1, orders: 9; curvature"}  # fmt: skip
    band = {"window_s": 60.0, "start_s": 0.0, "seen": 3, "low": 1.0, "middle": 2.0, "high": 5.0}
    tables = {
        "tune": {"shows": shows, "trials": [trial]},
        "breakpoint": {"breakpoints": [{"strategy": "smart", "setting": "", **p, **limits} for p in points] + broken},
        "sensitivity": {"sensitivity": [{"key": "strategy.smart.chance", **share}, {"key": "gate.for_s", **share, "total": 0.7}]},
        "review": {"blame": [blame], "chains": [chain], "changes": [change]},
        "calibrate": {"parameters": [fitted], "bands": [band]},
    }  # fmt: skip
    for verb, each in tables.items():
        (place / verb).mkdir()
        for name, rows in each.items():
            pd.DataFrame(rows).to_parquet(place / verb / f"{name}.parquet")
        (place / verb / "manifest.json").write_text(json.dumps({"command": ["stockcue", verb], "account": ACCOUNT}), "utf-8")
    return {verb: place / verb for verb in tables}


@pytest.mark.parametrize("verb", ["rehearse", "sweep", "tune", "breakpoint", "sensitivity", "review", "calibrate"])
def test_a_chinese_page_has_no_english_but_names(verb, request, studied, tmp_path):
    folder = studied.get(verb) or (
        request.getfixturevalue("rehearsed") if verb == "rehearse" else request.getfixturevalue("swept")[0].folder
    )
    names = {"smart", "silent", "tiered", "first_show", "balanced", "strict", "standard", "platform", *CHOSEN}
    if verb in ("rehearse", "sweep"):
        names |= {k.id for k in request.getfixturevalue("show").skus}
    assert left(page(folder, lang="zh", out=tmp_path / "p.html"), names) == {}
    assert left(page(folder, lang="en", out=tmp_path / "e.html"), names) != {}


@pytest.mark.parametrize("verb", ["tune", "breakpoint", "sensitivity", "review", "calibrate"])
def test_every_page_has_charts_that_open(browser, studied, tmp_path, verb):
    for lang in ("zh", "en"):  # English legends are the longer ones: on a phone they stand below each other
        seen = browser.open(page(studied[verb], lang=lang, out=tmp_path / "p.html"), 390)
        assert seen.run("return Array.from(document.querySelectorAll('.chart')).every(c => c.clientHeight > 60)")
        assert seen.run("return document.querySelectorAll('.chart').length") >= 1
        assert seen.run("return document.querySelectorAll('[role=alert]').length") == 0
        assert seen.run("return document.documentElement.scrollWidth") <= 390
        assert (seen.errors(), seen.asked()) == ([], [])


def test_a_shows_figures_are_counted_once():
    """The recommended setting is listed twice where it is what stood before."""
    rows = [{"stage": "confirming", "world": "w", "candidate": "a", "replicate": k, "net": float(k)} for k in (0, 1, 2, 0, 1, 2)]
    assert len(of_candidates(pd.DataFrame(rows))) == 3
