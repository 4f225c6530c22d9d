"""From a rehearsal's configuration to its table, pictures and run folder."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import plain
from sim.app.progress import Progress
from sim.core.policy import Policy
from sim.core.run import Run
from sim.jobs.folder import config_hash, out_folder, run_folder, write_manifest, write_table
from sim.jobs.identity import own_files
from sim.report.text import tables
from sim.score.outcomes import outcomes
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table, summary
from sim.setup.choices import described, one_of, policies_from, profile_from
from sim.setup.settings import Rehearse, SettingError, settle
from sim.setup.uncertain import Uncertainty, asked
from sim.setup.uncertain import plain as plain_uncertainty
from sim.study.rehearse import Rehearsal, rehearse, rerun, with_baseline

GROUPS = ("scenario", "strategy", "gate", "operations", "score")
PICTURES = ("best", "all", "none")


@dataclass(frozen=True, eq=False)
class Study:
    """A rehearsal to be played: everything in records. ``preset``: the scenario before the user changed it."""

    scenario: Scenario
    preset: Scenario | None
    policies: list[Policy]
    profile: Profile
    settings: Rehearse
    words: list[str]
    uncertainty: Uncertainty | None = None


def study_from(config: Mapping[str, Any], preset: Scenario | None, words: Sequence[str]) -> Study:
    """Records from the composed configuration; every fault is found here, before anything is played."""
    settings = settle(Rehearse, {key: value for key, value in config.items() if key not in GROUPS}, "rehearse")
    scenario, uncertainty = asked(config["scenario"], settings.uncertain)
    policies = with_baseline(policies_from(config["strategy"], config["gate"], config["operations"]))
    one_of("figure_sku", settings.figure_sku, ["auto", *(s.id for s in scenario.skus)])
    one_of("figure", settings.figure, [*PICTURES, *(p.name for p in policies)])
    if settings.figure_replicate >= settings.replicates:
        raise SettingError(f"figure_replicate must be below replicates = {settings.replicates}; the first one is 0")
    return Study(scenario, preset, policies, profile_from(config["score"]), settings, list(words), uncertainty)


def rehearse_and_report(config: Mapping[str, Any], preset: Scenario | None, words: Sequence[str]) -> Path:
    """Play, print the table, and leave a run folder, whole or not at all."""
    began = time.monotonic()
    study = study_from(config, preset, words)
    s, made = study.settings, configuration(study)
    final = out_folder(s.out, f"runs/{study.scenario.name}-{config_hash(made)}")
    progress = Progress("shows")
    with run_folder(final, "rehearse") as folder:
        kept = ("" if s.figure in PICTURES else s.figure, s.figure_replicate)
        try:
            found = rehearse(
                study.scenario, study.policies, s.replicates, s.seed, study.profile, progress, s.workers, kept,
                study.uncertainty,
            )  # fmt: skip
        finally:
            progress.close()
        lines = tables.summary(found.scores)
        print(f"scenario {study.scenario.name}, {s.replicates} shows, seed {s.seed}\n")
        print(tables.printed(lines, s.replicates, study.profile.name), flush=True)
        for line in tables.leaks_to_fix(study.scenario):
            print(line, flush=True)
        assumed = assumption_table(study.scenario, study.preset, study.policies, study.profile)
        _write(folder, study, found, assumed, _pictures(folder, study, found.shown))
        weak = {code: int(n) for code, n in assumed["confidence"].value_counts().items()}
        facts: dict[str, Any] = {"command": ["stockcue", "rehearse", *study.words], "config": made}
        facts |= {"config_hash": config_hash(made), "seed": s.seed, "replicates": s.replicates}
        facts |= {"assumptions": weak, "tapes": list(found.tapes)}
        write_manifest(folder, facts)
    print(f"\n{summary(assumed)}: {final / 'assumptions.csv'}")
    print(f"run folder: {final} (table: report.md, picture: timeline.png)", flush=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return final


def configuration(study: Study) -> dict[str, Any]:
    """All that decides the result, as plain data; what does not (workers, pictures, folder) is left out."""
    made = {"scenario": plain(study.scenario), **described(study.policies, study.profile)}
    drawn = {} if study.uncertainty is None else {"uncertainty": plain_uncertainty(study.uncertainty)}
    made |= {"replicates": study.settings.replicates, "seed": study.settings.seed, "own_files": own_files(study.policies)}
    return made | drawn


def _pictures(folder: Path, study: Study, shown: Run) -> list[str]:
    """Draw what was asked for; the names of the files."""
    from sim.app.pictures import save
    from sim.report.figures.timeline import timeline

    s = study.settings
    if s.figure == "none":
        return []
    skus = [k.id for k in study.scenario.skus]
    sku, chosen = worst_sku(shown) if s.figure_sku == "auto" else (skus.index(s.figure_sku), f"shown: figure_sku={s.figure_sku}")
    runs = {"timeline.png": shown}
    if s.figure == "all":
        for policy in study.policies:
            runs[f"timeline-{policy.name}.png"] = rerun(
                study.scenario, study.policies, policy.name, s.seed, s.figure_replicate, study.uncertainty
            )
    for name, run in runs.items():
        save(timeline(run, sku, chosen), folder / name)
    return list(runs)


def worst_sku(run: Run) -> tuple[int, str]:
    """The SKU with most oversold units, among equals the one with most missed, then most demanded units; and that in words."""
    settled = outcomes(run)
    sku = int(np.lexsort((settled.demand, settled.avoidable, settled.oversold))[-1])
    most = "oversold" if settled.oversold[sku] > 0 else "missed" if settled.avoidable[sku] > 0 else "demanded"
    return sku, f"shown: the SKU with most {most} units in replicate {run.tape.key[1]} under {run.policy.name}"


def _write(folder: Path, study: Study, found: Rehearsal, assumed: Any, pictures: Sequence[str]) -> None:
    write_table(found.scores, folder / "scores.parquet")
    write_table(found.alerts, folder / "alerts.parquet")
    assumed.to_csv(folder / "assumptions.csv", index=False)
    (folder / "report.md").write_text(_report(study, found, summary(assumed), pictures), encoding="utf-8")


def _report(study: Study, found: Rehearsal, assumed: str, pictures: Sequence[str]) -> str:
    """The run in words: what was played, the table, the pictures, what it rests on, what the columns mean."""
    s, lines = study.settings, tables.summary(found.scores)
    parts = [
        f"# Rehearsal of {study.scenario.name}",
        study.scenario.lesson,
        f"{s.replicates} shows, seed {s.seed}. To repeat it: `{' '.join(['stockcue', 'rehearse', *study.words])}`",
        tables.in_markdown(lines, s.replicates, study.profile.name),
        *(f"- {line}" for line in tables.leaks_to_fix(study.scenario)),
        *(f"![timeline]({name})" for name in pictures),
        f"## What this rests on\n\n{assumed}. Each is listed with its source in `assumptions.csv`; confidence H official or "
        "computed, M several secondary sources, L one vendor's claim, A an assumption of this project.",
        f"## What the columns mean\n\n{tables.glossary()}",
        "`scores.parquet` has one row per strategy and show with every metric, `alerts.parquet` one row per alert, "
        "`manifest.json` versions, settings, tape digests and checksums.",
    ]
    return "\n\n".join(parts) + "\n"
