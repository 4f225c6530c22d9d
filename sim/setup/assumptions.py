"""What a result rests on: every setting that nobody measured for this show, with its source and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario, Sku
from scenarios.setting import assumptions
from sim.core.policy import Policy
from sim.score.profiles import PROFILES, Profile
from sim.setup.choices import acting
from sim.setup.policies import find_playbook
from sim.words import _
from strategies import registry
from strategies.contract import Param
from strategies.gate import GATE_PARAMS
from strategies.registry import gate_settings

if TYPE_CHECKING:
    import pandas as pd

WEAK = ("A", "L")
"""Confidence of an assumption of this project and of a single vendor's claim."""
COLUMNS = ("setting", "value", "unit", "confidence", "source", "given", "meaning")


def assumption_table(scenario: Scenario, preset: Scenario | None, policies: Sequence[Policy], profile: Profile) -> pd.DataFrame:
    """One row per declared setting. ``given`` is true where the user changed it: then it is his, not the project's.

    preset: what the scenario was before the user changed it; None: compare with the declared defaults.
    """
    import pandas as pd

    bare = tuple(Sku(s.id, s.stock) for s in scenario.skus)
    plain = preset or Scenario(scenario.name, scenario.lesson, scenario.duration_s, bare, scenario.cues)
    rows = _compared(assumptions(scenario, "scenario"), assumptions(plain, "scenario"))
    for policy in policies:
        rows += _params(f"strategy.{policy.name}", policy.strategy.params, policy.params, registry.settings(policy.strategy))
        rows += [row for row in _latencies(policy) if row not in rows]
    gated = acting(policies)
    shared = all((p.gate == gated[0].gate).all() for p in gated)
    for policy in gated[:1] if shared else gated:
        rows += _params("gate" if shared else f"gate.{policy.name}", GATE_PARAMS, policy.gate, gate_settings())
    rows += _compared(assumptions(profile, "score"), assumptions(PROFILES[profile.name], "score"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary(table: pd.DataFrame) -> str:
    """One sentence on how much of a result is assumed."""
    weak = table["confidence"].isin(WEAK) & ~table["given"]
    claims = int((weak & (table["confidence"] == "L")).sum())
    text = _(
        "{weak} of the {n} settings behind these figures are assumptions ({claims} of them one vendor's claim); {given} "
        "given by you"
    )
    return text.format(weak=int(weak.sum()), n=len(table), claims=claims, given=int(table["given"].sum()))


def _compared(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    stood = {row["setting"]: row["value"] for row in before}
    return [row | {"value": str(row["value"]), "given": stood.get(row["setting"], row["value"]) != row["value"]} for row in rows]


def _params(where: str, params: Sequence[Param], values: np.ndarray, before: np.ndarray) -> list[dict[str, Any]]:
    """Settings by tier are shown as traffic/profit/longtail where they differ."""
    rows = []
    for k, param in enumerate(params):
        column, stood = np.unique(values[..., k]), values[..., k] == before[..., k]
        shown = f"{column[0]:g}" if len(column) == 1 else "/".join(f"{v:g}" for v in values[..., k])
        row = {"setting": f"{where}.{param.name}", "value": shown, "unit": param.unit, "source": param.source}
        rows.append(row | {"confidence": param.confidence, "given": not bool(np.all(stood)), "meaning": param.meaning})
    return rows


def _latencies(policy: Policy) -> list[dict[str, Any]]:
    book = policy.playbook
    shipped = find_playbook(policy.strategy.playbook)
    rows = []
    for f in fields(book):
        if f.metadata:
            value, meta = getattr(book, f.name), f.metadata
            row = {"setting": f"operations.{book.name}.{f.name}", "value": f"{value:g}", "unit": meta["unit"]}
            row |= {"source": meta["source"], "confidence": meta["confidence"], "meaning": meta["meaning"]}
            rows.append(row | {"given": value != getattr(shipped, f.name)})
    return rows
