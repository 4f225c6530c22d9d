"""Names come from files of others: they stay in the working folder, run nothing in a terminal, a page or a sheet.

One list, as SKUs, scenario, cues, strategy and notes at once, against every output of every verb.
"""

import asyncio
import base64
import csv
import gzip
import json
import re
import warnings
import zipfile
from html.parser import HTMLParser

import pytest
import yaml
from matplotlib import rc_context
from matplotlib.figure import Figure

import stockcue as sc
from sim.app.desk import Desk
from sim.app.nouns import profile_of
from sim.cli import main as cli
from sim.cli.desk import Server
from sim.core.export import for_file_name, for_page, for_spreadsheet, for_terminal
from sim.replay.shadow.scrape import _items as scraped_items
from sim.report.figures import style
from sim.report.pages.desk import html

HOSTILE = ("../../x", "/etc/x", "..", "C:\\x", "CON", "x" * 300, "<script>alert(1)</script>", "<img src=x onerror=y>",
           "[a](javascript:b)", "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2+3", "\t=1", "\x1b[31mred", "\x1b]0;title\x07",
           "\u202egnp", "a\rb", "a\nb", "a|b", "${oc.env:HOME}", "%s%n", "$x_{", "面膜")  # fmt: skip
"""What a name could be."""
NUL = "a\x00b"
"""A table with it is no text, a YAML file cannot hold it; a line of JSON can."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BAD = "<script>alert(1)</script>\x1b[31m](javascript:b)"
MINE = f"""\
from strategies.contract import Strategy

def fold(p, m, s):
    m[0] = 4.0
    return 3 if s.stock <= 4.0 else 0

STRATEGY = Strategy({BAD!r}, {BAD!r}, fold)
"""
PLAYED = ("scenario=theirs.yaml", "workers=1")
RANGED = (*PLAYED, "strategy=fixed_count", "replicates=2")
VERBS = {
    "rehearse": (*PLAYED, "strategy=[fixed_count,./mine.py]", "replicates=2", "figure=none", "out=runs/r"),
    "rehearse again": (*PLAYED, "strategy=fixed_count", "replicates=2", "figure=none", "seed=2", "out=runs/b"),
    "diff": ("runs/r", "runs/b"),
    "diff kept": ("runs/r", "runs/b", "out=runs/d"),
    "sweep": (*RANGED, "strategy.units=3,9", "out=runs/s"),
    "tune": (*PLAYED, "strategy=fixed_count", "strategy.units=interval(1,9)", "trials=8", "replicates=4", "judging=20",
             "confirm=10", "finalists=2"),
    "breakpoint": (*PLAYED, "strategy=fixed_count", "dials=feed_lag", "replicates=10", "steps=1"),
    "sensitivity": (*RANGED, "strategy.units=interval(3,9)", "gate.cooldown_s=interval(0,30)", "points=8"),
    "review": ("scenario=theirs.yaml", "strategy=./mine.py", "shows=0", "alerts=0", "figure=none", "out=runs/v"),
    "review of a recording": ("stream=orders.csv", "stock=5", "zone=Asia/Shanghai", "strategy=./mine.py", "shows=0", "alerts=0",
                              "figure=none", "out=runs/v2"),
    "rollup": ("runs/v", "runs/v2", "out=runs/u"),
    "ingest": ("files=orders.csv", "zone=Asia/Shanghai"),
    "replay": ("stream=orders.csv", "stock=5", "strategy=[fixed_count,./mine.py]", "zone=Asia/Shanghai", "feed_lines=write",
               "figure=none"),
    "calibrate": ("stream=orders.csv", "zone=Asia/Shanghai", "model=poisson"),
    "shadow": ("input=feed.jsonl", "follow=no", "stock=stock.jsonl", "length_s=90", "out=runs/a.jsonl", "strategy=./mine.py",
               "metrics=runs/m.json", "rejects=runs/j.jsonl"),
    "export": ("scenario=theirs.yaml", "strategy=fixed_count", "replicates=2"),
    "stock": (PLAYED[0], "replicates=10"),
    "sweep of nights": ("scenario=[theirs.yaml,other.yaml]", *RANGED[1:], "strategy.units=3,9", "select=none", "out=runs/n"),
    "walk": ("runs/n", "out=runs/w"),
    "page": ("runs/r", "lang=zh"),
    "workbook": ("runs/r",),
    "workbook of a sweep": ("runs/s", "csv=true"),
    "card": ("scenario=theirs.yaml", "strategy=./mine.py", "shows=2", "out=runs/card.html"),
    "card as workbook": ("scenario=theirs.yaml", "strategy=./mine.py", "shows=2", "out=runs/card.xlsx"),
    "test": ("rules.yaml",),
    "list": ("scenarios",),
    "check": ("./mine.py",),
}  # fmt: skip
"""Words of every verb, kept small."""


@pytest.mark.parametrize("name", [*HOSTILE, NUL], ids=ascii)
def test_one_function_each(name):
    safe_name = for_file_name(name)
    assert safe_name not in ("", ".", "..")
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f]', safe_name)
    assert len(safe_name) <= 81
    assert not CONTROL.search(for_terminal(name))
    assert not re.search(r"<[A-Za-z/!?]|\]\(javascript:", for_page(name))
    assert not for_spreadsheet(name).lstrip("\t\r\n ").startswith(("=", "+", "-", "@"))


def test_pictures_draw_them_as_text():
    """As titles, all at once: no formula, no control character, no warning of a character that no font has."""
    with rc_context(style.settings()), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = Figure(figsize=(6, 3))
        for k, name in enumerate([*HOSTILE, NUL]):
            assert not CONTROL.search(style.text(name))
            figure.text(0.01, k / 26, style.text(name))
        assert style.png(figure).startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A working folder two steps down, with files of others in it."""
    folder = tmp_path_factory.mktemp("names") / "deep" / "er"
    folder.mkdir(parents=True)
    ours = [name for name in HOSTILE if "${" not in name]  # a scenario that says that is refused
    listed = [*ours, BAD]
    cues = {f"c{k}": {"at_s": 2.0 * k, "sku": name, "kind": "link_drop"} for k, name in enumerate(ours)}
    show = {"name": BAD, "lesson": BAD, "duration_s": 60, "audience": {"arrivals_per_min": 60}, "shoppers": {"buy_rate": 0.1},
            "skus": {name: {"stock": 6} for name in ours}, "cues": cues}  # fmt: skip
    (folder / "theirs.yaml").write_text(yaml.safe_dump(show), encoding="utf-8")
    (folder / "other.yaml").write_text(yaml.safe_dump(show | {"name": f"{BAD}2"}), encoding="utf-8")
    expected = [{"at": 2, "sku": name, "level": "calm"} for name in ours] + [{"at": 2, "sku": BAD, "level": "emergency"}]
    rules = {"strategy": "fixed_count", "interval": "1s", "items": {name: {"stock": 50} for name in listed},
             "tests": [{"name": BAD, "series": {name: {"stock": "50-1x3"} for name in listed}, "expect": expected}]}  # fmt: skip
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    (folder / "mine.py").write_text(MINE, encoding="utf-8")
    names = [*HOSTILE, NUL]
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [
            [f"{BAD}{k}", f"2026-06-18 20:{k // 6:02d}:{k % 6 * 10:02d}", HOSTILE[k % 24], 1, BAD if k % 50 == 7 else "paid"]
            for k in range(360)
        ]
        csv.writer(file).writerows([["order_id", "order_time", "sku", "quantity", "status"], *rows])
    feed = [{"t": k, "kind": "order", "sku": name, "qty": 3} for k, name in enumerate(names)]
    feed += [{"t": 30, "kind": BAD}, {"t": 90, "kind": "end"}]
    (folder / "feed.jsonl").write_text("".join(json.dumps(e) + "\n" for e in feed) + BAD + "\n", encoding="utf-8")
    (folder / "stock.jsonl").write_text("".join(json.dumps({"sku": n, "stock": 6}) + "\n" for n in names), encoding="utf-8")
    return folder


def directory(blob: str) -> list[str]:
    """The texts among the columns of a page."""
    raw = gzip.decompress(base64.b64decode(blob))
    return texts(json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")]))


def texts(node) -> list[str]:
    if isinstance(node, dict):
        return [text for pair in node.items() for one in pair for text in texts(one)]
    return [text for one in node for text in texts(one)] if isinstance(node, list) else [str(node)]


class Tags(HTMLParser):
    """Collects what of a page comes to life."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag, attrs):
        leads = ("href", "src", "action")
        self.live += [f"{k}={v}" for k, v in attrs if k.startswith("on") or (k in leads and "javascript:" in (v or ""))]
        if dict(attrs).get("src") == "x":
            self.live.append(tag)
        self.blob = dict(attrs).get("type") == "application/octet-stream"
        self.shown += [v for _k, v in attrs if v]

    def handle_data(self, data):
        if self.cdata_elem == "script" and data.strip() == "alert(1)":
            self.live.append("script")
        if self.cdata_elem is None:
            self.shown.append(data)
        elif self.cdata_elem == "script" and self.blob:
            self.shown += directory(data)
        elif "SC.begin({" in data:
            self.shown += texts(json.loads(data[data.rindex("SC.begin(") + 9 :].strip().removesuffix(");")))


@pytest.mark.parametrize("verb", VERBS)
def test_every_output_holds_them_harmless(work, monkeypatch, capsys, plain_engine, verb):
    monkeypatch.chdir(work)
    before = {p: p.stat().st_mtime_ns for p in work.rglob("*")}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        code = cli.main([verb.split()[0], *VERBS[verb]])
    printed = capsys.readouterr()
    assert code == (verb == "test"), printed.err  # one of its tests fails, to be told
    assert not CONTROL.search(printed.out + printed.err)
    assert [p.name for p in work.parent.parent.iterdir()] == ["deep"]
    assert [p.name for p in work.parent.iterdir()] == ["er"]
    written_files = [p for p in work.rglob("*") if p.stat().st_mtime_ns != before.get(p)]
    assert written_files or verb in ("list", "check", "diff", "test")
    for path in written_files:
        place = path.relative_to(work)
        assert not CONTROL.search(str(place)), ascii(place)
        assert all(for_file_name(step.lstrip(".")) == step.lstrip(".") for step in place.parts), place
        assert place.parts[0] in ("runs", "fitted")
        if path.is_file():
            harmless(path)


def test_prometheus_has_them_as_labels():
    """As they are, each on a line of its own."""
    client = pytest.importorskip("prometheus_client")
    from prometheus_client.parser import text_string_to_metric_families

    names, registry = [*HOSTILE, NUL], client.CollectorRegistry()

    class Items:
        def collect(self):
            return scraped_items({name: {"stock": 1, "orders": 2, "closed": 0, "unpaid": 3} for name in names})

    registry.register(Items())
    families = text_string_to_metric_families(client.generate_latest(registry).decode("utf-8"))
    assert sorted(s.labels["sku"] for family in families for s in family.samples if s.value == 3) == sorted(names)


def test_the_desk_holds_them_harmless(work, monkeypatch, plain_engine):
    """Its page, what it answers, and what it saves."""
    pytest.importorskip("tornado", reason="the desk needs the extra pages")
    monkeypatch.chdir(work)
    show, words = sc.scenario("theirs.yaml"), ["scenario=theirs.yaml", "strategy=[fixed_count,./mine.py]"]
    desk = Desk(show, [sc.policy("fixed_count"), sc.policy("./mine.py")], profile_of("balanced"), shows=2)
    folder = work / "runs" / "desk"
    folder.mkdir(parents=True)
    (folder / "page.html").write_text(html(desk, "token"), encoding="utf-8")
    (folder / "answer.json").write_text(json.dumps(list(desk.answers({}))), encoding="utf-8")
    saved = asyncio.run(saved_by(desk, words, folder))
    assert (saved.parent, for_file_name(saved.name)) == (folder, saved.name)
    for path in folder.iterdir():
        harmless(path)


async def saved_by(desk, words, folder):
    """What a desk saves, as an experiment file."""
    server = Server(desk, words, "127.0.0.1", 0, folder)
    try:
        return server.save({})
    finally:
        server.close()


def harmless(path) -> None:
    """Nothing in a file runs, whoever opens it."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name).decode("utf-8") for name in book.namelist()}
        assert not [name for name in parts if "external" in name.lower() or "vba" in name.lower()]
        for name, text in parts.items():
            assert not re.search(r"<f[ >]|<hyperlink|TargetMode", text), (path, name)
        cells = re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", "".join(parts.values()))
        assert cells
        assert not [c for c in cells if c.lstrip().startswith(("=", "+", "-", "@")) and not number(c)], path
        assert not CONTROL.search("".join(cells))
    if path.suffix in (".md", ".html", ".csv", ".json", ".jsonl", ".yaml", ".txt"):
        text = path.read_text("utf-8")
        if path.suffix == ".md":
            assert not re.search(r"<[A-Za-z/!?]|\]\((?=\s*javascript:)", text), path
        elif path.suffix == ".html":
            page = Tags()
            page.feed(text)
            assert not page.live, (path, page.live)
            assert not [text for text in page.shown if CONTROL.search(text)], path
        elif path.suffix == ".csv":
            cells = [cell for row in csv.reader(text.splitlines(True)) for cell in row]
            assert not [c for c in cells if c[:1] in ("=", "@") or (c[:1] in ("+", "-") and not number(c))], path
        elif path.suffix == ".json":
            json.loads(text)
        if path.suffix not in (".csv", ".html"):
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text), path


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
