"""How many lines a second a shadow takes, and how late it is: parity with a replay first, then timing.

Two measurements on one core: a feed that is there already, read as fast as it goes, and one that is written at a fixed rate by
another process, through a pipe, each line stamped with the moment it is written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engine import Disagreement, tell
from scenarios.contract import TIERS, Sku
from sim.core.policy import Policy
from sim.core.tape import CART, EDIT_ADD, EDIT_SET, SUPPLY, TAKE
from sim.core.units import US
from sim.demand.streams import stream as generator
from sim.replay import Loaded, Stream, replay
from sim.replay.alertlines import alert_lines
from sim.replay.clock import Clock
from sim.replay.feedlines import feed_lines, last_us, written
from sim.replay.shadow import Shadow, Ways, plan, source

SKUS, EVENTS, SPAN_S = 20, 400_000, 1200.0
RATE, PACED_S = 50_000, 6.0
"""The rate to sustain [lines/s], and for how long it is tried [s]."""
SHARES = {CART: 0.55, TAKE: 0.33, EDIT_ADD: 0.04, EDIT_SET: 0.075, SUPPLY: 0.005}
"""Kinds of line, by share."""


def recording(start_us: int, events: int = EVENTS, span_s: float = SPAN_S, seed: int = 1) -> Stream:
    """A show of SKUS items whose stock runs low and is filled up again; levels set the record right."""
    rng = generator(seed, "bench", "shadow")
    kinds = np.array(list(SHARES), np.int8)
    what = rng.choice(kinds, events, p=list(SHARES.values()))
    sku = rng.integers(0, SKUS, events).astype(np.int16)
    t = np.sort(rng.integers(0, int(span_s * US), events))
    what[:SKUS], sku[:SKUS] = TAKE, np.arange(SKUS)
    a_sku = events / SKUS
    qty = np.ones(events, np.int32)
    qty[what == SUPPLY] = int(a_sku * 0.29 / (a_sku * SHARES[SUPPLY]))
    low = a_sku * 0.05
    qty[what == EDIT_SET] = (low * (1.2 + np.sin(t[what == EDIT_SET] / (span_s * US) * 40.0))).astype(np.int32)
    skus = tuple(Sku(f"sku{k:02d}", int(a_sku / 10), TIERS[k % 3]) for k in range(SKUS))
    return Stream("bench", "events", skus, t, what, sku, qty, (), Clock("Unix seconds"), start_us, span_s, 1.0, 1.0)


def wanted(stream: Stream, policies: list[Policy]) -> bytes:
    """What a replay says of it."""
    runs = replay(Loaded(stream, None, None, ()), policies).runs  # type: ignore[arg-type]
    return "".join(line + "\n" for line in alert_lines(stream, runs)).encode()


def shadow(stream: Stream, policies: list[Policy], folder: Path, source: str) -> Shadow:
    """A shadow of it with everything on: state, rejects, metrics."""
    planned = plan(policies, stream.skus, {}, start=str(written(stream, 0)), end=str(written(stream, last_us(stream))),
                feed=stream.feed())  # fmt: skip
    ways = Ways(source, folder / "alerts.jsonl", folder / "state", folder / "rejects", folder / "metrics", False)
    return Shadow(planned, ways, lambda text: tell("shadow", "bench", text))


def check(stream: Stream, policies: list[Policy], folder: Path) -> int:
    """Refuse to time what differs; the number of alerts."""
    got, want = (folder / "alerts.jsonl").read_bytes(), wanted(stream, policies)
    if got != want or not want:
        raise Disagreement("the alerts of shadow and replay differ; nothing was timed")
    return want.count(b"\n")


def at_once(policies: list[Policy], ids: bool, iso: bool, events: int = EVENTS) -> dict[str, float]:
    """A feed that is there already. ``ids``: every line has one; ``iso``: times are texts."""
    stream = recording(1_781_784_000_000_000, events)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "feed.jsonl").open("w", encoding="utf-8") as file:
            for n, text in enumerate(feed_lines(stream)):
                event = json.loads(text)
                if iso:
                    event["t"] = stream.clock.text(round(event["t"] * US))
                file.write(json.dumps(event | ({"id": f"o{n}"} if ids else {})) + "\n")
        run = shadow(stream, policies, folder, str(folder / "feed.jsonl"))
        began, used = time.perf_counter(), time.process_time()
        metrics = run.run()
        spent, used = time.perf_counter() - began, time.process_time() - used
        alerts = check(stream, policies, folder)
    lag, lines = metrics["lag_s"]["done"], metrics["lines"]["read"]
    return {"lines": lines, "rate": lines / spent, "cpu": lines / used, "p50": lag["p50"], "p99": lag["p99"], "max": lag["max"],
            "alerts": alerts}  # fmt: skip


def flushing(policies: list[Policy], events: int = EVENTS // 10) -> dict[str, float]:
    """What it costs that alerts outlive a power cut: the same feed with and without waiting for this folder's disk [s an alert].

    Here every alert comes by itself, as live ones do: lines are handed on one reading's worth at a time.
    """
    spent = {}
    for on in (True, False):
        keep, count = os.fsync, [0]

        def wait(fd: int, on: bool = on, keep: Callable[[int], None] = keep, count: list[int] = count) -> None:
            count[0] += 1
            if on:
                keep(fd)

        stream = recording(1_781_784_000_000_000, events)
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
            folder = Path(name)
            (folder / "feed.jsonl").write_text("".join(line + "\n" for line in feed_lines(stream)), encoding="utf-8")
            run = shadow(stream, policies, folder, str(folder / "feed.jsonl"))
            os.fsync = wait
            source.CHUNK, chunk = 4096, source.CHUNK
            try:
                run.run()
            finally:
                os.fsync, source.CHUNK = keep, chunk
            alerts, size = check(stream, policies, folder), (folder / "state").stat().st_size
        spent[on] = run.metrics()["lag_s"]["said"]["p50"]
    return {"with": spent[True], "without": spent[False], "alerts": alerts, "flushes": count[0], "bytes": size}


def paced(policies: list[Policy]) -> dict[str, float]:
    """A feed written at RATE for PACED_S through a pipe by another process; lags from the moment each line is due."""
    n = int(RATE * PACED_S)
    start_us = int((time.time() + 3.0) * US) // 1000 * 1000
    stream = recording(start_us, n, PACED_S, 2)
    stream = replace(stream, t=np.arange(n) * (US // RATE), reading_s=0.1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "feed.jsonl").write_text("".join(line + "\n" for line in feed_lines(stream)), encoding="utf-8")
        words = [sys.executable, "-c", WRITER, str(folder / "feed.jsonl")]
        writer = subprocess.Popen(words, stdout=subprocess.PIPE)
        keep = os.dup(0)
        os.dup2(writer.stdout.fileno(), 0)  # type: ignore[union-attr]
        used = time.process_time()
        try:
            metrics = shadow(stream, policies, folder, "-").run()
        finally:
            used = time.process_time() - used
            os.dup2(keep, 0)
            os.close(keep)
            writer.communicate()
        alerts = check(stream, policies, folder)
    read, figures, lines = metrics["lag_s"]["read"], metrics["lag_s"]["alert"], metrics["lines"]["read"]
    return {"lines": lines, "rate": RATE, "cpu": lines / used, "p50": read["p50"], "p99": read["p99"], "max": read["max"],
            "alerts": alerts, "said_p99": figures["p99"], "busy": metrics["busy_s"] / PACED_S}  # fmt: skip


WRITER = """
import re, sys, time
lines = open(sys.argv[1], "rb").read().splitlines(True)
due = [float(re.match(rb'{"t": ([0-9.]+)', line)[1]) for line in lines]
at, out = 0, sys.stdout.buffer
while at < len(lines):
    now, first = time.time(), at
    while at < len(lines) and due[at] <= now:
        at += 1
    out.write(b"".join(lines[first:at])); out.flush()
    time.sleep(0.001)
"""
"""Writes each line when it is due, a millisecond's worth at a time."""


def row(name: str, m: dict[str, float]) -> str:
    """One line of the table."""
    lags = "".join(f"{m[key] * 1e3:>9.1f}" for key in ("p50", "p99", "max"))
    return f"{name:<34}{m['lines']:>9,}{m['alerts']:>8,}{m['rate']:>10,.0f}{m['cpu']:>10,.0f}{lags}"


def main(argv: list[str] | None = None) -> int:
    """Print both measurements; it takes no options, ``--quick`` changes nothing."""
    del argv
    from sim.setup.policies import make_policy

    one, three = [make_policy("smart")], [make_policy(name) for name in ("smart", "tiered", "window_forecast")]
    print(f"A live feed of {SKUS} SKUs, one process; its alerts equal the replay's, byte for byte, or nothing is timed.")
    print(f"{'feed':<34}{'lines':>9}{'alerts':>8}{'lines/s':>10}{'per CPU s':>10}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    tries = (("as fast as it goes", one, False, False), ("the same, an id on every line", one, True, False),
             ("the same, times as ISO texts", one, True, True), ("the same, three strategies", three, True, True))  # fmt: skip
    for name, policies, ids, iso in tries:
        tell("shadow", name, "running")
        print(row(name, at_once(policies, ids, iso)), flush=True)
    tell("shadow", "paced", f"{PACED_S:g} s at {RATE:,} lines/s")
    f = flushing(one)
    m = paced(one)
    print(row("written at a fixed rate", m))
    print("Lag: from the read that brought a line to the end of its work; at a fixed rate, from when a line was due to its being")
    print(f"read. At {RATE:,} lines/s the process was busy {m['busy']:.0%} of the time, and of 100 alerts 99 were written within")
    print(f"{m['said_p99'] * 1e3:.1f} ms of the arrival of the reading they rest on.")
    disk, none = f["with"] * 1e3, f["without"] * 1e3
    print(
        "An alert counts as sent once the state, its folder and the alert are on the disk, so that a power cut loses none: from"
    )
    print(
        f"read to sent {disk:.1f} ms at the median, {none:.1f} ms without waiting for the disk ({f['alerts']:,} alerts, state of"
    )
    print(f"{f['bytes'] / 1e3:,.0f} kB, folder {Path.cwd()}).")
    return 0
