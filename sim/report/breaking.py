"""From a configuration to the breakpoints of its strategies: estimate before, progress, table, run folder."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from sim.core.policy import Policy
from sim.report.breaking_words import HEAD, chart, rows, sentences
from sim.report.progress import Progress
from sim.report.sweeping import count, duration
from sim.report.text import aligned, markdown
from sim.score.profiles import LIMITS, Limits, Profile, only
from sim.study.breakpoint import DIALS, Breakpoint, Dial, breakpoint_of, most_points, table
from sim.study.certify import NEEDED, worst_share
from sim.study.choices import described, one_of, policies_from, profile_from
from sim.study.crew import crew
from sim.study.folder import config_hash, out_folder, run_folder, versions, write_manifest, write_table
from sim.study.kept import WORTH, Kept
from sim.study.plan import Plan
from sim.study.policies import make_policy
from sim.study.pool import Pool, at_once, pool
from sim.study.program import program
from sim.study.settings import settle
from sim.study.settings_search import Breakpoint as Settings
from sim.study.space import Candidate, World
from sim.study.sweep import probe
from sim.study.unfinished import PLAYED, begun, clear, finished, halted

GROUPS = ("scenario", "strategy", "gate", "operations", "score")
TABLE = "breakpoints.parquet"
Found = dict[str, dict[str, Breakpoint]]
"""Breakpoints by strategy and dial."""


@dataclass(frozen=True, eq=False)
class Study:
    """What is to be broken: everything in records. ``called``: the limits in words. ``facts``: all that decides the result."""

    scenario: Scenario
    policies: list[Policy]
    profile: Profile
    limits: Limits
    called: str
    dials: list[Dial]
    settings: Settings
    facts: dict[str, Any]
    final: Path
    words: Sequence[str]

    def plan(self, world: Scenario, policies: Sequence[Policy]) -> Plan:
        """Policies in one world, on the shows of a point."""
        candidates = [Candidate(p.name, p.name, {}, p) for p in policies]
        s = self.settings
        return Plan([World(world.name, world, {})], candidates, s.replicates, s.seed, self.profile, NEEDED)

    @property
    def most(self) -> int:
        """Points at most for one dial of one strategy, the two under silence counted."""
        return 2 + most_points(self.settings.steps)


def study_from(config: Mapping[str, Any], words_given: Sequence[str]) -> Study:
    """Records from the composed configuration; every fault is found here, before anything is played."""
    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "breakpoint")
    scenario, policies = from_plain(config["scenario"]), policies_from(config["strategy"], config["gate"], config["operations"])
    profile = profile_from(config["score"])
    names = _listed(s.dials) or list(DIALS)
    for name in names:
        one_of("dials", name, list(DIALS))
    limits, called = LIMITS[s.limits], s.limits
    if counted := _listed(s.only):
        limits, called = only(limits, counted), f"{s.limits} ({' and '.join(counted)} only)"
    facts = {"scenario": plain(scenario), **described(policies, profile), "dials": names, "limits": asdict(limits)}
    facts |= {key: getattr(s, key) for key in ("replicates", "seed", "confidence", "steps")}
    study = Study(scenario, policies, profile, limits, called, [DIALS[n] for n in names], s, facts, Path(), words_given)
    facts |= {PLAYED: study.plan(scenario, policies).digest()[:16], "program": program(), "versions": versions()}
    final = out_folder(s.out, f"runs/breakpoint-{scenario.name}-{config_hash(facts)}")
    return replace(study, final=final)


def _listed(value: Any) -> list[str]:
    """A setting that is a name or a list of names; empty where it is not given."""
    return [str(v) for v in value] if isinstance(value, list) else [str(value)] if value else []


def break_and_report(config: Mapping[str, Any], words_given: Sequence[str]) -> Path:
    """Bisect every dial for every strategy, print the table, and leave a run folder, whole or not at all. What was played is
    kept when it is interrupted."""
    began = time.monotonic()
    study = study_from(config, words_given)
    s, final = study.settings, study.final
    if finished(final, "breakpoint", study.facts, TABLE):
        print(f"{announced(study)}: finished before, nothing is left to play; see {final / 'report.md'}")
        return final
    progress = Progress("points")
    with pool("local", "", s.workers) as hands, begun(final, "breakpoint", study.facts, WORTH) as folder:
        clear(final)
        print(f"{announced(study)}; {foreseen(study, at_once('local', hands.workers))}", flush=True)
        try:
            found = bisected(study, hands, Kept(folder), progress)
            progress.close()
            _report(study, found)
        except (KeyboardInterrupt, OSError) as stopped:
            raise halted(stopped, folder, WORTH) from None
        finally:
            progress.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nrun folder: {final}", flush=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return final


def announced(study: Study) -> str:
    """How much is to be played."""
    dials = f"{count(len(study.policies), 'strategy', 'strategies')} x {count(len(study.dials), 'dial')}"
    return f"{dials}, {study.most} points at most, {study.settings.replicates} shows each"


def foreseen(study: Study, workers: int) -> str:
    """How long that takes, from a short probe of the scenario as it is."""
    point = probe(study.plan(study.scenario, study.policies)).seconds / len(study.policies) / workers
    most = len(study.policies) * len(study.dials) * study.most * point
    return f"at most about {duration(most)} on {count(workers, 'worker')}"


def bisected(study: Study, hands: Pool, kept: Kept, progress: Progress) -> Found:
    """Every dial of every strategy. What a show can come to is what it came to under nobody acting, at either end of the dial."""
    s, silent = study.settings, make_policy("silent")
    found: Found = {p.name: {} for p in study.policies}
    of = len(study.policies) * len(study.dials) * study.most
    played, spared = len(kept), 0
    asked: set[str] = set()

    def play(world: Scenario, policy: Policy) -> np.ndarray:
        nonlocal played
        plan = study.plan(world, [policy])

        def rows() -> np.ndarray:
            nonlocal played
            one = crew(hands, plan.worlds, s.seed, study.profile, NEEDED, progress.note)
            made = one(plan.candidates, range(s.replicates))[0, :, 0]
            played += 1
            return made

        asked.add(name := plan.digest()[:24])
        made = kept(name, rows)
        progress(played, max(played, of - spared), turned)
        return made

    for policy in study.policies:
        for at in study.dials:
            least, before, turned = at.now(study.scenario, policy), len(asked), f"{at.name} of {policy.name}"
            progress(played, max(played, of - spared), turned)
            ends = np.stack([play(*at.turn(study.scenario, silent, x)) for x in (least, max(least, at.high))], axis=1)
            worst = worst_share(ends[..., NEEDED.index("oversold_orders")], ends[..., NEEDED.index("paid_orders")])
            found[policy.name][at.name] = breakpoint_of(
                at, study.scenario, policy, study.limits, play, s.confidence, worst, s.steps
            )
            spared += study.most - (len(asked) - before)
    progress(played, played, "")
    return found


def _report(study: Study, found: Found) -> None:
    """Table and sentences, printed and in the run folder."""
    import pandas as pd

    from sim.report.timeline import save

    s, scenario = study.settings, study.scenario
    cells, said = rows(found), sentences(found)
    head = f"{scenario.name}: where limits {study.called} break; {s.replicates} shows a point, {100 * s.confidence:g} % sure"
    print("\n".join(["", head, "", *aligned([HEAD, *cells], (2, 3)), "", *said]), flush=True)
    with run_folder(study.final, "breakpoint") as folder:
        save(chart(found, f"{scenario.name}: limits {study.called}, {s.replicates} shows a point"), folder / "breakpoints.png")
        frames = [table(every).assign(strategy=name) for name, every in found.items()]
        write_table(pd.concat(frames, ignore_index=True), folder / TABLE)
        again = shlex.join(["stockcue", "breakpoint", *study.words])
        text = [
            f"# Breakpoints of {scenario.name}",
            f"{head}, seed {s.seed}. To repeat it: `{again}`",
            "\n".join(markdown(HEAD, cells, (2, 3))),
            "\n".join(f"- {line}" for line in said),
            "![breakpoints](breakpoints.png)",
            "Holds: the largest severity at which every limit of the set is certified, and at every milder one tried; "
            "breaks: the smallest at which one is refuted. Between them more shows would be needed. One dial is turned at a "
            "time.",
        ]
        (folder / "report.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
        facts = {"command": ["stockcue", "breakpoint", *study.words], "breakpoint": study.facts}
        write_manifest(folder, facts | {"config_hash": config_hash(study.facts)})
