"""From a search's configuration to its run folder: recommended.yaml, tables of trials and finalists, the report."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.report import sentences
from sim.report.progress import Progress
from sim.report.ranking import worded
from sim.report.sentences import ROBUST_WORDS
from sim.report.text import aligned, markdown, number
from sim.report.verdict import STATES
from sim.score.metrics import METRICS
from sim.score.profiles import LIMITS, Profile
from sim.study.choices import one_of, profile_from
from sim.study.crew import crew
from sim.study.design import Axis
from sim.study.folder import config_hash, out_folder, run_folder, versions, write_manifest, write_table
from sim.study.pool import pool
from sim.study.program import program
from sim.study.recommend import recommendation, value_word, write_recommendation
from sim.study.search import Plan
from sim.study.settings import SettingError, settle
from sim.study.settings_search import Tune
from sim.study.space import Maker, World, families, make_worlds
from sim.study.trials import CORE, JUDGE_FROM
from sim.study.tune import CONFIRM_FROM, Judging, Tuned, starts, tune
from sim.study.unfinished import begun, clear, finished

GROUPS = ("scenario", "strategy", "gate", "operations", "score", "options")
RECOMMENDED = "recommended.yaml"
KEPT = "Interrupted; the trials that were finished are kept: the same command goes on from there."


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
    facts["varied"] = {a.key: a.spelt for a in axes}
    own = ("workers", "engine", "address", "out")
    facts |= {f.name: getattr(s, f.name) for f in fields(s) if f.name not in own}
    facts |= {"program": program(), "versions": versions()}
    final = out_folder(s.out, f"runs/tune-{'+'.join(scenarios)}-{config_hash(facts)}")
    makers, space = {k: m for k, (m, _) in found.items()}, {k: own for k, (_, own) in found.items()}
    return Study(worlds, makers, space, profile, plan, judging, s, facts, list(words), final)


def _objectives(given: Any) -> tuple[str, ...]:
    if given is None:
        return ("J",)
    names = given if isinstance(given, list) else [given]
    if not names:
        raise SettingError("objectives= names none; give metrics to lower, as in [oversold_units,missed_gmv], or leave it out")
    for k, name in enumerate(names):
        one_of("objectives", str(name), CORE)
        if METRICS[name].better == "high":
            raise SettingError(f"objectives are lowered, and {name} is better higher; choose another")
        if name in names[:k]:
            raise SettingError(f"objectives name {name} twice; give each once")
    return tuple(map(str, names))


def tune_and_report(
    config: Mapping[str, Any],
    scenarios: Mapping[str, Any],
    axes: Sequence[Axis],
    words: Sequence[str],
    labels: Mapping[str, str],
    fixed: Sequence[str],
    shows: Sequence[str],
) -> Path:
    """Search, judge, confirm, and leave a run folder with recommended.yaml, whole or not at all.

    labels: strategy entries by family; fixed: the study's words that are no ranges and no settings of the search itself; shows:
    its scenarios, as the command line names them.
    """
    began = time.monotonic()
    study = study_from(config, scenarios, axes, words)
    s = study.settings
    if finished(study.final, "tune", study.facts, RECOMMENDED):
        print(f"{announced(study)}: finished before, nothing is left to play; see {study.final / RECOMMENDED}")
        return study.final
    print(announced(study), flush=True)
    progress = Progress("trials")
    try:
        with pool(s.engine, s.address, s.workers) as hands, begun(study.final, "tune", study.facts, "study.db") as folder:
            clear(study.final)
            play = crew(hands, study.worlds, s.seed, study.profile)
            first = starts(study.space, study.makers)
            found = tune(study.makers, study.space, play, study.plan, study.judging, first, folder / "study.db", progress)
            progress.close()
            made = _report(study, found, labels, fixed, shows, folder / "study.db")
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


def _report(
    study: Study, found: Tuned, labels: Mapping[str, str], fixed: Sequence[str], shows: Sequence[str], database: Path
) -> Path:
    from sim.report.tuning_figure import front, history

    names, axes = [w.name for w in study.worlds], study.space[found.best.family] if found.best.settings else []
    said = sentences.of_tuning(found, study.plan, study.judging, names, study.profile, axes)
    tables = [Table("Finalists, on judging shows", [finalist_head(study.plan), *finalist_rows(found)], (2, 3, 5))]
    if found.front:
        front_table = front_rows(found, study.plan)
        tables.append(Table("Front: nobody beats these in all objectives", front_table, range(2, len(front_table[0]))))
    played_in = rehearsed(study, found, shows)
    if len(study.worlds) > 1:
        said.append(f"rehearse plays it in {names[played_in.world]}, where it costs most of the {len(names)}; the words for the "
                    f"others are in {RECOMMENDED}.")  # fmt: skip
    print("\n" + "\n\n".join("\n".join(aligned(t.rows, t.numbers)) for t in tables) + "\n\n" + "\n".join(said) + "\n", flush=True)
    with run_folder(study.final, "tune") as folder:
        from sim.report.timeline import save

        write_table(trials_table(found, study.plan), folder / "trials.parquet")
        save(history(found, study.plan), folder / "history.png")
        if len(study.plan.objectives) > 1:
            save(front(found, study.plan), folder / "front.png")
        shutil.copyfile(database, folder / "study.db")
        rests_on = {
            "scenarios": {w.name: dict(w.settings) for w in study.worlds}, "seed": study.settings.seed,
            "search_replicates": f"0 to {study.plan.shows - 1}", "judging_replicates": f"from {JUDGE_FROM}",
            "confirming_replicates": f"{CONFIRM_FROM} to {CONFIRM_FROM + study.judging.confirm - 1}",
            "program": study.facts["program"], "study": config_hash(study.facts), "limits": study.settings.limits,
            "command": shlex.join(["stockcue", "tune", *study.words]),
        }  # fmt: skip
        name, source = found.best.family, labels[found.best.family]
        entry = source if source == name else f"{name}:{source}"
        kept = [word for word in fixed if _belongs(word, name)]
        played = ["replicates=200", f"seed={study.settings.seed + 1}"]
        rests_on["words_for_each"] = dict(zip(names, played_in.each, strict=True))
        content = recommendation(found.best, entry, [*played_in.words, *kept], said, rests_on, played)
        write_recommendation(folder / RECOMMENDED, content)
        (folder / "report.md").write_text(_text(study, tables, said), encoding="utf-8")
        facts = {"command": ["stockcue", "tune", *study.words], "tune": study.facts, "config_hash": config_hash(study.facts)}
        write_manifest(folder, facts)
    path = study.final / RECOMMENDED
    print(f"recommended: {path}; play it with stockcue rehearse experiment={path}", flush=True)
    return study.final


class Rehearsed(NamedTuple):
    """Where the recommendation is rehearsed: number of the world, its words; and the words of each world, in one line."""

    world: int
    words: list[str]
    each: list[str]


def rehearsed(study: Study, found: Tuned, shows: Sequence[str]) -> Rehearsed:
    """The world in which the recommended setting cost most on fresh shows: rehearse plays one, and a harmless one flatters."""
    per_scenario = len(study.worlds) // len(shows)
    words = [
        [f"scenario={shows[k // per_scenario]}", *(f"{key}={value_word(value)}" for key, value in w.settings.items())]
        for k, w in enumerate(study.worlds)
    ]
    worst = int(found.confirmed[:, :, 0, CORE.index("J")].mean(1).argmax())
    return Rehearsed(worst, words[worst], [" ".join(w) for w in words])


def _belongs(word: str, family: str) -> bool:
    """Whether a word of the study is one of the rehearsal too: no setting of the search, none of another family."""
    path = word.lstrip("+~").split("=")[0].split(".")
    return path[0] not in {f.name for f in fields(Tune)} and (path[0] != "strategy" or path[1:2] == [family])


class Table(NamedTuple):
    """A table of the report: title, head and rows, which columns are numbers."""

    title: str
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]


def finalist_head(plan: Plan) -> tuple[str, ...]:
    """What the finalists were judged by: J, or what ``robust`` makes of it."""
    merit = "J [CNY]" if plan.robust == "mean" or not plan.single else f"{ROBUST_WORDS[plan.robust]} [CNY]"
    return ("finalist", "settings", merit, "behind the best", "interval", "shows", "")


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


def front_rows(found: Tuned, plan: Plan) -> list[list[str]]:
    """Head and rows of the finalists that no other beats in all objectives: means over judging shows and worlds."""
    names = list(dict.fromkeys((*plan.objectives, "J")))
    head = ["front", "settings", *(f"{name} [{METRICS[name].unit}]" for name in names)]
    means = np.nanmean(found.judged[..., [plan.metrics.index(name) for name in names]], axis=(0, 1))
    order = sorted(found.front, key=lambda k: tuple(means[k]))
    return [head, *([found.finalists[k].name, worded(found.finalists[k].settings), *(number(float(v), 1) for v in means[k])]
                    for k in order)]  # fmt: skip


def trials_table(found: Tuned, plan: Plan) -> Any:
    """One row per trial: number, family, shows, value per objective, excess over each limit, one column per varied key."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for t in found.tried:
        row: dict[str, Any] = {"trial": t.number, "candidate": t.candidate.name, "family": t.candidate.family, "shows": t.shows}
        row |= dict(zip(plan.objectives, t.values, strict=True)) | {f"excess_{k}": v for k, v in t.excess.items()}
        rows.append(row | {k: v if isinstance(v, str) else float(v) for k, v in t.candidate.settings.items()})
    return pd.DataFrame(rows)


def _text(study: Study, tables: Sequence[Table], said: Sequence[str]) -> str:
    parts = [
        "# Tuning", announced(study) + f". To repeat it: `{shlex.join(['stockcue', 'tune', *study.words])}`",
        "\n".join(f"- {line}" for line in said),
        *("\n".join([f"## {t.title}", "", *markdown(t.rows[0], t.rows[1:], t.numbers)]) for t in tables),
        *(["![front](front.png)"] if len(study.plan.objectives) > 1 else []),
        "![search](history.png)",
        "`recommended.yaml` is what to load; `trials.parquet` has one row per trial, `study.db` is the Optuna study, "
        "`manifest.json` holds versions, settings and checksums.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"
