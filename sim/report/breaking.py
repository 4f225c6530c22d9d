"""From a configuration to the breakpoints of its strategies: table, chart, run folder."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from sim.core.policy import Policy
from sim.report import style
from sim.report.progress import Progress
from sim.report.text import aligned, markdown
from sim.score.profiles import LIMITS, Limits, only
from sim.study.breakpoint import DIALS, Breakpoint, breakpoint_of, table, words
from sim.study.certify import CERTIFIED, NEEDED, REFUTED, UNDECIDED, worst_share
from sim.study.choices import described, one_of, policies_from, profile_from
from sim.study.crew import crew
from sim.study.folder import config_hash, out_folder, run_folder, write_manifest, write_table
from sim.study.policies import make_policy
from sim.study.pool import Pool, pool
from sim.study.settings import settle
from sim.study.settings_search import Breakpoint as Settings
from sim.study.space import Candidate, World

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("scenario", "strategy", "gate", "operations", "score")
HEAD = ("strategy", "dial", "holds up to", "breaks by", "unit", "setting")
STATES = {CERTIFIED: (style.GREEN, "o"), UNDECIDED: (style.GREY, "s"), REFUTED: (style.RED, "X")}
"""Colour and marker by state."""


def break_and_report(config: Mapping[str, Any], words_given: Sequence[str]) -> Path:
    """Bisect every dial for every strategy, print the table, and leave a run folder, whole or not at all."""
    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "breakpoint")
    scenario, policies = from_plain(config["scenario"]), policies_from(config["strategy"], config["gate"], config["operations"])
    profile = profile_from(config["score"])
    names = _listed(s.dials) or list(DIALS)
    for name in names:
        one_of("dials", name, list(DIALS))
    limits, called = LIMITS[s.limits], s.limits
    if counted := _listed(s.only):
        limits, called = only(limits, counted), f"{s.limits} ({' and '.join(counted)} only)"
    made = {"scenario": plain(scenario), **described(policies, profile)}
    made |= {"replicates": s.replicates, "seed": s.seed, "confidence": s.confidence, "dials": names, "steps": s.steps}
    made["limits"] = asdict(limits)
    final = out_folder(s.out, f"runs/breakpoint-{scenario.name}-{config_hash(made)}")
    progress = Progress("dials")
    with run_folder(final, "breakpoint") as folder, pool("local", "", s.workers) as hands:
        found: dict[str, dict[str, Breakpoint]] = {p.name: {} for p in policies}
        try:
            for policy in policies:
                for name in names:
                    done = sum(map(len, found.values()))
                    progress(done, len(policies) * len(names), f"{policy.name}, {name}")
                    found[policy.name][name] = _bisect(hands, s, scenario, policy, profile, limits, name)
            progress(len(policies) * len(names), len(policies) * len(names), "")
        finally:
            progress.close()
        rows = _rows(found)
        said = [f"{name}: {words(b)}" for name, every in found.items() for b in every.values()]
        head = f"{scenario.name}: where limits {called} break; {s.replicates} shows a point, {100 * s.confidence:g} % sure"
        print("\n".join([head, "", *aligned([HEAD, *rows], (2, 3)), "", *said]), flush=True)
        from sim.report.timeline import save

        save(chart(found, f"{scenario.name}: limits {called}, {s.replicates} shows a point"), folder / "breakpoints.png")
        frames = [table(every).assign(strategy=name) for name, every in found.items()]
        import pandas as pd

        write_table(pd.concat(frames, ignore_index=True), folder / "breakpoints.parquet")
        again = shlex.join(["stockcue", "breakpoint", *words_given])
        text = [
            f"# Breakpoints of {scenario.name}",
            f"{head}, seed {s.seed}. To repeat it: `{again}`",
            "\n".join(markdown(HEAD, rows, (2, 3))),
            "\n".join(f"- {line}" for line in said),
            "![breakpoints](breakpoints.png)",
            "Holds: the largest severity at which every limit of the set is certified, and at every milder one tried; "
            "breaks: the smallest at which one is refuted. Between them more shows would be needed. One dial is turned at a "
            "time.",
        ]
        (folder / "report.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
        facts = {"command": ["stockcue", "breakpoint", *words_given], "config": made, "config_hash": config_hash(made)}
        write_manifest(folder, facts)
    print(f"\nrun folder: {final}", flush=True)
    return final


def _bisect(
    hands: Pool, s: Settings, scenario: Scenario, policy: Policy, profile: Any, limits: Limits, name: str
) -> Breakpoint:  # fmt: skip
    """One dial for one strategy. What a show can come to is what it came to under nobody acting, at either end of the dial."""

    def play(world: Scenario, chosen: Policy) -> np.ndarray:
        one = crew(hands, [World(world.name, world, {})], s.seed, profile, NEEDED)
        return one([Candidate(chosen.name, chosen.name, {}, chosen)], range(s.replicates))[0, :, 0]

    dial, silent = DIALS[name], make_policy("silent")
    least = dial.now(scenario, policy)
    ends = np.stack([play(*dial.turn(scenario, silent, x)) for x in (least, max(least, dial.high))], axis=1)
    worst = worst_share(ends[..., NEEDED.index("oversold_orders")], ends[..., NEEDED.index("paid_orders")])
    return breakpoint_of(dial, scenario, policy, limits, play, s.confidence, worst, s.steps)


def _listed(value: Any) -> list[str]:
    """A setting that is a name or a list of names; empty where it is not given."""
    return [str(v) for v in value] if isinstance(value, list) else [str(value)] if value else []


def _rows(found: Mapping[str, Mapping[str, Breakpoint]]) -> list[list[str]]:
    def cell(x: float, otherwise: str) -> str:
        return otherwise if np.isnan(x) else f"{x:g}"

    return [
        [name, b.dial.name, cell(b.holds, "nowhere"), cell(b.breaks, "never seen"), b.dial.unit, b.dial.setting]
        for name, every in found.items()
        for b in every.values()
    ]


def chart(found: Mapping[str, Mapping[str, Breakpoint]], title: str) -> Figure:
    """One line a dial and strategy: every severity tried, coloured and shaped by what became of the limits there."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    lines = [(name, b) for name, every in found.items() for b in every.values()]
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.6, 1.6 + 0.42 * len(lines)), layout="constrained")
        axes = figure.subplots()
        for y, (_, b) in enumerate(lines):
            x = [np.log1p(p.severity) for p in b.points]
            axes.plot(x, [y] * len(x), color=style.GREY, lw=0.8, zorder=1)
            for at, p in zip(x, b.points, strict=True):
                colour, mark = STATES[p.state]
                axes.plot([at], [y], marker=mark, color=colour, ms=6, ls="", zorder=2)
        axes.set_yticks(range(len(lines)), [style.text(f"{name}: {b.dial.name} [{b.dial.unit}]") for name, b in lines])
        axes.invert_yaxis()
        ticks = [0, 1, 3, 10, 30, 100, 300, 900]
        axes.set_xticks(np.log1p(ticks), [f"{t:g}" for t in ticks])
        axes.set_xlabel("severity, in the unit of the dial")
        axes.set_title(title, loc="left")
        handles = [Line2D([], [], marker=m, color=c, ls="", label=w) for w, (c, m) in STATES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        return figure
