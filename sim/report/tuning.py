"""From a search's configuration to its run folder: recommended.yaml, tables of trials and finalists, the report."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sim.report import sentences
from sim.report.progress import Progress
from sim.report.ranking import worded
from sim.report.text import aligned, markdown, number
from sim.report.verdict import STATES
from sim.score.metrics import METRICS
from sim.score.profiles import LIMITS, Profile
from sim.study.choices import one_of, profile_from
from sim.study.crew import crew
from sim.study.design import Axis
from sim.study.folder import config_hash, run_folder, versions, write_manifest, write_table
from sim.study.pool import pool
from sim.study.program import program
from sim.study.recommend import recommendation, write_recommendation
from sim.study.search import Plan
from sim.study.settings import SettingError, settle
from sim.study.settings_search import Tune
from sim.study.space import Maker, World, families, make_worlds
from sim.study.trials import CORE, JUDGE_FROM
from sim.study.tune import CONFIRM_FROM, Judging, Tuned, starts, tune
from sim.study.unfinished import begun, clear

GROUPS = ("scenario", "strategy", "gate", "operations", "score", "options")
RECOMMENDED = "recommended.yaml"
KEPT = "Interrupted; the trials that were finished are kept: the same command goes on from there."
HEAD = ("finalist", "settings", "J [CNY]", "behind the best", "interval", "shows", "")


@dataclass(frozen=True, eq=False)
class Study:
    """A search to be made: everything in records. ``facts``: all that decides its result. ``labels``: how the command line
    names each family's strategy."""

    worlds: list[World]
    makers: dict[str, Maker]
    space: dict[str, list[Axis]]
    profile: Profile
    plan: Plan
    judging: Judging
    settings: Tune
    facts: dict[str, Any]
    words: list[str]
    final: Path


def study_from(config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis], words: Sequence[str]) -> Study:
    """Records from the composed configuration; every fault is found here, before anything is played."""
    s = settle(Tune, {key: value for key, value in config.items() if key not in GROUPS}, "tune")
    if not any(axis.key.split(".")[0] != "scenario" for axis in axes):
        raise SettingError("tune has nothing to search; give a range, as in strategy.units=interval(20,400)")
    found = families(config, axes)
    idle = [family for family, (_, own) in found.items() if not own]
    if idle and len(found) > 1:
        found = {family: pair for family, pair in found.items() if pair[1]}
        print(f"not searched, for nothing of theirs varies: {', '.join(idle)}", file=sys.stderr)
    profile = profile_from(config["score"])
    worlds = make_worlds(scenarios, axes, "auto", s.world_points, s.seed, s.uncertain)
    plan = Plan(s.trials, s.replicates, s.seed, CORE, s.robust, s.alpha, _objectives(s.objectives),
                None if s.limits == "none" else LIMITS[s.limits], s.prune)  # fmt: skip
    judging = Judging(s.finalists, s.judging, s.confirm, s.delta, s.confidence)
    facts: dict[str, Any] = {"scenario": dict(scenarios), **{g: config[g] for g in ("strategy", "gate", "operations", "options")}}
    facts["score"] = asdict(profile)
    facts["varied"] = {a.key: [v for f in fields(a)[1:] if (v := getattr(a, f.name)) not in (None, ())] for a in axes}
    own = ("workers", "engine", "address", "out")
    facts |= {f.name: getattr(s, f.name) for f in fields(s) if f.name not in own}
    facts |= {"program": program(), "versions": versions()}
    final = Path(s.out or f"runs/tune-{'+'.join(scenarios)}-{config_hash(facts)}")
    makers, space = {k: m for k, (m, _) in found.items()}, {k: own for k, (_, own) in found.items()}
    return Study(worlds, makers, space, profile, plan, judging, s, facts, list(words), final)


def _objectives(given: Any) -> tuple[str, ...]:
    if given is None:
        return ("J",)
    names = given if isinstance(given, list) else [given]
    for name in names:
        one_of("objectives", str(name), CORE)
        if METRICS[name].better == "high":
            raise SettingError(f"objectives are lowered, and {name} is better higher; choose another")
    return tuple(map(str, names))


def tune_and_report(
    config: Mapping[str, Any],
    scenarios: Mapping[str, Any],
    axes: Sequence[Axis],
    words: Sequence[str],
    labels: Mapping[str, str],
    fixed: Sequence[str],
) -> Path:
    """Search, judge, confirm, and leave a run folder with recommended.yaml, whole or not at all.

    labels: strategy entries by family; fixed: the study's words that are no ranges and no settings of the search itself.
    """
    began = time.monotonic()
    study = study_from(config, scenarios, axes, words)
    s = study.settings
    print(announced(study), flush=True)
    progress = Progress("trials")
    try:
        with pool(s.engine, s.address, s.workers) as hands, begun(study.final, "tune", study.facts, "study.db") as folder:
            clear(study.final)
            play = crew(hands, study.worlds, s.seed, study.profile)
            first = starts(study.space, study.makers)
            found = tune(study.makers, study.space, play, study.plan, study.judging, first, folder / "study.db", progress)
            progress.close()
            made = _report(study, found, labels, fixed, folder / "study.db")
            shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(KEPT) from None
    finally:
        progress.close()
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return made


def announced(study: Study) -> str:
    """What is to be done."""
    s, n = study.settings, len(study.worlds)
    names = ", ".join(w.name for w in study.worlds[:4]) + (", ..." if n > 4 else "")
    aim = f"J ({s.robust})" if study.plan.single else ", ".join(study.plan.objectives)
    ranges = sum(map(len, study.space.values()))
    return (f"{s.trials} trials over {ranges} ranges of {', '.join(study.space)}, up to {s.replicates} shows each in {names}; "
            f"lowered: {aim}; limits: {s.limits}")  # fmt: skip


def _report(study: Study, found: Tuned, labels: Mapping[str, str], fixed: Sequence[str], database: Path) -> Path:
    from sim.report.tuning_figure import history

    names, axes = [w.name for w in study.worlds], study.space[found.best.family] if found.best.settings else []
    said = sentences.of_tuning(found, study.plan, study.judging, names, study.profile, axes)
    rows = finalist_rows(found)
    print("\n" + "\n".join(aligned([HEAD, *rows], (2, 3, 5))) + "\n\n" + "\n".join(said) + "\n", flush=True)
    with run_folder(study.final) as folder:
        from sim.report.timeline import save

        write_table(trials_table(found, study.plan), folder / "trials.parquet")
        save(history(found, study.plan), folder / "history.png")
        shutil.copyfile(database, folder / "study.db")
        rests_on = {
            "scenarios": {w.name: dict(w.settings) for w in study.worlds}, "seed": study.settings.seed,
            "search_replicates": f"0 to {study.plan.shows - 1}", "judging_replicates": f"from {JUDGE_FROM}",
            "confirming_replicates": f"{CONFIRM_FROM} to {CONFIRM_FROM + study.judging.confirm - 1}",
            "program": study.facts["program"], "study": config_hash(study.facts), "limits": study.settings.limits,
            "command": " ".join(["stockcue", "tune", *study.words]),
        }  # fmt: skip
        name, source = found.best.family, labels[found.best.family]
        entry = source if source == name else f"{name}:{source}"
        scenario = _scenario_word(study.words)
        kept = [word for word in fixed if _belongs(word, name)]
        played = ["replicates=200", f"seed={study.settings.seed + 1}"]
        content = recommendation(found.best, entry, [scenario, *kept], said, rests_on, played)
        write_recommendation(folder / RECOMMENDED, content)
        (folder / "report.md").write_text(_text(study, rows, said), encoding="utf-8")
        facts = {"command": ["stockcue", "tune", *study.words], "tune": study.facts, "config_hash": config_hash(study.facts)}
        write_manifest(folder, facts)
    path = study.final / RECOMMENDED
    print(f"recommended: {path}; play it with stockcue rehearse experiment={path}", flush=True)
    return study.final


def _scenario_word(words: Sequence[str]) -> str:
    """The scenario to rehearse the recommendation in: the first one of the study."""
    given = [w.split("=", 1)[1] for w in words if w.startswith("scenario=")]
    return "scenario=" + re.split(r"[,\]]", given[-1].lstrip("["))[0].strip() if given else "scenario=first_show"


def _belongs(word: str, family: str) -> bool:
    """Whether a word of the study is one of the rehearsal too: no setting of the search, none of another family."""
    path = word.lstrip("+~").split("=")[0].split(".")
    return path[0] not in {f.name for f in fields(Tune)} and (path[0] != "strategy" or path[1:2] == [family])


def finalist_rows(found: Tuned) -> list[list[str]]:
    """The finalists as judged, best first."""
    rows = []
    for st in found.selection.standings:
        c = found.finalists[st.candidate]
        settings = worded(c.settings)
        gap = "" if st.state == "best" else number(st.behind)
        span = "" if st.state == "best" else f"[{number(st.low)}, {number(st.high)}]"
        rows.append([c.name, settings, number(st.mean), gap, span, number(st.shows), STATES[st.state]])
    return rows


def trials_table(found: Tuned, plan: Plan) -> Any:
    """One row per trial: number, family, shows, value per objective, excess over each limit, one column per varied key."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for t in found.tried:
        row: dict[str, Any] = {"trial": t.number, "candidate": t.candidate.name, "family": t.candidate.family, "shows": t.shows}
        row |= dict(zip(plan.objectives, t.values, strict=True)) | {f"excess_{k}": v for k, v in t.excess.items()}
        rows.append(row | {k: v if isinstance(v, str) else float(v) for k, v in t.candidate.settings.items()})
    return pd.DataFrame(rows)


def _text(study: Study, rows: Sequence[Sequence[str]], said: Sequence[str]) -> str:
    parts = [
        "# Tuning", announced(study) + f". To repeat it: `{' '.join(['stockcue', 'tune', *study.words])}`",
        "\n".join(f"- {line}" for line in said),
        "\n".join(["## Finalists, on judging shows", "", *markdown(HEAD, rows, (2, 3, 5))]),
        "![search](history.png)",
        "`recommended.yaml` is what to load; `trials.parquet` has one row per trial, `study.db` is the Optuna study, "
        "`manifest.json` holds versions, settings and checksums.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"
