"""Live feeds for the tests: recordings written as lines, and short ways to follow them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from scenarios.contract import Sku
from sim.replay import load, replay
from sim.replay.alertlines import alert_lines
from sim.replay.feedlines import feed_lines, last_us, written
from sim.replay.invent import FOLDER
from sim.replay.shadow import Shadow, Ways, plan
from sim.setup.policies import make_policy

ZONE = "Asia/Shanghai"


def invented():
    """The recording that ships with the project."""
    return load(FOLDER, zone=ZONE)


def restocked(folder: Path, name="levels.csv", header="item,time,enrolled,available,total"):
    """Stock levels of two items over an hour, polled every 10 s, with sell-outs, returns and two restocks."""
    rows = []
    for item, rate, restock in (("hat", 3, 150), ("scarf", 2, 260)):
        total, sold = 200, 0
        for k in range(360):
            total += 120 if k in (restock, restock + 40) else 0
            sold = min(total, sold + (k * 7919 % (2 * rate) if k % 3 else 0)) - (2 if k % 50 == 49 else 0)
            figures = {"item": item, "time": k * 10 + 1_700_000_000, "enrolled": sold, "available": total - sold, "total": total}
            rows.append(figures)
    rows.sort(key=lambda r: r["time"])
    columns = header.split(",")
    text = "\n".join([header, *(",".join(str(r[c]) for c in columns) for r in rows)]) + "\n"
    (folder / name).write_text(text)
    return load(folder / name), rows


def replayed(loaded, policies, feed=None) -> bytes:
    """The alerts of a replay, as lines."""
    return "".join(line + "\n" for line in alert_lines(loaded.stream, replay(loaded, policies, feed).runs)).encode()


def cue_sheet(stream, folder: Path) -> str:
    """The run of show of a recording, written beside it; "" where it has none."""
    rows = [{"start_time": written(stream, round(c.at_s * 1e6)), "sku": c.sku, "kind": c.kind} for c in stream.cues]
    (folder / "cues.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(folder / "cues.jsonl") if rows else ""


def planned(stream, policies, folder: Path, feed=None, **more):
    """What a shadow of a recording knows beforehand."""
    fixed = {"zone": str(stream.clock.zone or ""), "start": str(written(stream, 0)), "speedup": stream.speedup,
             "end": str(written(stream, last_us(stream))), "feed": feed or stream.feed()} | more  # fmt: skip
    return plan(policies, stream.skus, {"made": "for tests"}, cue_sheet(stream, folder), **fixed)


def followed(made, lines, folder: Path, name="a", **more):
    """Follow lines to their end; the alerts as bytes and the metrics."""
    data = lines if isinstance(lines, bytes) else "".join(line + "\n" for line in lines).encode()
    (folder / f"{name}.feed").write_bytes(data)
    shadow = Shadow(made, ways(folder, name, **more), lambda text: None)
    metrics = shadow.run()
    return (folder / f"{name}.jsonl").read_bytes(), metrics


def ways(folder: Path, name="a", **more) -> Ways:
    """Everything into one folder."""
    files = {"source": str(folder / f"{name}.feed"), "out": folder / f"{name}.jsonl", "state": folder / f"{name}.state",
             "rejects": folder / f"{name}.rejects", "metrics": folder / f"{name}.metrics", "follow": False}  # fmt: skip
    return Ways(**{**files, **more})


def small(folder: Path, *names, stock=30, **more):
    """Two items on a clock of seconds, for hand-written lines."""
    skus = (Sku("mask", stock, "traffic"), Sku("面膜", stock))
    fixed = {"length_s": 600.0} | more
    return plan([make_policy(n) for n in names or ("fixed_count",)], skus, {}, **fixed)


def line(t, kind="order", sku="mask", **more) -> str:
    """One line."""
    return json.dumps({"t": t, "kind": kind, "sku": sku, **more}, ensure_ascii=False)


def without_rows(stream):
    """The same recording before anything happened."""
    return replace(stream, **{name: getattr(stream, name)[:0] for name in ("t", "what", "sku", "qty")})


__all__ = ["feed_lines"]
