"""Export: a strategy that is a line as rules of Prometheus, their tests, Alertmanager's routes and a dashboard for Grafana."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.registry import plain
from sim.app.frame import Out, Task, published, settled
from sim.app.nouns import AnyPolicy, AnyScenario, drawn
from sim.app.nouns import policy as policy_of
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.jobs.folder import write_table
from sim.report.exports.grafana import dashboard
from sim.report.exports.lines import lines_of, seen
from sim.report.exports.prometheus import differs, routes, rule_tests, rules
from sim.report.text.exports import agreement_sentences, page
from sim.setup.choices import described
from sim.setup.settings import ExportSettings
from sim.study.agreement import Agreement, agreement
from sim.words import _


def export(
    scenario: AnyScenario,
    policy: AnyPolicy,
    *,
    every_s: float | None = None,
    shows: int | None = None,
    seed: int | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Write a policy as rules of Prometheus, and measure how far they stand from it.

    Parameters
    ----------
    scenario : str, path, Scenario or mapping
        The show whose items the rules watch; see :func:`stockcue.scenario`.
    policy : str, path, Strategy or Policy
        A line: fixed_count, percent_of_stock, cover_time, window_forecast or burn_rate; see :func:`stockcue.policy`.
    every_s : float
        Between two evaluations of the rules, and between two scrapes [s], 1 to 3600; None: 5.
    shows : int
        Shows, with nobody acting, over which the rules are held against the strategy, 1 to 1,000; None: 5.
    seed : int
        First key of every random stream, 0 to 1e15; None: 1.
    out, progress, command
        As in :func:`stockcue.rehearse`.

    Returns
    -------
    Result
        ``.table`` has the agreement; the folder has ``rules.yml``, ``rules_test.yml``, ``alertmanager.yml``, ``dashboard.json``.

    Raises
    ------
    ExportError
        One sentence, where the strategy is no line: why, and the nearest that is.
    """
    s = settled(ExportSettings, "export", every_s=every_s, shows=shows, seed=seed)
    chosen, (show, _uncertain) = policy_of(policy), drawn(scenario, False)
    lines = [lines_of(chosen, sku, show) for sku in show.skus]
    for own in lines:
        seen(own, s.every_s)
    facts = {**described([chosen]), "scenario": plain(show), "settings": {k: v for k, v in vars(s).items() if k != "out"}}
    task, told = Task("export", f"export-{show.name}", facts, out, command), listener(progress)

    def write(folder: Path) -> Statement:
        import pandas as pd

        runs = [play(set_stage(show, draw_tape(show, s.seed, k)), chosen, acting=False) for k in range(s.replicates)]
        agreed = agreement(runs, lines, s.every_s)
        told.close()
        sentences = [*agreement_sentences(agreed, chosen.name, show.name, s.replicates, s.every_s), *map(_short, differs(chosen))]
        texts = {
            "rules.yml": rules(chosen, show, s.every_s, sentences), "rules_test.yml": rule_tests(chosen, show, s.every_s),
            "alertmanager.yml": routes(chosen), "dashboard.json": dashboard(chosen, show),
        }  # fmt: skip
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        write_table(pd.DataFrame([agreed], columns=list(Agreement._fields)), folder / "agreement.parquet")
        (folder / "report.md").write_text(page(list(texts), sentences, task.repeat()), encoding="utf-8")
        return Statement("\n".join(sentences), sentences, [_("run folder: {folder}").format(folder=HERE)])

    try:
        return published(task, write)
    finally:
        told.close()


def _short(what: Any) -> str:
    return _("Without a form in Prometheus: {what}.").format(what=what)
