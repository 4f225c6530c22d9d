"""From a search's configuration to its run folder: recommended.yaml, tables of trials and finalists, the report."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.app.progress import Progress
from sim.app.tune_study import Study, announced, but_trials, foreseen, study_from
from sim.jobs.folder import config_hash, run_folder, write_manifest, write_table
from sim.jobs.paired_play import crew
from sim.jobs.pool import at_once, pool
from sim.jobs.storage import sealed, trials_in
from sim.jobs.trials import JUDGE_FROM
from sim.jobs.work_folder import begun, finished, less
from sim.report.text import tune as sentences
from sim.report.text.layout import aligned, markdown, number
from sim.report.text.ranking import worded
from sim.report.text.tune import ROBUST_WORDS
from sim.report.text.verdict import STATES
from sim.score.cost import CORE
from sim.score.metrics import METRICS
from sim.setup.design import Axis
from sim.setup.settings_search import Tune
from sim.study.recommend import bundled, bundled_strategy, recommendation, value_word, write_recommendation
from sim.study.search import Plan
from sim.study.tune import CONFIRM_FROM, Tuned, starts, tune

RECOMMENDED = "recommended.yaml"
DATABASE = "study.db"


def tune_and_report(
    config: Mapping[str, Any],
    scenarios: Mapping[str, Any],
    axes: Sequence[Axis],
    words: Sequence[str],
    fixed: Sequence[str],
    shows: Sequence[str],
) -> Path:
    """Search, judge, confirm, and leave a run folder with recommended.yaml, whole or not at all.

    fixed: the study's words that are no ranges and no settings of the search itself; shows:
    its scenarios, as the command line names them.
    """
    began = time.monotonic()
    study = study_from(config, scenarios, axes, words)
    s, final = study.settings, study.final
    earlier = shorter(study)
    if earlier != final and finished(final, "tune", study.facts, RECOMMENDED):
        print(f"{announced(study)}: finished before, nothing is left to play; see {final / RECOMMENDED}")
        return final

    def worth(folder: Path) -> bool:
        return trials_in(folder / DATABASE, len(study.plan.objectives)) > 0

    with pool(s.engine, s.address, s.workers) as hands, begun(final, "tune", but_trials(study.facts), worth) as folder:
        database = folder / DATABASE
        if earlier and not database.exists():
            shutil.copyfile(earlier / DATABASE, whole := folder / "copy.tmp")
            os.replace(whole, database)
            print(f"goes on from the study in {earlier}{', and replaces it' if earlier == final else ''}")
        print(f"{announced(study)}; {foreseen(study, database, at_once(s.engine, hands.workers))}", flush=True)
        with Stages() as stages:
            play = crew(hands, study.worlds, s.seed, study.profile, note=stages.note)
            first = starts(study.space, study.makers)
            found = tune(study.makers, study.space, play, study.plan, study.judging, first, database, stages)
        made = _report(study, found, fixed, shows, database)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return made


def shorter(study: Study) -> Path | None:
    """A folder with the same study, finished with fewer trials: the one to be made, or where that has no name of its own any
    beside it; of several the one with the most."""
    beside = study.final.parent.glob("tune-*") if not study.settings.out else ()
    known = [(less(place, "tune", study.facts, "trials", DATABASE), str(place)) for place in (study.final, *beside)]
    trials, place = max(known)
    return Path(place) if trials else None


class Stages:
    """Progress of one stage after the other, each in its own unit."""

    def __init__(self) -> None:
        self.now = Progress("")

    def __call__(self, unit: str) -> Progress:
        """The progress of the next stage."""
        self.now.close()
        self.now = Progress(unit)
        return self.now

    def note(self, text: str) -> None:
        """A line of its own."""
        self.now.note(text)

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *_: object) -> None:
        self.now.close()


def _report(study: Study, found: Tuned, fixed: Sequence[str], shows: Sequence[str], database: Path) -> Path:
    from sim.report.figures.tune import front, history

    names, axes = [w.name for w in study.worlds], study.space[found.best.family] if found.best.settings else []
    said = sentences.of_tuning(found, study.plan, study.judging, names, study.profile, axes)
    tables = [
        Table("Finalists, on judging shows", [finalist_head(study.plan), *finalist_rows(found, study.plan)], (2, 3, 4, 5, 7))
    ]
    if found.front:
        front_table = front_rows(found, study.plan)
        tables.append(Table("Front: nobody beats these in all objectives", front_table, range(2, len(front_table[0]))))
    played_in = costliest(found)
    if len(study.worlds) > 1:
        said.append(f"rehearse plays it in {names[played_in]}, where it costs most of the {len(names)}; the words for the "
                    f"others are in {RECOMMENDED}.")  # fmt: skip
    print("\n" + "\n\n".join("\n".join(aligned(t.rows, t.numbers)) for t in tables) + "\n\n" + "\n".join(said) + "\n", flush=True)
    with run_folder(study.final, "tune") as folder:
        from sim.app.pictures import save

        write_table(trials_table(found, study.plan), folder / "trials.parquet")
        write_table(shows_table(found, study.plan, names), folder / "shows.parquet")
        save(history(found, study.plan), folder / "history.png")
        if len(study.plan.objectives) > 1:
            save(front(found, study.plan), folder / "front.png")
        sealed(database, folder / DATABASE)
        rests_on = {
            "scenarios": {w.name: dict(w.settings) for w in study.worlds}, "seed": study.settings.seed,
            "search_replicates": f"0 to {study.plan.shows - 1}", "judging_replicates": f"from {JUDGE_FROM}",
            "confirming_replicates": f"{CONFIRM_FROM} to {CONFIRM_FROM + study.judging.confirm - 1}",
            "program": study.facts["program"], "study": config_hash(study.facts), "limits": study.settings.limits,
            "command": shlex.join(["stockcue", "tune", *study.words]),
        }  # fmt: skip
        name, source = found.best.family, bundled_strategy(folder, found.best.policy.strategy)
        entry = source if source == name else f"{name}:{source}"
        each = words_for_each(study, [bundled(folder, show) for show in shows])
        kept = [word for word in fixed if _belongs(word, name)]
        played = ["replicates=200", f"seed={study.settings.seed + 1}"]
        rests_on["words_for_each"] = dict(zip(names, map(" ".join, each), strict=True))
        content = recommendation(found.best, entry, [*each[played_in], *kept], said, rests_on, played)
        write_recommendation(folder / RECOMMENDED, content)
        (folder / "report.md").write_text(_text(study, tables, said), encoding="utf-8")
        facts = {"command": ["stockcue", "tune", *study.words], "tune": study.facts, "config_hash": config_hash(study.facts)}
        write_manifest(folder, facts)
    path = study.final / RECOMMENDED
    print(f"recommended: {path}; play it with stockcue rehearse experiment={path}", flush=True)
    return study.final


def costliest(found: Tuned) -> int:
    """The world in which the recommended setting cost most on fresh shows: rehearse plays one, and a harmless one flatters."""
    return int(found.confirmed[:, :, 0, CORE.index("J")].mean(1).argmax())


def words_for_each(study: Study, shows: Sequence[str]) -> list[list[str]]:
    """The words that rehearse each world. shows: what scenario= says of every scenario."""
    per_scenario = len(study.worlds) // len(shows)
    return [
        [f"scenario={shows[k // per_scenario]}", *(f"{key}={value_word(value)}" for key, value in w.settings.items())]
        for k, w in enumerate(study.worlds)
    ]


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
    merit = "left J [CNY]" if plan.robust == "mean" or not plan.single else f"{ROBUST_WORDS[plan.robust]} [CNY]"
    return ("finalist", "settings", "net [CNY]", "GMV", merit, "behind the best", "interval", "shows", "")


def finalist_rows(found: Tuned, plan: Plan) -> list[list[str]]:
    """The finalists as judged, best first."""
    rows = []
    for st in found.selection.standings:
        c = found.finalists[st.candidate]
        settings = worded(c.settings)
        gap = "" if st.state == "best" else number(st.behind)
        span = "" if st.state == "best" else f"[{number(st.low)}, {number(st.high)}]"
        money = (float(np.nanmean(found.judged[:, :, st.candidate, plan.metrics.index(m)])) for m in ("net", "gmv"))
        rows.append([c.name, settings, *map(number, money), number(st.mean), gap, span, number(st.shows), STATES[st.state]])
    return rows


def front_rows(found: Tuned, plan: Plan) -> list[list[str]]:
    """Head and rows of the finalists that no other beats in all objectives: means over judging shows and worlds."""
    names = list(dict.fromkeys((*plan.objectives, "J", "net", "gmv")))
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


def shows_table(found: Tuned, plan: Plan, worlds: Sequence[str]) -> Any:
    """One row per stage (judging, confirming), world, candidate and show that was played, with every metric; replicate is its
    number."""
    import pandas as pd

    rivals = [c.name for c in found.finalists]
    fresh = [found.best.name, found.start.name, *(f"rival in {name}" for name in worlds)]
    frames = []
    for stage, values, names, first in (
        ("judging", found.judged, rivals, JUDGE_FROM), ("confirming", found.confirmed, fresh, CONFIRM_FROM)
    ):  # fmt: skip
        for w, world in enumerate(worlds):
            for k in range(values.shape[2]):
                rows = pd.DataFrame(values[w, :, k], columns=list(plan.metrics))
                rows.insert(0, "replicate", np.arange(first, first + len(rows)))
                rows.insert(0, "candidate", names[k])
                rows.insert(0, "world", world)
                rows.insert(0, "stage", stage)
                frames.append(rows[rows["J"].notna()])
    return pd.concat(frames, ignore_index=True)


def _text(study: Study, tables: Sequence[Table], said: Sequence[str]) -> str:
    parts = [
        "# Tuning", announced(study) + f". To repeat it: `{shlex.join(['stockcue', 'tune', *study.words])}`",
        "\n".join(f"- {line}" for line in said),
        *("\n".join([f"## {t.title}", "", *markdown(t.rows[0], t.rows[1:], t.numbers)]) for t in tables),
        *(["![front](front.png)"] if len(study.plan.objectives) > 1 else []),
        "![search](history.png)",
        "`recommended.yaml` is what to load; `trials.parquet` has one row per trial, `shows.parquet` one per judging and "
        "fresh show, `study.db` is the Optuna study, "
        "`manifest.json` holds versions, settings and checksums.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"
