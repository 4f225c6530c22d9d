"""Rule diff: which alerts one setting would have sent over a recording and another would not. Open loop.

Alerts of one SKU are matched one to one: first those of the same level, nearest in time first, then the rest, within a
tolerance. A pair at one moment and level is the same alert; otherwise it moved or changed its level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

SAME, MOVED, LEVEL, ONLY_A, ONLY_B = "same", "moved", "level", "only a", "only b"
CHANGES = (SAME, MOVED, LEVEL, ONLY_A, ONLY_B)
COLUMNS = ("stream", "sku", "loop", "a", "b", "change", "a_t_s", "a_at", "a_level", "b_t_s", "b_at", "b_level", "shift_s")


def pairs(a_t: np.ndarray, a_level: np.ndarray, b_t: np.ndarray, b_level: np.ndarray, within: float) -> list[tuple[int, int]]:
    """Matched positions of two series of alerts, in order of the first.

    >>> at, level = np.array([10.0, 50.0]), np.array([2, 3])
    >>> pairs(at, level, np.array([12.0, 49.0, 51.0]), np.array([2, 2, 3]), 5.0)
    [(0, 0), (1, 2)]
    """
    free_a, free_b = np.ones(len(a_t), bool), np.ones(len(b_t), bool)
    matched = []
    for same_level in (True, False):
        for gap, i, j in sorted(_candidates(a_t, b_t, within)):
            if free_a[i] and free_b[j] and (a_level[i] == b_level[j] or not same_level) and gap <= within:
                free_a[i] = free_b[j] = False
                matched.append((i, j))
    return sorted(matched)


def _candidates(a_t: np.ndarray, b_t: np.ndarray, within: float) -> list[tuple[float, int, int]]:
    begin, end = np.searchsorted(b_t, a_t - within, "left"), np.searchsorted(b_t, a_t + within, "right")
    return [(abs(float(a_t[i] - b_t[j])), i, j) for i in range(len(a_t)) for j in range(int(begin[i]), int(end[i]))]


def rule_diff(alerts: pd.DataFrame, a: str, b: str, within_s: float = 60.0) -> pd.DataFrame:
    """One row per alert or pair of alerts of strategies ``a`` and ``b`` (columns COLUMNS), by stream, then time.

    alerts: ``Replay.alerts`` of one or several streams; all-clears are left out. change: one of CHANGES. shift_s: time of b less
    time of a [s; NaN without a pair].
    """
    spoken = alerts[(alerts["level"] > 0) & alerts["strategy"].isin([a, b])]
    rows: list[dict[str, Any]] = []
    for (stream, sku), part in spoken.groupby(["stream", "sku"], sort=False):
        own = [part[part["strategy"] == name].sort_values("t_s", kind="stable") for name in (a, b)]
        one, two = (list(zip(side["t_s"], side["at"], side["level"], strict=True)) for side in own)
        t_a, level_a, t_b, level_b = (side[key].to_numpy() for side in own for key in ("t_s", "level"))
        matched = pairs(t_a, level_a, t_b, level_b, within_s)
        alone_a = set(range(len(one))) - {i for i, _ in matched}
        alone_b = set(range(len(two))) - {j for _, j in matched}
        about = {"stream": stream, "sku": sku, "loop": "open", "a": a, "b": b}
        rows += [about | _row(one[i], two[j]) for i, j in matched]
        rows += [about | _row(one[i], None) for i in alone_a] + [about | _row(None, two[j]) for j in alone_b]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(first=table[["a_t_s", "b_t_s"]].min(axis=1)).sort_values(
        ["stream", "first", "sku", "change"], kind="stable", ignore_index=True
    )[list(COLUMNS)]  # fmt: skip


def by_stream(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What :func:`rule_diff` says of several streams, each by itself, as it says it of all of them."""
    return pd.concat([part for part in parts if len(part)] or parts[:1]).sort_values("stream", kind="stable", ignore_index=True)


def _row(a: tuple[float, str, int] | None, b: tuple[float, str, int] | None) -> dict[str, Any]:
    nan = float("nan")
    at, bt = a or (nan, "", 0), b or (nan, "", 0)
    change = ONLY_B if a is None else ONLY_A if b is None else LEVEL if a[2] != b[2] else SAME if a[0] == b[0] else MOVED
    return {"change": change, "a_t_s": at[0], "a_at": at[1], "a_level": at[2], "b_t_s": bt[0], "b_at": bt[1], "b_level": bt[2],
            "shift_s": bt[0] - at[0]}  # fmt: skip


def diff_counts(frame: pd.DataFrame, sellouts: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Per stream and over all ("all"): alerts by change; sell-outs that both, a only, b only and neither warned of in time."""
    names = list(dict.fromkeys([*sellouts["stream"], *frame["stream"]]))
    warned = sellouts.assign(warned=sellouts["lead_s"].notna()).pivot_table(
        index=["stream", "sku", "sellout"], columns="strategy", values="warned", aggfunc="first"
    )  # fmt: skip
    rows = []
    for name in [*names, *(["all"] if len(names) > 1 else [])]:
        own = frame if name == "all" else frame[frame["stream"] == name]
        outs = warned if name == "all" or not len(warned) else warned[warned.index.get_level_values("stream") == name]
        row: dict[str, Any] = {"stream": name} | {change: int((own["change"] == change).sum()) for change in CHANGES}
        one, two = (outs[x].to_numpy(bool) if len(outs) else np.zeros(0, bool) for x in (a, b))
        row |= {"warned_both": int((one & two).sum()), "warned_a": int((one & ~two).sum()),
                "warned_b": int((~one & two).sum()), "warned_neither": int((~one & ~two).sum())}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)
