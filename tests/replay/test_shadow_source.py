"""Standard input and files that grow, are exchanged, are cut short; wall time."""

import json
import os
import re
import time

import pytest

from scenarios.registry import load
from sim.replay import StreamError
from sim.replay.shadow import Shadow
from sim.replay.shadow.source import CHUNK, LineSource
from sim.report.exports.prometheus import rules
from sim.setup.policies import make_policy
from tests.events import LIMIT_S
from tests.replay.feeds import followed, line, small, ways


def quiet_reads(source):
    out = []
    while True:
        lines = source.read(0.0)
        if not lines:
            return out
        out += lines


def test_lines_are_whole_however_they_arrive(tmp_path):
    path, told = tmp_path / "f", []
    path.write_bytes(b"one\ntw")
    source = LineSource(str(path), True, told.append)
    assert quiet_reads(source) == [b"one"]
    assert (source.offset, source.unfinished()) == (4, 2)
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert quiet_reads(source) == [b"two", b"three"]
    assert source.offset == path.stat().st_size
    assert told == []


@pytest.mark.parametrize("size", [65_537, CHUNK * 2, CHUNK * 3 + 17, 1_000_000])
def test_a_giant_line_costs_itself_alone_and_little_memory(size, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"before\n" + b"x" * size + b"\nafter\n")
    source, most, lines = LineSource(str(path), False, print), 0, []
    while not source.at_end:
        lines += source.read(0.0)
        most = max(most, len(source.rest))
    assert (lines[0], lines[-1], len(lines)) == (b"before", b"after", 3)
    assert len(lines[1]) > 65_536
    assert most <= 2 * CHUNK
    assert source.offset == path.stat().st_size
    again = LineSource(str(path), False, print)
    again.skip(source.offset, source.crc, "the state")


def test_another_file_under_the_same_name_is_read_from_its_start(tmp_path):
    path, told = tmp_path / "f", []
    path.write_bytes(b"old\ncut of")
    source = LineSource(str(path), True, told.append)
    assert quiet_reads(source) == [b"old"]
    path.rename(tmp_path / "f.1")
    assert quiet_reads(source) == []
    path.write_bytes(b"new\n")
    assert source.read(0.0) == [b"cut of"]
    assert quiet_reads(source) == [b"new"]
    assert len(told) == 1
    assert "another file has taken its name" in told[0]
    assert (source.offset, source.unfinished()) == (4, 0)


def test_a_file_that_was_cut_short_is_read_from_its_start(tmp_path):
    path, told = tmp_path / "f", []
    path.write_bytes(b"old one\n" * 3)
    source = LineSource(str(path), True, told.append)
    assert len(quiet_reads(source)) == 3
    path.write_bytes(b"new\n")
    assert source.read(0.0) == []
    assert quiet_reads(source) == [b"new"]
    assert "cut short" in told[0]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: None, "is not there"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: (p.write_text(""), p.chmod(0)), "cannot be read .Permission denied."),
    ],
)
def test_an_input_that_cannot_be_read_is_one_sentence(make, says, tmp_path):
    make(tmp_path / "f")
    if "Permission" in says and os.geteuid() == 0:
        pytest.skip("root reads everything")
    with pytest.raises(StreamError, match=says) as caught:
        LineSource(str(tmp_path / "f"), True, print)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["out", "state", "rejects", "metrics"])
def test_an_output_that_cannot_be_written_is_told_before_the_first_line(name, tmp_path):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    (tmp_path / "file").write_text("")
    with pytest.raises(StreamError, match="cannot be written"):
        Shadow(small(tmp_path), ways(tmp_path, **{name: tmp_path / "file" / "x"}), print)


def test_it_stops_when_nothing_comes(tmp_path):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    told = []
    metrics = Shadow(small(tmp_path), ways(tmp_path, follow=True, idle_s=0.1), told.append).run()
    assert metrics["lines"]["used"] == 1
    assert told == ["no line has come for 0.1 s"]


def test_metrics_are_told_now_and_then(tmp_path):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    told = []
    Shadow(small(tmp_path), ways(tmp_path, follow=True, idle_s=0.6, report_s=0.2), told.append).run()
    assert len(told) >= 3
    assert told[0].startswith("1 lines (1 used), 0 late, 0 repaired, 0 from the future, 0 readings, 0 alerts")
    assert json.loads((tmp_path / "a.metrics").read_text())["lines"]["used"] == 1


def test_silence_is_an_alert_of_its_own(tmp_path):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    told = []
    shadow = Shadow(small(tmp_path), ways(tmp_path, follow=True, silent_s=20.0), told.append, now=lambda: 1_800_000_000.0)
    shadow.step([line(5).encode()], 0.0)
    for quiet_s, came in ((19.0, False), (20.0, False), (500.0, False)):
        shadow._silence(quiet_s, came)
    shadow.parts.close()
    # What is silent stays so over a restart.
    again = Shadow(small(tmp_path), ways(tmp_path, follow=True, silent_s=20.0), told.append, now=lambda: 1_800_000_900.0)
    again._silence(0.0, False)
    again._silence(0.0, True)
    again._silence(1.0, True)
    records = [json.loads(text) for text in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [a["n"] for a in records] == list(range(1, len(records) + 1))
    records = [a for a in records if a["strategy"] == "feed"]
    assert [(a["sku"], a["level"], a["stock"]) for a in records] == [("", 2, None), ("", 0, None)]
    assert records[0]["reason"] == "no line has come for 20 s: stock is not seen any more"
    assert [a["at"] for a in records] == ["2027-01-15T08:00:00.000+00:00", "2027-01-15T08:15:00.000+00:00"]
    assert "lines come again" in told


@pytest.mark.parametrize("more", [{"follow": False}, {"silent_s": 0.0}])
def test_a_feed_read_once_is_never_silent(tmp_path, more):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    shadow = Shadow(small(tmp_path), ways(tmp_path, **{"follow": True, **more}), lambda text: None)
    shadow._silence(1e9, False)
    assert (tmp_path / "a.jsonl").read_text() == ""


def test_health_says_how_old_things_are(tmp_path):
    (tmp_path / "a.feed").write_text(line(0) + "\n")
    shadow = Shadow(small(tmp_path), ways(tmp_path, follow=True), lambda text: None, now=lambda: 1_800_000_000.0)
    shadow.heard -= 70.0
    shadow.saved -= 3.0
    health = shadow.metrics()["health"]
    assert health["quiet_s"] >= 70.0
    assert health["state_age_s"] >= 3.0
    assert (health["at"], health["well"]) == ("2027-01-15T08:00:00+00:00", True)
    shadow._silence(70.0, False)
    assert not shadow.metrics()["health"]["well"]
    shadow.step([line(5).encode()], time.monotonic())
    assert shadow.metrics()["health"]["quiet_s"] < 60.0


@pytest.mark.parametrize(("log", "some"), [("warning", ()), ("info", ("read to done",)), ("debug", ("read to done", "are sent"))])
def test_people_are_told_as_much_as_they_asked_for(tmp_path, log, some):
    told = []
    (tmp_path / "a.feed").write_text(line(1, qty=25) + "\n" + line(9) + "\n")
    Shadow(small(tmp_path, stock=220), ways(tmp_path, log=log, report_s=1e-9), told.append).run()
    for text in ("read to done", "are sent", "state saved"):
        assert any(text in t for t in told) == (text in (*some, *(("state saved",) if log == "debug" else ())))


def test_prometheus_scrapes_the_metrics(tmp_path):
    pytest.importorskip("prometheus_client")
    import socket
    import urllib.request

    from sim.replay.shadow.scrape import scraped

    (tmp_path / "a.feed").write_text("".join(text + "\n" for text in [line(0, qty="2"), line(9), line(3), "junk"]))
    shadow = Shadow(small(tmp_path), ways(tmp_path), lambda text: None)
    shadow.run()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.listen()
        with pytest.raises(StreamError, match=f"prometheus_port={port} cannot be used"):
            scraped(port, shadow.metrics, print)
    page = scraped(port, shadow.metrics, lambda text: None)
    try:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LIMIT_S).read().decode()
    finally:
        page.close()
    read = set(re.findall(r"stockcue_\w+", rules(make_policy("window_forecast"), load("first_show"), 5.0, [])))
    assert read == {"stockcue_stock_units", "stockcue_orders_total", "stockcue_closed", "stockcue_unpaid_units"}
    first = shadow.plan.skus[0]
    for name, value in (("stock_units", first.stock - 4.0), ("orders_total", 4.0), ("closed", 0.0), ("unpaid_units", 0.0)):
        assert f'stockcue_{name}{{sku="{first.id}"}} {value}' in text
    for said in ('stockcue_lines_total{verdict="used"} 3.0', 'stockcue_lines_total{verdict="rejected"} 1.0',
                 "stockcue_repaired_total 1.0", "stockcue_late_total 1.0", "stockcue_silent 0.0",
                 'stockcue_moved_seconds{of="level"}',
                 'stockcue_lag_seconds{figure="p50",of="done"}'):  # fmt: skip
        assert said in text


def test_rejects_go_to_standard_error_where_there_is_no_file(tmp_path, capfd):
    followed(small(tmp_path), [line(0), "junk"], tmp_path, rejects=None)
    assert json.loads(capfd.readouterr().err) == {"line": 2, "reason": "is not JSON", "text": "junk"}
