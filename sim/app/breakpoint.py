"""From a configuration to the breakpoints of its strategies: estimate before, progress, table, run folder."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from sim.app.progress import Progress
from sim.core.policy import Policy
from sim.jobs.cache import WORTH, Kept
from sim.jobs.folder import config_hash, out_folder, run_folder, versions, write_manifest, write_table
from sim.jobs.identity import own_files
from sim.jobs.paired_play import crew
from sim.jobs.plan import Plan
from sim.jobs.pool import Pool, at_once, pool
from sim.jobs.program import program
from sim.jobs.resume import probe
from sim.jobs.work_folder import PLAYED, begun, finished, holds
from sim.report.text.breakpoint import HEAD, chart, rows, sentences
from sim.report.text.layout import aligned, count, duration, markdown
from sim.score.profiles import LIMITS, Limits, Profile, only
from sim.setup.choices import described, one_of, policies_from, profile_from
from sim.setup.policies import make_policy
from sim.setup.settings import settle
from sim.setup.settings_search import Breakpoint as Settings
from sim.setup.space import Candidate, World
from sim.stats.certify import NEEDED, REFUTED, certify, worst_share
from sim.study.breakpoint import DIALS, Dial, Found, breakpoint_of, most_points, table

GROUPS = ("scenario", "strategy", "gate", "operations", "score")
TABLE = "breakpoints.parquet"


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

    def plan(self, world: Scenario, policy: Policy) -> Plan:
        """One point."""
        return plan_of(self.settings, self.profile, world, [policy])

    @property
    def most(self) -> int:
        """Points at most for one dial of one strategy."""
        return most_points(self.settings.steps)

    @property
    def points(self) -> int:
        """Points at most: those of the dials, every strategy as it is, and nobody acting."""
        n = len(self.dials)
        return len(self.policies) * (1 + n * self.most) + 1 + n


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
    plan = plan_of(s, profile, scenario, policies)
    facts |= {"own_files": own_files(policies), PLAYED: plan.digest()[:16], "program": program(), "versions": versions()}
    final = out_folder(s.out, f"runs/breakpoint-{scenario.name}-{config_hash(facts)}")
    return Study(scenario, policies, profile, limits, called, [DIALS[n] for n in names], s, facts, final, words_given)


def plan_of(s: Settings, profile: Profile, world: Scenario, policies: Sequence[Policy]) -> Plan:
    """Policies in one world, on the shows of a point."""
    candidates = [Candidate(p.name, p.name, {}, p) for p in policies]
    return Plan([World(world.name, world, {})], candidates, s.replicates, s.seed, profile, NEEDED)


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
    with pool("local", "", s.workers) as hands, begun(final, "breakpoint", study.facts, holds(WORTH)) as folder:
        kept = Kept(folder)
        print(f"{announced(study)}; {foreseen(study, len(kept), at_once('local', hands.workers))}", flush=True)
        with Progress("points") as progress:
            found = bisected(study, hands, kept, progress)
        _report(study, found)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nrun folder: {final}", flush=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return final


def announced(study: Study) -> str:
    """How much is to be played."""
    dials = f"{count(len(study.policies), 'strategy', 'strategies')} x {count(len(study.dials), 'dial')}"
    return f"{dials}, {study.points} points at most, {study.settings.replicates} shows each"


def foreseen(study: Study, kept: int, workers: int) -> str:
    """How long that takes, from a short probe of every strategy in the scenario as it is. kept: points played before."""
    point = float(np.mean([probe(study.plan(study.scenario, p)).seconds for p in study.policies])) / workers
    most = max(0, study.points - kept) * point
    before = f"{count(kept, 'point')} kept; " if kept else ""
    return f"{before}at most about {duration(most)} on {count(workers, 'worker')}"


def bisected(study: Study, hands: Pool, kept: Kept, progress: Progress) -> dict[str, Found]:
    """By strategy every dial, turned where the strategy keeps to the limits without."""
    s, silent, scenario = study.settings, make_policy("silent"), study.scenario
    played, of, doing = len(kept), study.points, ""
    asked: set[str] = set()

    def play(world: Scenario, policy: Policy) -> np.ndarray:
        plan = study.plan(world, policy)

        def rows() -> np.ndarray:
            nonlocal played
            one = crew(hands, plan.worlds, s.seed, study.profile, NEEDED, progress.note)
            made = one(plan.candidates, range(s.replicates))[0, :, 0]
            played += 1
            return made

        asked.add(name := plan.digest()[:24])
        made = kept(name, rows)
        progress(played, max(played, of), doing)
        return made

    # What a show can come to: what it came to under nobody acting, as it is or at the end of any dial. One figure for all, so
    # that the same shows have the same bounds wherever they are looked at.
    doing = "nobody acts"
    hardest = [dial.turn(scenario, silent, max(dial.now(scenario, silent), dial.high))[0] for dial in study.dials]
    shows = np.stack([play(world, silent) for world in (scenario, *hardest)], axis=1)
    worst = worst_share(shows[..., NEEDED.index("oversold_orders")], shows[..., NEEDED.index("paid_orders")])
    found = {}
    for policy in study.policies:
        doing = f"{policy.name} as it is"
        rows = dict(zip(NEEDED, play(scenario, policy).T, strict=True))
        found[policy.name] = made = Found(certify(rows, study.limits, s.confidence, worst), {})
        for dial in study.dials:
            before, doing = len(asked), f"{dial.name} of {policy.name}"
            if made.as_it_is.state != REFUTED:
                made.dials[dial.name] = breakpoint_of(dial, scenario, policy, study.limits, play, s.confidence, worst, s.steps)
            of -= study.most - (len(asked) - before)
    progress(played, played, "")
    return found


def _report(study: Study, found: dict[str, Found]) -> None:
    """Table and sentences, printed and in the run folder."""
    import pandas as pd

    from sim.app.pictures import save

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
