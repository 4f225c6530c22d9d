"""Every preset under every strategy: in its own playbook, and in the playbook that ``tune`` finds for it there.

    python -m benchmarks.presets [--only NAME,NAME:operations] [--also ...] [--tuned all|smart,tiered] [--books FILE] [PRESET ...]

prints a table per preset (docs/background/presets.md). A strategy that earns less than silence is marked; "sure" where a bound
that allows for all pairs of the tables together (5 %) says so. Shows are as uncertain as their presets. A playbook is found
on other shows than it is judged on here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import stockcue
from scenarios.registry import load, names
from sim.core.actionwords import words_of
from sim.core.policy import Policy
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.stats.paired import tailed
from sim.study.rehearse import BASELINE, rehearse
from strategies import registry

BASELINES = ("silent", "random_rate", "manual_polling", "platform_default")
"""Strategies that may lose to silence: they are there to be beaten."""
ERROR = 0.05
SEARCH_SEED = 1001
HEAD = ("strategy", "net", "against silence", "GMV", "left on the table", "oversold", "missed", "notices/h", "useful alerts", "")
FIGURES = ("net", "gmv", "J", "oversold_units", "missed_units", "notices_per_operator_hour")
PLAYBOOKS: dict[str, list[Any]] = {
    "operations.prepare": ["restock", "restock:lack", "none", "host_prompt+restock"],
    "operations.freeze": ["on", "off"],
}
"""What a search may choose: whether to ask for stock and for how much, whether to tell the host, whether a machine freezes."""


def searched_book(name: str, preset: str) -> dict[str, str]:
    """What a small search finds best for a strategy on a preset, of PLAYBOOKS."""
    search = stockcue.tune(preset, name, PLAYBOOKS, trials=8, shows=10, finalists=3, judging=20, confirm=10, seed=SEARCH_SEED,
                          workers=1, progress=False)  # fmt: skip
    words = [str(w).split("=", 1) for w in yaml.safe_load((search.folder / "recommended.yaml").read_text("utf-8"))["overrides"]]
    return {key.removeprefix("operations."): value for key, value in words if key in PLAYBOOKS}


def tuned(name: str, preset: str, books: Path | None) -> tuple[Policy | None, str]:
    """A strategy in the playbook that a search finds for it on a preset, and what that playbook does when; no policy where that
    is its own playbook. books: where searches are noted, and taken up again."""
    known = json.loads(books.read_text("utf-8")) if books and books.exists() else {}
    chosen = known.get(f"{preset}/{name}") or searched_book(name, preset)
    if books:
        books.write_text(json.dumps(known | {f"{preset}/{name}": chosen}, indent=1), "utf-8")
    policy = stockcue.policy(name, label=f"{name}, tuned", operations=chosen)
    book, own = policy.playbook, make_policy(name).playbook
    if (book.prepare, book.emergency) == (own.prepare, own.emergency):
        return None, "own"
    return policy, f"prepare {words_of(book.prepare)}, emergency {words_of(book.emergency)}"


def asked(word: str) -> Policy:
    """A strategy in its own playbook, or ``name:operations`` in another."""
    name, _, operations = word.partition(":")
    return make_policy(name, playbook=operations, label=f"{name}, {operations}") if operations else make_policy(name)


def table(
    preset: str,
    asked_for: Sequence[Policy],
    searches: dict[str, tuple[Policy | None, str]],
    shows: int,
    pairs: int,
    seed: int = 1,
) -> tuple[list[str], list[str]]:
    """Lines of Markdown of one preset, best first, and the strategies that lose to silence. searches: by strategy, see
    :func:`tuned`. pairs: comparisons of all tables together."""
    other_books = {p.name: (p, why) for p, why in searches.values() if p}
    others = [*asked_for, *(p for p, _ in other_books.values())]
    rehearsal = rehearse(load(preset), others, shows, seed, PROFILES["balanced"])
    parts = {str(k): v.sort_values("replicate") for k, v in rehearsal.scores.groupby("strategy", sort=False)}
    quiet, worth = parts[BASELINE]["net"].to_numpy(), {w.strategy: w for w in rehearsal.worth}
    rows, losers = [], []
    for name in sorted(parts, key=lambda k: -parts[k]["net"].mean()):
        p = parts[name]
        gain, _, high = (float(x) for x in tailed(p["net"].to_numpy() - quiet, ERROR / pairs))
        mark = "" if name == BASELINE else "loses, sure" if high < 0 else "loses" if gain < 0 else ""
        if mark and name not in BASELINES and name not in other_books:
            losers.append(f"{preset}: {name} {gain:,.0f}{' (sure)' if high < 0 else ''}")
        w = worth.get(name)
        useful = f"{w.useful} of {w.judged}" if w and w.judged else "-"
        means = [float(p[key].mean()) for key in FIGURES]
        against = "" if name == BASELINE else f"{gain:+,.0f}"
        rows.append([name, f"{means[0]:,.0f}", against, *(f"{m:,.0f}" for m in means[1:3]), *(f"{m:,.1f}" for m in means[3:]),
                     useful, mark])  # fmt: skip
    head = [f"## {preset}", "", "| " + " | ".join(HEAD) + " |", "| --- |" + " ---: |" * 7 + " --- | --- |"]
    notes = [f"- {name}: {why}" for name, (_, why) in other_books.items()]
    kept = [name for name, (p, _) in searches.items() if p is None]
    notes += [f"- The search keeps the own playbook of {', '.join(kept)}."] if kept else []
    return [*head, *("| " + " | ".join(row) + " |" for row in rows), "", *notes, ""], losers


def main(words: list[str]) -> int:
    """Print all tables and who loses to silence."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.presets", description=__doc__.splitlines()[0])
    parser.add_argument("--shows", type=int, default=60)
    parser.add_argument("--tuned", default="", help="strategies whose playbook is searched as well, a,b or all")
    parser.add_argument("--only", default="", help="strategies instead of all, a,b:operations")
    parser.add_argument("--also", default="", help="more of them, beside all or --only")
    parser.add_argument("--books", type=Path, help="a file that keeps the playbooks that were found")
    parser.add_argument("presets", nargs="*")
    args = parser.parse_args(words)
    every = [n for n in names() if n != "ls1"]
    searched, only, also = ([name for name in text.split(",") if name] for text in (args.tuned, args.only, args.also))
    searched = [name for name in registry.names() if name != BASELINE] if searched == ["all"] else searched
    policies = [asked(name) for name in [*(only or [n for n in registry.names() if n != BASELINE]), *also]]
    pairs = len(every) * (len(registry.names()) - len(BASELINES) + len(searched))
    lost: list[str] = []
    for preset in args.presets or every:
        searches = {name: tuned(name, preset, args.books) for name in searched}
        lines, losers = table(preset, policies, searches, args.shows, pairs)
        lost += losers
        print("\n".join(lines), flush=True)
    told = ("; ".join(lost) or "none") + "."
    print(f"{args.shows} shows each, seed 1. Shipped strategies that earn less than silence in their own playbook: {told}")
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
