"""Stock: how many units to bring, and what tonight looks like before any policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import plain
from sim.app.frame import Out, Task, published, settled
from sim.app.nouns import AnyScenario, drawn, profile_of
from sim.app.pictures import save
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.jobs.folder import write_table
from sim.report.text import stock as words
from sim.setup.settings import StockSettings
from sim.setup.uncertain import plain as plain_uncertainty
from sim.study.bring import Brought, bring

if TYPE_CHECKING:
    import pandas as pd

BAND = (0.05, 0.5, 0.95)
"""Quantiles over shows of the units wanted and of the time of the sell-out."""

PICTURE = "stock.png"


def stock(
    scenario: AnyScenario,
    *,
    carry: float | None = None,
    shows: int | None = None,
    seed: int | None = None,
    score: Any = "balanced",
    uncertain: Any = False,
    figure: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """How many units to bring: net against stock per item, tonight's expected units and sell-out times, before any policy.

    Parameters
    ----------
    scenario : str, path, Scenario or mapping
        The show; see :func:`stockcue.scenario`.
    carry : float
        Cost of an unsold unit [CNY], 0 to 1e6: carried back or marked down; None: 3. It stands for the score's ``cs``.
    shows : int
        Shows, 10 to 100,000, each played with every stock; None: 40.
    seed : int
        First key of every random stream, 0 to 1e15; None: 1.
    score : str, mapping or Profile
        What things cost; see :func:`stockcue.rehearse`.
    uncertain : bool, path or Result
        Whether shows draw their parameters, as in :func:`stockcue.rehearse`.
    figure : str
        ``all`` or ``none``; None: all.
    out, progress, command
        As in :func:`stockcue.rehearse`.

    Returns
    -------
    Result
        ``.table`` has a row per item: ``planned`` units; ``wanted_p05``, ``_p50``, ``_p95`` [units over shows]; ``sold_out``,
        the share of shows in which the planned stock runs out, and ``out_p05_s``, ``_p50_s``, ``_p95_s``, when [s since show
        start; inf: not]; ``bring``, units that earn most, ``bring_low`` to ``bring_high``, those that cannot be told from it;
        ``gain``, what it earns more than the planned stock, with ``gain_half``, half its 95 % interval [CNY/show].
        ``.curves`` has a row per item and stock: ``net``, ``net_low``, ``net_high`` (95 % of the mean) [CNY/show].

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    s = settled(StockSettings, "stock", carry=carry, shows=shows, seed=seed, uncertain=bool(uncertain), figure=figure)
    show, uncertainty = drawn(scenario, uncertain)
    profile, told = profile_of(score), listener(progress)
    facts = {"scenario": plain(show), "score": asdict(profile), "replicates": s.replicates, "seed": s.seed, "carry": s.carry}
    facts |= {} if uncertainty is None else {"uncertainty": plain_uncertainty(uncertainty)}
    task = Task("stock", f"stock-{show.name}", facts, out, command, more={"seed": s.seed, "replicates": s.replicates})

    def write(folder: Path) -> Statement:
        brought = bring(show, s.replicates, s.seed, profile, s.carry, told.stage("shows"), uncertainty)
        told.close()
        table, curves = table_of(show, brought), curves_of(show, brought)
        write_table(table, folder / "stock.parquet")
        write_table(curves, folder / "curves.parquet")
        heading, verdict = words.title(show.name, s.replicates, s.seed), words.sentences(table, s.carry, brought.planned)
        page = partial(words.page, heading, table, verdict, task.repeat())
        (folder / "report.md").write_text(page([]), encoding="utf-8")

        def more(folder: Path) -> list[str]:
            from sim.report.figures.stock import chart

            save(chart(table, curves, heading), folder / PICTURE)
            (folder / "report.md").write_text(page([PICTURE]), encoding="utf-8")
            return [words.folder(True).format(folder=HERE)]

        text, where = words.printed(heading, table, verdict), [words.folder(False).format(folder=HERE)]
        return Statement(text, verdict, where, more=more if s.figure == "all" else None)

    try:
        return published(task, write, told)
    finally:
        told.close()


def table_of(show: Scenario, brought: Brought) -> pd.DataFrame:
    """One row per item."""
    import pandas as pd

    rows = []
    for k, sku in enumerate(show.skus):
        wanted = np.quantile(brought.wanted[:, k], BAND)
        gone = np.quantile(brought.sold_out_s[:, k], BAND, method="inverted_cdf")
        best, low, high = brought.best(k)
        gain, half = brought.gain(k)
        rows.append({
            "item": sku.id, "planned": int(brought.units[0, k]), "wanted_p05": wanted[0], "wanted_p50": wanted[1],
            "wanted_p95": wanted[2], "sold_out": float(np.isfinite(brought.sold_out_s[:, k]).mean()), "out_p05_s": gone[0],
            "out_p50_s": gone[1], "out_p95_s": gone[2], "bring": best, "bring_low": low, "bring_high": high, "gain": gain,
            "gain_half": half,
        })  # fmt: skip
    return pd.DataFrame(rows)


def curves_of(show: Scenario, brought: Brought) -> pd.DataFrame:
    """One row per item and stock, by stock."""
    import pandas as pd

    rows = []
    for k, sku in enumerate(show.skus):
        for j in np.argsort(brought.units[:, k], kind="stable").tolist():
            net = brought.net[:, j, k]
            half = 1.96 * net.std(ddof=1) / np.sqrt(len(net))
            rows.append({"item": sku.id, "units": int(brought.units[j, k]), "net": net.mean(), "net_low": net.mean() - half,
                         "net_high": net.mean() + half})  # fmt: skip
    return pd.DataFrame(rows).drop_duplicates(["item", "units"], ignore_index=True)
