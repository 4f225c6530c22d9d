"""The table of a Result to look at first, read off its run folder."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.app.result import Result

if TYPE_CHECKING:
    import pandas as pd

KEPT = {
    "diff": ("outcome",), "breakpoint": ("breakpoints",), "sensitivity": ("sensitivity",), "stock": ("stock",),
    "calibrate": ("parameters",),
    "replay": ("diff", "table", "pooled", "verdict", "scores"), "review": ("changes", "blame"),
    "walk": ("nights",), "rollup": ("nights",), "export": ("agreement",), "shadow": ("alerts",),
}  # fmt: skip
"""Tables that stand in the folder as they are: the first of these that is there."""
FIGURES = ("net", "J", "oversold_units", "session_oversold", "missed_units", "alerts", "gmv")
"""Figures of a sweep's candidates, those of them that were kept."""
KEYS = ("world", "candidate")
"""What a sweep's rows are of."""
JUDGED = frozenset(("net", "foreseen_events", "late_claims", "false_claims"))
"""What scores of the old account lack."""


def first_table(result: Result) -> pd.DataFrame:
    """One row per strategy, candidate, setting or file, whatever the verb compares; best first where there is a best."""
    import pandas as pd

    builders = {"rehearse": _rehearsed, "sweep": _swept, "tune": _tuned, "ingest": _ingested}
    if result.verb in builders:
        return builders[result.verb](result)
    name = next((name for name in KEPT.get(result.verb, ()) if name in result.tables), None)
    return pd.DataFrame() if name is None else result.tables[name]


def _rehearsed(result: Result) -> pd.DataFrame:
    """Means over shows; ``X_low`` and ``X_high`` are the ends of the 95 % interval of X. Of the old account: means alone."""
    import pandas as pd

    from sim.report.text.tables import summary
    from sim.study.worth import USEFUL

    scores = result.tables["scores"]
    if not set(scores.columns) >= JUDGED:
        figures = [name for name in FIGURES if name in scores]
        return scores.groupby("strategy", sort=False)[figures].mean().reset_index().sort_values("J", ignore_index=True)
    table = pd.DataFrame([_flat(asdict(line)) for line in summary(scores)])
    if "chains" not in result.tables:  # a folder of before
        return table
    judged = result.tables["chains"].groupby("strategy")["worth"]
    counts = {"judged": judged.size(), "useful": judged.agg(lambda words: int((words == USEFUL).sum()))}
    return table.assign(**{name: table["strategy"].map(counted).fillna(0).astype(int) for name, counted in counts.items()})


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in line.items():
        if hasattr(value, "mean") or is_dataclass(value):
            row |= {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}
        elif isinstance(value, tuple) and len(value) == 3:
            row |= {name: value[1], f"{name}_low": value[0], f"{name}_high": value[2]}
        else:
            row[name] = value
    return row


def _swept(result: Result) -> pd.DataFrame:
    """Means over shows of every candidate in every world, with what was varied."""
    import pandas as pd
    import pyarrow.parquet as pq

    path = result.folder / "trials.parquet"
    names = [name for name in FIGURES if name in pq.read_schema(path).names]
    keys = pq.read_table(path, columns=list(KEYS), read_dictionary=list(KEYS)).unify_dictionaries()
    worlds, candidates = (keys[name].combine_chunks() for name in KEYS)
    cell = worlds.indices.to_numpy() * np.int64(len(candidates.dictionary)) + candidates.indices.to_numpy()
    first = np.sort(np.unique(cell, return_index=True)[1])
    table = keys.take(first).to_pandas().astype(str)
    for name in names:  # one figure of all runs at a time
        values = pd.Series(pq.read_table(path, columns=[name])[name].to_numpy())
        table[name] = values.groupby(cell, sort=False).mean().to_numpy()
    table = table.merge(result.tables["candidates"], on="candidate", how="left")
    return table.sort_values(["world", "J"], kind="stable", ignore_index=True)


def _tuned(result: Result) -> pd.DataFrame:
    """Means of the finalists over judging shows, and of the recommended one and its rivals over confirming ones."""
    rows = result.tables["shows"]
    figures = [name for name in FIGURES if name in rows]
    groups = rows.groupby(["stage", "world", "candidate"], sort=False)
    means = groups[figures].mean()
    means.insert(0, "shows", groups.size())
    return means.reset_index().sort_values(["stage", "world", "J"], ascending=[False, True, True], ignore_index=True)


def _ingested(result: Result) -> pd.DataFrame:
    """The account, one row a file; accepted, repaired, set aside and rejected rows add up."""
    import pandas as pd

    account = result.manifest["config"]["account"]
    return pd.DataFrame([{k: v if not isinstance(v, dict | list) else json.dumps(v) for k, v in f.items()} for f in account])
