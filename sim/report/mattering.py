"""From ranges of settings to which of them matters: table, chart, run folder."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report import style
from sim.report.progress import Progress
from sim.report.text import aligned, markdown, number
from sim.study.choices import profile_from
from sim.study.design import Axis, Value
from sim.study.folder import config_hash, out_folder, run_folder, write_manifest, write_table
from sim.study.plan import Chunk, Plan
from sim.study.pool import Pool, pool
from sim.study.rehearse import warm
from sim.study.sensitivity import Index, sobol
from sim.study.settings import SettingError, settle
from sim.study.settings_search import Sensitivity
from sim.study.space import families, make_worlds, world_of
from sim.study.trials import CORE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("scenario", "strategy", "gate", "operations", "score", "options")
HEAD = ("setting", "first order", "interval", "total", "interval")
SPAN = 8
"""Settings in one task of a worker."""


def matter_and_report(
    config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis], words: Sequence[str]
) -> Path:
    """Evaluate the design, print the table, and leave a run folder, whole or not at all."""
    s = settle(Sensitivity, {key: value for key, value in config.items() if key not in GROUPS}, "sensitivity")
    if len(config["strategy"]) != 1 or len(scenarios) != 1:
        raise SettingError("sensitivity takes one strategy and one scenario; choose with strategy= and scenario=")
    if s.points & (s.points - 1):
        raise SettingError(f"points must be a power of two, not {s.points}; take {1 << s.points.bit_length()}")
    make_worlds(scenarios, axes, "auto", 1, s.seed)  # refuses what cannot be varied
    (family, (maker, _)), (name, values) = next(iter(families(config, axes).items())), next(iter(scenarios.items()))
    if len(axes) < 2:
        raise SettingError("sensitivity compares settings; give at least two ranges, as in strategy.units=interval(20,400)")
    profile = profile_from(config["score"])
    described = {"scenario": dict(scenarios), **{g: config[g] for g in ("strategy", "gate", "operations")}, **asdict(s)}
    described |= {"score": asdict(profile), "varied": {a.key: [a.low, a.high, *map(str, a.values)] for a in axes}}
    own = ("workers", "out")
    facts = {k: v for k, v in described.items() if k not in own}
    final = out_folder(s.out, f"runs/sensitivity-{name}-{config_hash(facts)}")
    runs = s.points * (len(axes) + 2) * s.replicates
    print(f"{s.points * (len(axes) + 2):,} settings x {s.replicates} shows = {runs:,} runs", flush=True)
    progress = Progress("runs")
    with run_folder(final, "sensitivity") as folder, pool("local", "", s.workers) as hands:
        done = [0]

        def evaluate(settings: Sequence[dict[str, Value]]) -> np.ndarray:
            worlds = [world_of(name, values, {k: v for k, v in one.items() if k.startswith("scenario.")}) for one in settings]
            made = [maker.make({k: v for k, v in one.items() if not k.startswith("scenario.")}, family) for one in settings]
            plan = Plan(worlds, made, s.replicates, s.seed, profile, CORE)
            return _played(hands, plan, lambda more: progress(_count(done, more), runs, ""))

        try:
            found = sobol(axes, evaluate, s.points, s.seed)
        finally:
            progress.close()
        print("\n" + "\n".join(aligned([HEAD, *_rows(found)], (1, 3))) + "\n\n" + _said(found), flush=True)
        import pandas as pd

        from sim.report.timeline import save

        write_table(pd.DataFrame([asdict(i) for i in found]), folder / "sensitivity.parquet")
        title = f"What J depends on: {family} in {name}, {s.replicates} shows a setting"
        save(chart(found, title), folder / "sensitivity.png")
        again = shlex.join(["stockcue", "sensitivity", *words])
        text = [f"# {title}", f"To repeat it: `{again}`", "\n".join(markdown(HEAD, _rows(found), (1, 3))), _said(found),
                "![sensitivity](sensitivity.png)",
                "First order: share of the variance of the mean J, over the ranges given, that goes once the setting is known. "
                "Total: share that stays as long as it alone is not. A total well above the first order means that it acts "
                "together with others. Intervals: 95 %, from shows and points drawn again."]  # fmt: skip
        (folder / "report.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
        write_manifest(
            folder, {"command": ["stockcue", "sensitivity", *words], "config": facts, "config_hash": config_hash(facts)}
        )
    print(f"\nrun folder: {final}", flush=True)
    return final


def _count(done: list[int], more: int) -> int:
    done[0] += more
    return done[0]


def _played(hands: Pool, plan: Plan, tell: Any) -> np.ndarray:
    """J of candidate k in world k on every show, float64 [show, k]: pairs, not all in all."""
    warm(plan.candidates[k].policy for k in (0, -1))
    chunks = [Chunk(k, k, 0, plan.replicates, k, k + 1) for k in range(len(plan.candidates))]
    made = np.empty((plan.replicates, len(chunks)))
    for chunk, rows in hands.play(plan, chunks):
        made[:, chunk.number] = rows[:, plan.metrics.index("J")]
        tell(chunk.runs)
    return made


def _rows(found: Sequence[Index]) -> list[list[str]]:
    return [
        [i.key, number(i.first, 2), f"[{number(i.first_low, 2)}, {number(i.first_high, 2)}]", number(i.total, 2),
         f"[{number(i.total_low, 2)}, {number(i.total_high, 2)}]"]
        for i in found
    ]  # fmt: skip


def _said(found: Sequence[Index]) -> str:
    """The table in one sentence."""
    idle = [i.key for i in found if i.total_high < 0.05]
    if len(idle) == len(found):
        return "None of these settings matters over these ranges."
    first = found[0]
    low, high = (100 * max(0.0, min(1.0, x)) for x in (first.total_low, first.total_high))
    share = f"{100 * max(0.0, min(1.0, first.total)):.0f} % [{low:.0f}, {high:.0f}]"
    rivals = [i.key for i in found[1:] if i.total_high >= first.total_low]
    most = "matters most" if not rivals else f"comes first, and may matter less than {', '.join(rivals)}"
    said = f"{first.key} {most}: {share} of the variance of J would stay if it alone were unknown."
    return said + (f" Hardly matter over these ranges: {', '.join(idle)}." if idle else "")


def chart(found: Sequence[Index], title: str) -> Figure:
    """First-order and total index of every setting with intervals, largest total first."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(8.0, 1.4 + 0.5 * len(found)), layout="constrained")
        axes = figure.subplots()
        y = np.arange(len(found))
        for shift, colour, mark, words, own, low, high in (
            (-0.14, style.BLUE, "o", "first order", "first", "first_low", "first_high"),
            (0.14, style.ORANGE, "s", "total", "total", "total_low", "total_high"),
        ):
            at = np.array([getattr(i, own) for i in found])
            reach = np.array([[at[k] - getattr(i, low), getattr(i, high) - at[k]] for k, i in enumerate(found)]).T
            axes.errorbar(at, y + shift, xerr=np.maximum(reach, 0), fmt=mark, color=colour, capsize=3, label=words)
        axes.set_yticks(y, [style.text(i.key) for i in found])
        axes.invert_yaxis()
        axes.axvline(0, color=style.BLACK, lw=0.8)
        axes.set_xlabel("share of the variance of mean J")
        axes.set_title(title, loc="left")
        figure.legend(loc="outside lower center", ncols=2)
        return figure
