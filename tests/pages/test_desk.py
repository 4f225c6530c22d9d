"""The what-if desk: what it answers is what a rehearsal says, and a page can turn dials and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import urllib.error
import urllib.request
from dataclasses import replace
from functools import reduce
from operator import or_

import pytest
import yaml

import sim.app.desk_shows as desk_shows
import stockcue as sc
from sim.app.desk import Desk, dials_of
from sim.app.nouns import profile_of
from sim.cli.main import main
from sim.cli.words import WordError
from sim.replay.closedtape import closed_scenario
from sim.replay.impute import impute
from sim.setup.settings import SettingError
from tests.events import LIMIT_S, until

pytest.importorskip("tornado", reason="the desk needs the extra pages")


@pytest.fixture(scope="module")
def desk(show):
    return Desk(show, [sc.policy("fixed_count")], profile_of("balanced"), shows=3)


@pytest.mark.parametrize("turned", [
    {"strategy.fixed_count.units": 150.0, "operations.auto_s": 3.0},
    {"scenario.skus.mask-5pk.stock": 300.0},
    {"scenario.skus.mask-5pk.stock": 300.0, "scenario.feed.lag_s": 5.0, "scenario.cues.c01.at_s": 200.0,
    "scenario.cues.c01.peak": 9.0},
])  # fmt: skip
def test_what_if_equals_a_rehearsal(desk, show, turned):
    *_before, answer = desk.answers(turned)
    world, (one,) = desk.settled(turned)
    rehearsed = sc.rehearse(world, [one], shows=3, figure="none")
    scores = rehearsed.scores[rehearsed.scores["strategy"] == "fixed_count"]
    (row,) = answer["table"]
    for name in ("net", "oversold_units", "missed_units"):
        assert row[name][0] == pytest.approx(scores[name].mean(), abs=1e-6)
    assert (answer["done"], answer["of"], answer["wished"]) == (3, 3, 3)
    json.dumps(answer, allow_nan=False)
    if "strategy.fixed_count.units" in turned:
        assert float(one.params[0, [p.name for p in one.strategy.params].index("units")]) == 150.0


def test_dials_that_leave_the_shoppers_alone_play_the_kept_shows(desk):
    list(desk.answers({}))
    before = dict(desk.part.own)
    list(desk.answers({"strategy.fixed_count.units": 99.0}))
    assert desk.part.own == before


def test_what_was_not_turned_is_not_played_again(show, monkeypatch):
    """A dial of one strategy leaves the others' runs as they are, and the timeline of the first is told all the same."""
    two = Desk(show, [sc.policy("fixed_count"), sc.policy("silent")], profile_of("balanced"), shows=2)

    def asked(turned):
        """All that was told; later answers over earlier ones."""
        return reduce(or_, two.answers(turned), {})

    rest, played = asked({}), []
    for name in ("play", "play_unnoted"):
        real = getattr(desk_shows, name)
        monkeypatch.setattr(desk_shows, name, lambda stage, one, real=real: played.append(one.name) or real(stage, one))
    turned = asked({"strategy.fixed_count.units": 150.0})
    assert played == ["fixed_count", "fixed_count"]
    assert turned["table"][1] == rest["table"][1]
    assert turned["table"][0] != rest["table"][0]
    assert asked({"strategy.fixed_count.units": 150.0}) == turned
    assert len(played) == 2
    stock = {"scenario.skus.mask-5pk.stock": 300.0}
    other = asked(stock)
    assert played[2:] == ["fixed_count", "silent"] * 2, "figures of a desk need no silent run beside them"
    assert two.part.other[1][0][0].tape is two.part.own[0][0].tape
    assert asked({}) == rest
    assert asked(stock) == other


def test_what_is_played_in_time_is_told_and_the_rest_refines(show, monkeypatch):
    """An answer before two seconds says how many shows will be played by then, a later one how many were."""
    slow = Desk(show, [sc.policy("silent")], profile_of("balanced"), shows=3)
    monkeypatch.setattr(desk_shows, "PATIENCE_S", 0.0)
    monkeypatch.setattr(desk_shows, "LATER_S", 0.0)
    for took, expected in (
        ((0.9, 1.8, 2.7, 2.7), [(1, 2), (2, 2), (3, 2), (3, 2)]),
        ((0.2, 0.4, 0.6, 0.6), [(1, 3), (2, 3), (3, 3), (3, 3)]),
        ((2.5, 5.0, 7.5, 7.5), [(1, 0), (2, 0), (3, 0), (3, 0)]),
    ):
        moments = iter((100.0, *(100.0 + t for t in took)))
        slow.clock = lambda moments=moments: next(moments)
        answers = list(slow.answers({}))
        assert [(a["done"], a["soon"]) for a in answers] == expected[: len(answers)]
        assert answers[-1]["done"] == 3
        assert answers[0]["within"] == 2.0


def test_an_older_wish_is_dropped(desk):
    assert list(desk.answers({}, stopped=lambda: True)) == []


@pytest.mark.parametrize("wish", [
    {"strategy": 1.0}, {"scenario": "/etc/passwd"}, {"out": 1.0}, {"strategy.fixed_count.units": "1"},
    {"strategy.fixed_count.units": 1e12}, {"strategy.fixed_count.units": True}, {"strategy.fixed_count.units": float("nan")},
])  # fmt: skip
def test_nothing_but_dials_within_their_tracks(desk, wish):
    with pytest.raises(SettingError):
        desk.values(wish)


def asked(server, path, body=None, token=None, host=None):
    headers = {"X-Token": server.token if token is None else token} | ({"Host": host} if host else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def server(desk, tmp_path):
    """A desk that listens on a free port, in a thread of its own."""
    from sim.cli.desk import Server

    servers, ready, loops = [], threading.Event(), []

    async def serve():
        loops.append((asyncio.get_running_loop(), asyncio.Event()))
        servers.append(Server(desk, ["scenario=first_show", "strategy=[fixed_count]"], "127.0.0.1", 0, tmp_path))
        ready.set()
        await loops[0][1].wait()
        servers[0].close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield servers[0]
    loops[0][0].call_soon_threadsafe(loops[0][1].set)
    thread.join(60)


def test_a_server_wants_its_token_and_its_own_name(server):
    assert asked(server, "/", token="wrong")[0] == 403
    assert asked(server, "/?token=%E9%9D%A2", token="")[0] == 403
    assert asked(server, "/play", {}, token="")[0] == 403
    assert asked(server, "/", host="evil.example")[0] == 403
    status, page = asked(server, "/")
    assert status == 200
    assert "strategy.fixed_count.units" in page


def test_a_server_plays_refuses_and_saves(server, tmp_path):
    status, text = asked(server, "/play", {"strategy.fixed_count.units": 150.0})
    assert status == 200
    assert json.loads(text.strip().splitlines()[-1])["done"] == 3
    assert asked(server, "/play", {"scenario.file": 1.0})[0] == 400
    assert asked(server, "/play", ["not", "a", "mapping"])[0] == 200
    status, text = asked(server, "/save", {"strategy.fixed_count.units": 150.0})
    saved = yaml.safe_load((tmp_path / json.loads(text)["saved"].split("/")[-1]).read_text("utf-8"))
    assert "strategy.fixed_count.units=150" in saved["overrides"]
    assert main(["rehearse", f"experiment={json.loads(text)['saved']}", "--cfg", "job"]) == 0


def test_a_port_in_use_is_one_sentence(desk, tmp_path):
    from sim.cli.desk import Server

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(WordError, match="in use"):
            Server(desk, [], "127.0.0.1", taken.getsockname()[1], tmp_path)
    assert main(["desk", "port=many"]) == 2


def test_a_dial_is_dragged_in_a_browser(browser, server):
    browser.driver.get_log("browser")
    browser.driver.get(server.url)
    browser.until("return document.documentElement.getAttribute('data-state') === 'ready'")
    before = browser.run("return SC.answer.table[0].net[0]")
    browser.run(
        "var i = document.querySelector('[data-key=\"strategy.fixed_count.units\"]');"
        "[10, 40, 160, 320].forEach(function (v) { i.value = v; i.dispatchEvent(new Event('input')); });"
    )
    browser.until(f"return SC.answer.done === 3 && SC.answer.table[0].net[0] !== {before}")
    *_all, answer = server.desk.answers({"strategy.fixed_count.units": browser.run(
        "return +document.querySelector('[data-key=\"strategy.fixed_count.units\"]').value")})  # fmt: skip
    assert browser.run("return SC.answer.table[0].net[0]") == pytest.approx(answer["table"][0]["net"][0])
    assert [e for e in browser.errors() if "favicon" not in e] == []


def test_a_page_says_how_many_shows_came_in_time(browser, server, monkeypatch):
    ticks = itertools.count(0.0, 5.0)
    monkeypatch.setattr(server.desk, "clock", lambda: next(ticks))
    browser.driver.get(server.url)
    browser.until("return document.documentElement.getAttribute('data-state') === 'ready'")
    told = browser.run("return document.getElementById('state').textContent")
    assert told.startswith("3 of 3 shows played again, ")
    assert told.endswith("; 0 of them within 2 s, the others refine the figures afterwards")


def test_a_browser_that_closes_in_mid_drag_leaves_the_desk_at_work(browser, server):
    """Its wishes are dropped, and the next page is answered."""
    browser.driver.get(server.url)
    browser.until("return !!SC.answer")
    browser.run(
        "var i = document.querySelector('[data-key=\"scenario.skus.mask-5pk.stock\"]');"
        "[100, 200, 300].forEach(function (v) { i.value = v; i.dispatchEvent(new Event('input')); });"
    )
    browser.driver.get("about:blank")
    # A wish sent before the page went may arrive after this one, which is then the older and dropped.
    until(lambda: '"done": 3' in asked(server, "/play", {"strategy.fixed_count.units": 120.0})[1])


def test_dials_of_long_names_say_what_they_turn(show):
    """And are told apart: of the name there is only the beginning."""
    skus = tuple(replace(s, id=f"{'x' * 300}{k}") for k, s in enumerate(show.skus))
    cues = tuple(replace(c, sku=skus[0].id) for c in show.cues[:1])
    named = replace(show, skus=skus, cues=cues, supply=replace(show.supply, deliveries=()))
    labels = [d.label for d in dials_of(named, [sc.policy("fixed_count")])]
    assert max(map(len, labels)) < 80
    assert {text.rsplit(", ", 1)[1] for text in labels if "x…" in text and "," in text} == {"when", "how big"}


def test_a_closed_connection_drops_no_later_wish(server):
    """An older request may be found closed after the newer one has come."""
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        head = f"POST /play HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Token: {server.token}\r\nContent-Length: 2\r\n\r\n{{}}"
        gone.sendall(head.encode())
        until(lambda: server.latest)  # otherwise it may come as the later of the two
    assert server.latest == 1
    assert json.loads(asked(server, "/play", {})[1].strip().splitlines()[-1])["done"] == 3


def test_workers_answer_as_one_process_does(desk, show):
    crew = Desk(show, desk.policies, profile_of("balanced"), shows=3, workers=2)
    try:
        for turned in ({}, {"strategy.fixed_count.units": 150.0}):
            (*_before, alone), (*_first, together) = desk.answers(turned), crew.answers(turned)
            assert together["table"] == alone["table"]
        assert list(crew.answers({}, stopped=lambda: True)) == []
        assert list(crew.answers({}))[-1]["done"] == 3
    finally:
        crew.close()


def test_a_recording_on_the_desk_is_its_closed_loop(tmp_path):
    reading = sc.read("example", zone="Asia/Shanghai")
    stream = reading.loaded.stream
    panel = Desk(closed_scenario(stream, stream.feed(), None), [sc.policy("fixed_count")], profile_of("balanced"), shows=2,
                 recorded=(impute(stream), None))  # fmt: skip
    stock = next(k for k in panel.dials if k.endswith(".stock"))
    sku, turned = stock.split(".")[2], {stock: panel.dials[stock].value + 20, "strategy.fixed_count.units": 90.0}
    *_before, answer = panel.answers(turned)
    _show, (one,) = panel.settled(turned)
    whatif = {sku: int(panel.dials[stock].value) + 20}
    scores = sc.replay(reading, [one], loop="closed", shows=2, whatif_stock=whatif, figure="none").scores
    likely = scores[(scores["strategy"] == "fixed_count") & (scores["bound"] == "likely")]
    assert answer["table"][0]["net"][0] == pytest.approx(likely["net"].mean(), abs=1e-6)
    saved = panel.experiment(turned, {"words": ["stream=example", "zone=Asia/Shanghai"]})
    assert saved["verb"] == "replay"
    assert {"loop=closed", f"whatif_stock={{{sku}: {whatif[sku]}}}"} <= set(saved["overrides"])
    assert not [key for key in panel.dials if ".cues." in key]


def test_a_desk_over_a_recording_is_asked_for_by_word(capsys):
    assert main(["desk", "stream=[a,b]", "port=0"]) == 2
    assert "one recording" in capsys.readouterr().err
