"""The what-if desk: what it answers is what a rehearsal says, and a page can turn dials and nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request

import pytest
import yaml

import stockcue as sc
from sim.app.desk import Desk
from sim.app.nouns import profile_of
from sim.cli.main import main
from sim.cli.words import WordError
from sim.setup.settings import SettingError

pytest.importorskip("tornado", reason="the desk needs the extra pages")


@pytest.fixture(scope="module")
def desk(show):
    return Desk(show, [sc.policy("fixed_count")], profile_of("balanced"), shows=3)


@pytest.mark.parametrize("turned", [
    {"strategy.fixed_count.units": 150.0, "operations.auto_s": 3.0},
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
    assert (answer["done"], answer["of"]) == (3, 3)
    json.dumps(answer, allow_nan=False)
    if "strategy.fixed_count.units" in turned:
        assert float(one.params[0, [p.name for p in one.strategy.params].index("units")]) == 150.0


def test_dials_that_leave_the_shoppers_alone_play_the_kept_shows(desk):
    list(desk.answers({}))
    before = list(desk.own)
    list(desk.answers({"strategy.fixed_count.units": 99.0}))
    assert desk.own == before


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
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def server(desk, tmp_path):
    """A desk that listens on a free port, in a thread of its own."""
    from sim.cli.desk import Server

    made, ready, loops = [], threading.Event(), []

    async def serve():
        loops.append((asyncio.get_running_loop(), asyncio.Event()))
        made.append(Server(desk, ["scenario=first_show", "strategy=[fixed_count]"], "127.0.0.1", 0, tmp_path))
        ready.set()
        await loops[0][1].wait()
        made[0].close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield made[0]
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
