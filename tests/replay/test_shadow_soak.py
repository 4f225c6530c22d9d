"""A week of shows beside a feed that goes wrong in every way it can: nothing is lost, nothing comes twice, memory stays flat.

``pytest -m long tests/replay/test_shadow_soak.py -s`` prints the memory after each day; STOCKCUE_SOAK_DAYS sets the length
(two without it; seven with STOCKCUE_LONG=full).
"""

from __future__ import annotations

import gc
import json
import os
import random
import resource
from pathlib import Path

import pytest

from scenarios.contract import Sku
from sim.replay.shadow import Shadow, plan
from sim.setup.policies import make_policy
from tests.replay.feeds import line, ways
from tests.sizes import sized

DAYS, SHOWS, LINES, SPAN_S = sized(2, 7, "STOCKCUE_SOAK_DAYS"), 2, 3000, 7200.0
SKUS = tuple(Sku(f"sku{k}", 900) for k in range(8))
FLAT = 1.05
"""Memory after the last day, of that after the first [x]."""


def lines_of(rng: random.Random) -> list[bytes]:
    """A show's lines: in order, late, reordered, doubled, from a clock that has stepped, not usable; two gaps; its end."""
    events, t, k = [], 0.0, 0
    while t < SPAN_S - 60:
        t += rng.expovariate(LINES / SPAN_S) + (900.0 if k in (LINES // 3, LINES // 2) else 0.0)
        kind, qty = rng.choices((("order", 1), ("cart", 1), ("cancel", 1), ("restock", 300)), (60, 30, 4, 0.4))[0]
        at = t - rng.choice((0.5, 30.0, 400.0)) if rng.random() < 0.02 and t > 500 else t
        at = at + 5000.0 if rng.random() < 0.002 else at
        one = line(round(max(0.0, at), 3), kind, rng.choice(SKUS).id, qty=qty, id=f"o{k}").encode()
        events += [one] * (2 if rng.random() < 0.01 else 1)
        if rng.random() < 0.003:
            events.append(rng.choice((b"no JSON", b"\xff", b'{"t": 1, "kind": "order", "sku": "nobody"}', b"")))
        if rng.random() < 0.05 and len(events) > 3:
            events[-1], events[-3] = events[-3], events[-1]
        k += 1
    return [*events, line(SPAN_S, "end").encode()]


def shadow(folder: Path, clock: list[float]) -> Shadow:
    rules = plan([make_policy("fixed_count"), make_policy("smart")], SKUS, {}, length_s=SPAN_S)
    return Shadow(rules, ways(folder, follow=True, save_events=700, silent_s=60.0), lambda text: None, now=lambda: clock[0])


def pump(live: Shadow) -> None:
    """Take what is there."""
    while got := live.source.read(0.0):
        live.step(got, 0.0)
        live._silence(0.0, True)
    live._now_and_then(0.0)


def rough(folder: Path, made: list[bytes], rng: random.Random) -> tuple[Shadow, dict[str, int]]:
    """Follow a show while the file is turned over and cut, the process dies, and nothing comes for a while."""
    clock, file, done = [1.8e9], folder / "a.feed", {"kills": 0, "rotations": 0, "truncations": 0, "gaps": 0}
    file.touch()
    live, at = shadow(folder, clock), 0
    while at < len(made):
        until = min(len(made), at + rng.randrange(1, 400))
        data = b"".join(text + b"\n" for text in made[at:until])
        cut = rng.randrange(len(data))
        for part in (data[:cut], data[cut:]):  # half a line is no line yet
            with file.open("ab") as feed:
                feed.write(part)
            pump(live)
        at, clock[0], chance = until, clock[0] + rng.choice((1.0, 30.0, -3600.0, 3600.0)), rng.random()
        if chance < 0.15:  # as by kill -9: what was not saved comes again
            live.parts.close()
            live = shadow(folder, clock)
            pump(live)
            done["kills"] += 1
        elif chance < 0.2:
            live._silence(61.0, False)
            done["gaps"] += 1
        elif chance < 0.3:
            live._save("")
            if chance < 0.25:
                file.rename(folder / "a.feed.1")
                file.touch()
                done["rotations"] += 1
            else:
                os.truncate(file, 0)
                done["truncations"] += 1
            assert not live.source.read(0.0)
            live._save("")
    pump(live)
    return live, done


def said(path: Path) -> list[dict]:
    """Alerts without their numbers, and without those about the feed itself."""
    records = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    assert [a["n"] for a in records] == list(range(1, len(records) + 1))
    return [{k: v for k, v in a.items() if k != "n"} for a in records if a["strategy"] != "feed"]


def memory_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_a_week_of_shows(tmp_path):
    rng, after, total = random.Random(7), [], {}
    for day in range(DAYS):
        for number in range(SHOWS):
            folder, plain = tmp_path / f"{day}-{number}", tmp_path / f"{day}-{number}-plain"
            folder.mkdir()
            plain.mkdir()
            lines = lines_of(rng)
            live, done = rough(folder, lines, rng)
            assert live.ended
            metrics = live.metrics()
            live.parts.close()
            (plain / "a.feed").write_bytes(b"".join(text + b"\n" for text in lines))
            calm = shadow(plain, [1.8e9])
            pump(calm)
            want = calm.metrics()
            calm.parts.close()
            assert said(folder / "a.jsonl") == said(plain / "a.jsonl")
            assert metrics["lines"] == want["lines"], "every line is in one count, once"
            assert metrics["lines"]["read"] == len(lines)
            assert all((want["lines"]["rejected"], want["lines"]["duplicate"], want["late"], want["out_of_order"]))
            assert (folder / "a.rejects").read_bytes() == (plain / "a.rejects").read_bytes()
            for key, n in (done | {"lines": len(lines), "alerts": metrics["alerts"]}).items():
                total[key] = total.get(key, 0) + n
        after.append(memory_mb())
        print(f"\nday {day + 1}: {after[-1]:.0f} MB, " + ", ".join(f"{n:,} {key}" for key, n in total.items()), flush=True)
    assert after[-1] <= after[0] * FLAT
