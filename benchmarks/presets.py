"""Every preset under every strategy in its own playbook: what a show earns beside silence, what it leaves, oversells and misses.

    python -m benchmarks.presets [SHOWS] [PRESET ...]

prints a table per preset. A strategy that earns less than silence is marked; "sure" where a bound that
allows for all pairs of the tables together (5 %) says so. Shows are as uncertain as their presets.
"""

from __future__ import annotations

import sys

import numpy as np

from scenarios.registry import load, names
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.stats.paired import tailed
from sim.study.rehearse import BASELINE, rehearse
from strategies import registry

BASELINES = ("silent", "random_rate", "manual_polling", "platform_default")
"""Strategies that may lose to silence: they are there to be beaten."""
ERROR = 0.05
HEAD = ("strategy", "net", "against silence", "left on the table", "oversold", "missed", "notices/h", "useful alerts", "")


def table(preset: str, shows: int, pairs: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Lines of Markdown of one preset, best first, and the strategies that lose to silence."""
    others = [make_policy(name) for name in registry.names() if name != BASELINE]
    rehearsal = rehearse(load(preset), others, shows, seed, PROFILES["balanced"])
    parts = {str(k): v.sort_values("replicate") for k, v in rehearsal.scores.groupby("strategy", sort=False)}
    quiet, worth = parts[BASELINE]["net"].to_numpy(), {w.strategy: w for w in rehearsal.worth}
    rows, losers = [], []
    for name in sorted(parts, key=lambda k: -parts[k]["net"].mean()):
        p = parts[name]
        gain, _, high = (float(x) for x in tailed(p["net"].to_numpy() - quiet, ERROR / pairs))
        mark = "loses, sure" if high < 0 else "loses" if gain < 0 else ""
        if mark and name not in BASELINES:
            losers.append(f"{preset}: {name} {gain:,.0f}{' (sure)' if high < 0 else ''}")
        w = worth.get(name)
        useful = f"{w.useful} of {w.judged}" if w and w.judged else "-"
        means = [float(p[key].mean()) for key in ("net", "J", "oversold_units", "missed_units", "notices_per_operator_hour")]
        against = "" if name == BASELINE else f"{gain:+,.0f}"
        rows.append([name, f"{means[0]:,.0f}", against, f"{means[1]:,.0f}", f"{means[2]:,.1f}", f"{means[3]:,.1f}",
                     f"{means[4]:.1f}", useful, mark])  # fmt: skip
    head = [f"## {preset}", "", "| " + " | ".join(HEAD) + " |", "| --- |" + " ---: |" * 6 + " --- | --- |"]
    return [*head, *("| " + " | ".join(row) + " |" for row in rows), ""], losers


def main(words: list[str]) -> int:
    """Print all tables and who loses to silence."""
    shows = int(words[0]) if words else 60
    chosen = words[1:] or [n for n in names() if n != "ls1"]
    pairs = len(chosen) * (len(registry.names()) - len(BASELINES))
    lost: list[str] = []
    for preset in chosen:
        lines, losers = table(preset, shows, pairs)
        lost += losers
        print("\n".join(lines), flush=True)
    print(f"{shows} shows each, seed 1. Shipped strategies that earn less than silence: " + ("; ".join(lost) or "none") + ".")
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
