"""Compare: two results held against each other; paired where they share shoppers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.app.frame import Out, Task, published
from sim.app.result import HERE, Result, ResultError, Statement, load
from sim.jobs.folder import write_table
from sim.jobs.work_folder import PLAYED, differences
from sim.report.text import compare as words_of
from sim.stats.paired import difference
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("net", "J", "gmv", "oversold_units", "session_oversold", "missed_units", "notices_per_operator_hour", "precision",
           "recall", "freeze_minutes")  # fmt: skip
MONEY = ("net", "J")
"""Figures of the account, which changed with version 0.3.0."""
PROGRAM = ("program", "versions", PLAYED)
"""Facts that say which program made a result, not what was asked."""
PLAYERS = ("strategies.", "operations.", "gate.", "strategy.")
"""Facts by player."""
PLAYS = {"rehearse": ("scores", ("strategy",)), "sweep": ("trials", ("world", "candidate"))}
"""Verbs whose results hold every show: the table, and what names a row's player."""


def compare(a: Result | str | Path, b: Result | str | Path, *, out: Out = None, command: Sequence[str] | None = None) -> Result:
    """Hold two results of one verb against each other: what changed in settings, and what that did.

    Where both met the same shoppers (the same tapes) differences are paired: the intervals are then of the change itself.

    Parameters
    ----------
    a, b : Result or path
        Two results, or their run folders. Differences are B - A.
    out : path
        Run folder; ``""``: one in ``runs/`` named after the two; None: it stays with the Result.
    command : sequence of str
        Words of the command that asks; for its page.

    Returns
    -------
    Result
        ``.table`` and ``.outcome`` have a row per player and figure: ``a``, ``b``, ``difference``, ``low``, ``high`` (95 %
        interval, NaN where none can be given), ``shows``, ``how``; ``.settings`` a row per setting that differs.

    Raises
    ------
    ResultError
        One sentence, where a folder holds no result, or the two are of different verbs.
    """
    one, two = (r if isinstance(r, Result) else load(r) for r in (a, b))
    if one.verb != two.verb:
        text = _("{a} was made by {va} and {b} by {vb}; compare two results of one verb")
        raise ResultError(text.format(a=str(one.folder), va=one.verb, b=str(two.folder), vb=two.verb))
    changed = _changed(one, two)
    rows, only = (_played if one.verb in PLAYS else _told)(one, two)
    notes = []
    if bool(one.note) != bool(two.note):
        rows = rows[~rows["figure"].isin(MONEY)].reset_index(drop=True)
        notes.append(_("One of them is judged by the old account, so net and J are left out."))
    names = (one.folder.name, two.folder.name)
    sentences = words_of.sentences([row["text"] for row in changed], rows, only, notes)
    facts = {"verb": one.verb, "a": one.manifest.get("config_hash"), "b": two.manifest.get("config_hash")}
    task = Task("diff", f"diff-{one.verb}", facts, out, command)

    def write(folder: Path) -> Statement:
        import pandas as pd

        write_table(rows, folder / "outcome.parquet")
        settings = pd.DataFrame([[r["setting"], r["a"], r["b"]] for r in changed], columns=["setting", "a", "b"])
        write_table(settings, folder / "settings.parquet")
        (folder / "report.md").write_text(words_of.page(names, rows, sentences, task.repeat()), encoding="utf-8")
        return Statement(words_of.printed(names, rows, sentences), sentences, [_("run folder: {folder}").format(folder=HERE)])

    return published(task, write)


def _facts(result: Result) -> Mapping[str, Any]:
    """All that decided a result."""
    manifest = result.manifest
    return manifest.get("config") or manifest.get(result.verb) or {}


def _changed(one: Result, two: Result) -> list[dict[str, str]]:
    """Every setting that differs: its name, both values as text, and the sentence."""
    before, after = (({k: v for k, v in _facts(r).items() if k not in PROGRAM}) for r in (one, two))
    changes = []
    for text in differences(before, after):
        setting, _was, values = text.partition(" was ")
        old, _is, new = values.rpartition(", is ")
        if setting.startswith(PLAYERS) and setting.count(".") == 1 and _("not set") in (old, new):
            continue  # who plays in one of them alone is told as such
        changes.append({"setting": setting, "a": old, "b": new, "text": text})
    return changes


# -- results that hold every show -----------------------------------------------------------------------------


def _played(one: Result, two: Result) -> tuple[pd.DataFrame, tuple[list[str], list[str]]]:
    """By player and figure: means, difference and its interval."""
    import pandas as pd

    name, keys = PLAYS[one.verb]
    frames = [_named(r.tables[name], keys) for r in (one, two)]
    players = [list(dict.fromkeys(f["what"])) for f in frames]
    both = [p for p in players[0] if p in players[1]]
    figures = [f for f in FIGURES if all(f in frame for frame in frames)]
    rows = []
    for player in both:
        part = [f[f["what"] == player].set_index("replicate") for f in frames]
        shared = _shared(one, two, part[0].index.intersection(part[1].index))
        rows += [_row(player, f, part[0][f], part[1][f], shared) for f in figures]
    table = pd.DataFrame(rows, columns=["what", "figure", "a", "b", "difference", "low", "high", "shows", "how"])
    only = ([p for p in players[0] if p not in both], [p for p in players[1] if p not in both])
    return table.dropna(subset=["a", "b"]).reset_index(drop=True), only


def _named(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    one_world = "world" in keys and frame["world"].nunique() == 1
    used = [k for k in keys if not (one_world and k == "world")]
    return frame.assign(what=frame[used].astype(str).agg(" ".join, axis=1))


def _shared(one: Result, two: Result, numbers: Any) -> list[int]:
    """Numbers of the shows both played on the same tape."""
    before, after = (list(r.manifest.get("tapes") or ()) for r in (one, two))
    if before and after:
        return [int(n) for n in numbers if n < min(len(before), len(after)) and before[n] == after[n]]
    a, b = _facts(one), _facts(two)
    same = all(a.get(k) == b.get(k) for k in ("scenario", "seed", "uncertain"))
    return [int(n) for n in numbers] if same and one.tables["worlds"].equals(two.tables["worlds"]) else []


def _row(what: str, figure: str, a: pd.Series, b: pd.Series, shared: list[int]) -> dict[str, Any]:
    """One figure of one player. Paired: on shared shows alone, so that no other show enters the difference."""
    if shared:
        x, y = a.loc[shared].to_numpy(float), b.loc[shared].to_numpy(float)
        d = difference(y, x)
        low, high, how, shows = d.low, d.high, "paired", len(shared)
    else:
        x, y = a.dropna().to_numpy(float), b.dropna().to_numpy(float)
        (low, high), how, shows = _welch(x, y), "apart", min(len(x), len(y))
    means = [float(np.nanmean(v)) if np.isfinite(v).any() else math.nan for v in (x, y)]
    return {"what": what, "figure": figure, "a": means[0], "b": means[1], "difference": means[1] - means[0], "low": low,
            "high": high, "shows": shows, "how": how}  # fmt: skip


def _welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """95 % interval of mean(b) - mean(a) of independent samples (Welch 1947); NaN below two shows."""
    from scipy.stats import ttest_ind

    if min(len(a), len(b)) < 2:
        return math.nan, math.nan
    if a.std() == b.std() == 0.0:
        return float(b.mean() - a.mean()), float(b.mean() - a.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of figures that are nearly the same SciPy says that digits were lost
        interval = ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    return float(interval.low), float(interval.high)


# -- results that hold what studies came to -------------------------------------------------------------------


def _told(one: Result, two: Result) -> tuple[pd.DataFrame, tuple[list[str], list[str]]]:
    """By row and figure of the first table: both values and the difference."""
    import pandas as pd

    frames = []
    for r in (one, two):
        table = r.table.reset_index(drop=True)
        keys = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
        cells = table[keys].to_numpy(object).tolist() if keys else [[k] for k in table.index]
        what = [" ".join(str(cell) for cell in row if not pd.isna(cell)) for row in cells]  # a setting of a show has no kind
        frames.append(table.drop(columns=keys).assign(what=what).drop_duplicates("what").set_index("what"))
    both = [w for w in frames[0].index if w in frames[1].index]
    figures = [c for c in frames[0].columns if c in frames[1].columns]
    rows = []
    for w, f in ((w, f) for w in both for f in figures):
        x, y = (float(frame[f].to_numpy(float)[frame.index.get_loc(w)]) for frame in frames)
        rows.append((w, f, x, y, y - x, math.nan, math.nan, 0, ""))
    table = pd.DataFrame(rows, columns=["what", "figure", "a", "b", "difference", "low", "high", "shows", "how"])
    only = ([str(w) for w in frames[0].index if w not in both], [str(w) for w in frames[1].index if w not in both])
    return table.dropna(subset=["a", "b"]).reset_index(drop=True), only
