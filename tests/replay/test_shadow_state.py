"""Killed at any moment, a shadow goes on without a lost or a repeated alert."""

import fcntl
import gc
import json
import os
import random
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from sim.replay.shadow import Shadow, outbox, source, state
from sim.setup.policies import make_policy
from tests.events import LIMIT_S, until
from tests.replay.feeds import feed_lines, followed, invented, planned, ways
from tests.replay.shadow_records import Killed, saved

ROOT = Path(__file__).resolve().parents[2]


BROKEN = (b"no JSON\n", b'{"t": 1, "kind": "order", "sku": "nobody"}\n', b"\xff\xfe\n", b"\n")


def made(folder):
    return planned(invented().stream, [make_policy("smart"), make_policy("tiered")], folder)


def feed(broken=True) -> bytes:
    """The invented show with ids, doubles and lines that cannot be used in between."""
    rng, out = random.Random(4), []
    for n, text in enumerate(feed_lines(invented().stream)):
        data = (text[:-1] + f', "id": {n}, "seq": {n}}}\n').encode()
        out += [data] * (2 if n % 97 == 5 and '"order"' in text else 1)
        if broken and n % 41 == 7:
            out.append(rng.choice(BROKEN[:3]) if n % 82 == 7 else BROKEN[3])
    return b"".join(out)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Alerts, rejects and metrics of a run that nothing interrupted."""
    tmp_path = tmp_path_factory.mktemp("whole")
    alerts, metrics = followed(made(tmp_path), feed(), tmp_path, "whole")
    assert metrics["lines"]["duplicate"] > 5
    assert metrics["lines"]["rejected"] > 20
    return alerts, (tmp_path / "whole.rejects").read_bytes(), metrics


def same(folder, whole, name="a"):
    alerts, rejects, metrics = whole
    assert (folder / f"{name}.jsonl").read_bytes() == alerts
    assert (folder / f"{name}.rejects").read_bytes() == rejects
    facts = json.loads((folder / f"{name}.metrics").read_text())
    assert {k: facts[k] for k in ("lines", "kinds", "alerts", "readings", "late", "ended")} == {
        k: metrics[k] for k in ("lines", "kinds", "alerts", "readings", "late", "ended")
    }
    return facts


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_crash_at_every_kind_of_moment(seed, whole, tmp_path, monkeypatch):
    """Before a write, in the middle of one, after it; before and after the state takes its name."""
    rng, put, replace = random.Random(seed), outbox._put, os.replace
    crashes = []

    def maybe(moment):
        if rng.random() < 0.05:
            crashes.append(moment)
            raise Killed

    def torn_put(fd, data):
        maybe("before a write")
        if rng.random() < 0.08:
            put(fd, data[: rng.randrange(len(data) + 1)])
            crashes.append("within a write")
            raise Killed
        put(fd, data)
        maybe("after a write")

    def torn_replace(old, new):
        maybe("before the state")
        replace(old, new)
        maybe("after the state")

    monkeypatch.setattr(outbox, "_put", torn_put)
    monkeypatch.setattr(state.os, "replace", torn_replace)
    monkeypatch.setattr(source, "CHUNK", 6000)
    (tmp_path / "a.feed").write_bytes(feed())
    plan, done = made(tmp_path), False
    while not done and len(crashes) < 500:
        shadow = None
        try:
            shadow = Shadow(plan, ways(tmp_path, save_events=rng.choice([100, 10**6])), lambda text: None)
            shadow.run()
            done = True
        except Killed:
            del shadow
            gc.collect()
            for fd in os.listdir("/proc/self/fd"):
                if os.path.realpath(f"/proc/self/fd/{fd}").startswith(str(tmp_path)):
                    os.close(int(fd))
    assert done
    assert len(set(crashes)) == 5
    assert len(crashes) > 12
    agrees = same(tmp_path, whole)
    assert agrees["restarts"] > 5


def test_kill_9_while_the_file_grows(whole, tmp_path):
    """A child process that follows a file, killed some thirty times while lines, and halves of lines, are added to it."""
    rng, data, plan, kills, started = random.Random(9), feed(), made(tmp_path), 0, 0
    Shadow(plan, ways(tmp_path, "warm", source=os.devnull), lambda text: None)
    (tmp_path / "a.feed").touch()
    at, child = 0, 0
    while at < len(data):
        until = min(len(data), at + rng.randrange(1, 2 * len(data) // 30))
        with (tmp_path / "a.feed").open("ab") as file:
            file.write(data[at:until])
        at = until
        if not child:
            often = rng.choice([1, 50, 10**6])
            before = saved(tmp_path).get("restarts", -1)
            child = forked(plan, ways(tmp_path, follow=True, save_events=often))
            if rng.random() < 0.5:  # it is at work, and has noted that; others may be killed before
                wait_for(lambda: saved(tmp_path).get("restarts", -1) > before, child)  # noqa: B023
                started += 1
        if often == 1:  # it has saved what is there
            end = data[:at].rfind(b"\n") + 1
            wait_for(lambda: saved(tmp_path)["offset"] >= end, child)  # noqa: B023
        if rng.random() < 0.8:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            child, kills = 0, kills + 1
    child = child or forked(plan, ways(tmp_path, follow=True))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    agrees = same(tmp_path, whole)
    assert kills > 12
    assert agrees["restarts"] >= started > 5


def forked(plan, where) -> int:
    """A child process that runs a shadow; its number."""
    child = os.fork()
    if child:
        return child
    try:
        Shadow(plan, where, lambda text: None).run()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.parametrize("resend", ["start", "new", "seq"])
def test_kill_9_on_standard_input(resend, tmp_path):
    """Each restart is fed from the start, from the first line not acknowledged by the state, or from somewhere before it."""
    rng, data = random.Random(2), feed(broken=False)
    lines = data.splitlines(keepends=True)
    want, metrics = followed(made(tmp_path), data, tmp_path, "whole")
    plan = made(tmp_path)
    Shadow(plan, ways(tmp_path, "warm", source=os.devnull), lambda text: None)
    kills = done = 0
    while not done:
        facts = state.load(tmp_path / "a.state")
        number = facts[0]["number"] if facts else 0
        after = sum(json.loads(text)["seq"] <= facts[0]["seq"] for text in lines) if facts else 0
        begin = {"start": 0, "new": number, "seq": max(0, after - rng.randrange(200))}[resend]
        read, write = os.pipe()
        often = rng.choice([1, 50, 10**6])
        child = os.fork()
        if child == 0:
            os.close(write)
            os.dup2(read, 0)
            child_run(plan, ways(tmp_path, source="-", resend=resend, save_events=often))
        os.close(read)
        kill_at = rng.randrange(after, after + len(lines) // 10) if kills < 12 else len(lines)
        try:
            for text in lines[begin:kill_at]:
                os.write(write, text)
        except BrokenPipeError:
            pass
        if kill_at < len(lines):
            wait_for(lambda: not waiting(write), child)  # noqa: B023  (it has read them all)
            if often == 1:  # and saved them
                last = json.loads(lines[kill_at - 1])["seq"]
                wait_for(lambda: saved(tmp_path)["seq"] >= last, child)  # noqa: B023
            os.kill(child, signal.SIGKILL)
            kills += 1
        os.close(write)
        done = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kills >= 6
    assert (tmp_path / "a.jsonl").read_bytes() == want
    facts = json.loads((tmp_path / "a.metrics").read_text())
    assert facts["lines"]["used"] == metrics["lines"]["used"]
    assert (facts["lines"]["resent"] > 0) == (resend == "seq")


def wait_for(event, child: int) -> None:
    """Until it has come, or the child is no more."""
    until(event, lambda: os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT))


def waiting(pipe: int) -> int:
    """Bytes that nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def child_run(plan, where) -> None:
    try:
        Shadow(plan, where, lambda text: None).run()
        os._exit(0)
    finally:
        os._exit(1)


def test_kill_9_of_the_command(whole, tmp_path):
    """The command itself, as a user runs it, killed once and run again."""
    data = feed()
    plan = made(tmp_path)
    stock = {s.id: {k: getattr(s, k) for k in ("stock", "tier", "price", "margin", "safety_stock")} for s in plan.skus}
    (tmp_path / "stock.jsonl").write_text("".join(json.dumps({"sku": k} | v) + "\n" for k, v in stock.items()))
    (tmp_path / "a.feed").write_bytes(data[: len(data) // 2])
    words = [sys.executable, "-m", "sim", "shadow", "input=a.feed", "out=a.jsonl", "rejects=a.rejects", "metrics=a.metrics",
             "stock=stock.jsonl", "cues=cues.jsonl", f"start={plan.rules.start}", f"end={plan.end}", "zone=Asia/Shanghai",
             "strategy=[smart,tiered]", "save_s=0.05"]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT), "STOCKCUE_NO_COMPILE": "1"}

    def started():
        return subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)

    job, out = started(), tmp_path / "a.jsonl"
    until(lambda: out.exists() and out.stat().st_size >= 2000, lambda: job.poll() is not None)
    job.kill()
    job.communicate()
    assert job.returncode == -9
    with (tmp_path / "a.feed").open("ab") as file:
        file.write(data[len(data) // 2 :])
    job = started()
    _, err = job.communicate(timeout=LIMIT_S)
    assert (job.returncode, err.count("Traceback")) == (0, 0)
    assert "going on after line" in err
    same(tmp_path, whole)
