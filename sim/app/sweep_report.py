"""What a finished sweep leaves in its run folder: tables, words, and later the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.registry import load, names
from sim.app.pictures import save
from sim.app.progress import Listener
from sim.app.result import HERE, Statement
from sim.app.sweep_study import Field, announced
from sim.app.timelines import leading
from sim.core.export import write_csv
from sim.jobs.folder import write_table
from sim.jobs.plan import Plan
from sim.report.pages import runs as pages
from sim.report.text import decision as deciding
from sim.report.text import ranking, verdict
from sim.setup.assumptions import assumption_table, summary
from sim.study.decide import Decision, Trials, decide, of_table
from sim.study.race import of_race, rerun, rows_of_race
from sim.study.standing import rows_of, settings_table
from sim.words import _

TABLE = "trials.parquet"


def reported(folder: Path, field: Field, told: Listener, damaged: int, telling: Mapping[str, Any]) -> Statement:
    """The run folder, everything but the table read off it; pictures and the leaders' timelines come when they are asked for.
    damaged: parts that were played again. telling: what the words follow from."""
    plan = field.plan
    told.close()
    for name, settings in zip(("candidates", "worlds"), settings_table(plan), strict=True):
        write_table(settings, folder / f"{name}.parquet")
    assumed = assumptions_of(plan)
    write_csv(assumed, folder / "assumptions.csv")
    raced = field.rules is not None
    standing = None if raced else ranking.Ranking(folder / TABLE, plan, field.settings.shock)
    trials = of_race(folder / TABLE, plan) if raced else of_table(folder / TABLE, plan)
    decision = _decided(field, trials) if plan.replicates > 1 else None
    if decision:
        _tables(folder, decision)
    page = partial(_page, field=field, standing=standing, assumed=summary(assumed))
    page(folder, deciding.sections(trials, decision, []) if decision else [])
    if damaged:
        told.note(_("damaged parts that were played again: {n}").format(n=damaged))
    parts = [standing.printed()] if standing else []
    parts += [deciding.printed(decision)] if decision else []
    last = [_("run folder: {folder} (every run: {table}, what was varied: candidates.parquet, words: report.md)").format(
        folder=HERE, table=TABLE)]  # fmt: skip

    def more(folder: Path) -> list[str]:
        assert decision
        moved = replace(trials, fetch=partial(rows_of_race if raced else rows_of, folder / TABLE, plan))
        page(folder, deciding.sections(moved, decision, _drawn(folder, moved, decision)))
        return last

    return Statement(
        "\n".join(["", "\n\n".join(parts)]),
        verdict.sentences(decision) if decision else [],
        last,
        {"telling": telling},
        partial(verdict.sentences, decision) if decision else None,
        more if decision else None,
    )


def _page(folder: Path, decided: Sequence[str], field: Field, standing: ranking.Ranking | None, assumed: str) -> None:
    """``report.md``. decided: the sections of the decision."""
    plan = field.plan
    played = f"{announced(plan)}, {_('seed {seed}').format(seed=plan.seed)}. {field.task.repeat()}"
    (folder / "report.md").write_text(pages.sweep(plan, played, standing, decided, assumed, TABLE), encoding="utf-8")


def _tables(folder: Path, decision: Decision) -> None:
    """Tables of the decision."""
    write_table(deciding.front_table(decision), folder / "front.parquet")
    write_table(deciding.certificates_table(decision), folder / "certificates.parquet")
    write_table(deciding.standings_table(decision), folder / "standings.parquet")


def _drawn(folder: Path, trials: Trials, decision: Decision) -> list[str]:
    """Pictures of the decision and timelines of its leaders; the names of the pictures."""
    for name, table in zip(("timelines", "alerts"), leading(trials.plan, decision.leaders), strict=True):
        write_table(table, folder / f"{name}.parquet")
    drawn = deciding.pictures(trials, decision)
    for name, figure in drawn.items():
        save(figure, folder / name)
    return list(drawn)


def _decided(field: Field, trials: Trials) -> Decision:
    """The decision, by the race where there was one."""
    s = field.settings
    return decide(trials, s.delta, s.confidence, rerun(trials, field.rules) if field.rules else None, s.shock)


def assumptions_of(plan: Plan) -> Any:
    """What the sweep rests on: the settings of its first world and of one candidate a family."""
    scenario = plan.worlds[0].scenario
    preset = load(scenario.name) if scenario.name in names() else None
    one = {c.family: replace(c.policy, label=c.family) for c in reversed(plan.candidates)}
    return assumption_table(scenario, preset, list(one.values())[::-1], plan.profile)
