"""Walk: nights in order, tuned on the past and judged on the next, from what a sweep or a replay has played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.app.by_clock import by_clock
from sim.app.frame import Out, Task, published, settled
from sim.app.result import HERE, Result, ResultError, Statement, load
from sim.jobs.folder import write_table
from sim.report.text import walk as words_of
from sim.setup.settings_few import WalkSettings
from sim.stats.overfit import overfitting, walk_forward
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

JUDGED = ("net", "gmv", "J")
BOUND = "likely"
"""Of a closed-loop replay's bounds the one that is judged."""


class Nights(NamedTuple):
    """names: of the nights, in order. candidates: of the settings. net, gmv, left: means of a night, float64 [night, candidate]
    [CNY]; left: what stayed on the table (J). silent: net of nobody acting, float64 [night]. spans: start and end as recorded, or
    empty. settings: a row per candidate."""

    names: list[str]
    candidates: list[str]
    net: np.ndarray
    gmv: np.ndarray
    left: np.ndarray
    silent: np.ndarray
    spans: list[tuple[str, str]]
    settings: pd.DataFrame


def walk(
    results: Result | str | Path | Sequence[Result | str | Path],
    *,
    first: int | None = None,
    out: Out = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Walk forward over nights: choose by the nights so far, judge on the next, and say how stable the choice is.

    Parameters
    ----------
    results : Result or path, or several
        Sweeps (each world is a night, in the order given) or closed-loop replays (each stream is a night, in the order
        recorded), over the same candidates.
    first : int
        Nights that make the first choice, 1 to 1,000,000 and fewer than there are; None: 1.
    out, command
        As in :func:`stockcue.compare`.

    Returns
    -------
    Result
        ``.table`` and ``.nights`` have a row per judged night: ``chosen`` before it, its ``net``, ``gmv`` and ``J``, ``kept``
        (net of the first choice, never changed), ``best`` and ``best_net`` (known only afterwards), ``silent`` [CNY], the chosen
        settings, and when a recorded night ``began`` (UTC).

    Raises
    ------
    ResultError
        One sentence, where nights overlap, are too few, or were played by other candidates.
    """
    s = settled(WalkSettings, "walk", first=first)
    many: Sequence[Any] = results if isinstance(results, list | tuple) else [results]
    if not many:
        raise ResultError(_("walk needs a run folder of a sweep or of a closed-loop replay"))
    read = [r if isinstance(r, Result) else load(r) for r in many]
    nights = _joined([_nights(r) for r in read])
    if len(nights.names) < 2:
        raise ResultError(_("walk needs two nights or more, and there is one: {name}").format(name=nights.names[0]))
    if not s.first < len(nights.names):
        text = _("first must be 1 to {most}: {n} nights, of which the last is judged by those before it")
        raise ResultError(text.format(most=len(nights.names) - 1, n=len(nights.names)))
    steps = walk_forward(nights.net, s.first)
    table = _table(nights, steps)
    luck = overfitting(nights.net) if len(nights.candidates) > 2 else None
    sentences = words_of.sentences(table, nights.settings, luck)
    facts = {"first": s.first, "of": [r.manifest.get("config_hash") for r in read]}
    task = Task("walk", "walk", facts, out, command)

    def write(folder: Path) -> Statement:
        write_table(table, folder / "nights.parquet")
        (folder / "report.md").write_text(words_of.page(table, sentences, task.repeat()), encoding="utf-8")
        return Statement(words_of.printed(table, sentences), sentences, [_("run folder: {folder}").format(folder=HERE)])

    return published(task, write)


def _nights(result: Result) -> Nights:
    """The nights a result holds."""
    if result.verb == "sweep":
        return _of_sweep(result)
    if result.verb == "replay" and result.manifest.get("loop") == "closed":
        return _of_replay(result)
    sentence = _("{folder} was made by {verb}; walk takes sweeps and closed-loop replays (loop=closed)")
    raise ResultError(sentence.format(folder=str(result.folder), verb=result.verb))


def _of_sweep(result: Result) -> Nights:
    trials, settings = result.trials, result.candidates
    if "net" not in trials:
        sentence = _("{folder} was judged by the old account and has no net; play the sweep again to walk it")
        raise ResultError(sentence.format(folder=str(result.folder)))
    candidates, names = list(settings["candidate"]), list(result.worlds["world"])
    net, gmv, left = (
        trials.pivot_table(key, "world", "candidate", sort=False).loc[names].reindex(columns=candidates).to_numpy(float)
        for key in JUDGED
    )
    if np.isnan(net).any():
        raise ResultError(
            _("{folder} is a race, in which not all played; sweep with select=none").format(folder=str(result.folder))
        )
    silent = trials.groupby("world", sort=False)["net_silent"].mean().loc[names]
    return Nights(names, candidates, net, gmv, left, silent.to_numpy(float), [("", "")] * len(names), settings)


def _of_replay(result: Result) -> Nights:
    import pandas as pd

    scores = result.scores[result.scores["bound"] == BOUND]
    net, gmv, left = (scores.pivot_table(key, "stream", "strategy", sort=False) for key in JUDGED)
    names, candidates = list(net.index), list(net.columns)
    silent = scores.groupby("stream", sort=False)["net_silent"].mean().loc[names]
    recorded = {row["stream"]: (row["start"], row["end"]) for row in result.manifest.get("nights", ())}
    spans = [recorded.get(name, ("", "")) for name in names]
    settings = pd.DataFrame({"candidate": candidates})
    figures = [table.to_numpy(float) for table in (net, gmv, left, silent)]
    return Nights(names, candidates, figures[0], figures[1], figures[2], figures[3], spans, settings)


def _joined(parts: Sequence[Nights]) -> Nights:
    """Nights of several results, one after another; recorded ones in the order of their clock."""
    first = parts[0]
    for other in parts[1:]:
        if other.candidates != first.candidates or not other.settings.equals(first.settings):
            raise ResultError(_("these results were not played by the same candidates; sweep each night over the same settings"))
    names = [name for part in parts for name in part.names]
    spans = [span for part in parts for span in part.spans]
    order = by_clock(names, spans)
    net, gmv, left, silent = (np.concatenate([getattr(p, key) for p in parts])[order] for key in ("net", "gmv", "left", "silent"))
    return Nights([names[k] for k in order], first.candidates, net, gmv, left, silent, [spans[k] for k in order], first.settings)


def _table(nights: Nights, steps: Sequence[Any]) -> pd.DataFrame:
    """One row per judged night."""
    import pandas as pd

    varied = [c for c in nights.settings.columns if c not in ("candidate", "family")]
    rows = []
    for s in steps:
        row: dict[str, Any] = {
            "night": nights.names[s.night], "chosen": nights.candidates[s.chosen], "net": s.gain,
            "gmv": nights.gmv[s.night, s.chosen], "J": nights.left[s.night, s.chosen], "kept": s.kept,
            "best": nights.candidates[s.after], "best_net": s.best, "silent": nights.silent[s.night],
            "began": nights.spans[s.night][0],
        }  # fmt: skip
        rows.append(row | {key: nights.settings[key].iloc[s.chosen] for key in varied})
    return pd.DataFrame(rows)
