"""A dashboard for Grafana: stock against its lines, orders a minute, alerts that stand."""

from __future__ import annotations

import json
from typing import Any

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.report.exports.lines import ORDERS, STOCK, lines_of, quoted
from sim.report.exports.prometheus import NAMES
from sim.words import _

SOURCE = {"type": "prometheus", "uid": "${source}"}
ACROSS, HIGH = 12, 8
"""Width and height of a panel on Grafana's grid of 24 columns."""


def dashboard(policy: Policy, show: Scenario) -> str:
    """``dashboard.json``: to be imported; it asks for the data source."""
    panels = [_alerts(0)]
    for k, sku in enumerate(show.skus):
        own = f'{{sku="{quoted(sku.id)}"}}'
        targets = [(f"{STOCK}{own}", _("stock"))]
        targets += [(line.promql(sku.id), NAMES[level]) for level, line in lines_of(policy, sku, show).items()]
        targets.append((f"60 * rate({ORDERS}{own}[1m])", _("orders a minute")))
        panels.append(_panel(k + 1, sku.id, targets))
    board = {
        "title": f"StockCue: {show.name}, {policy.name}", "uid": None, "schemaVersion": 39, "refresh": "5s",
        "time": {"from": "now-2h", "to": "now"}, "tags": ["stockcue"],
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]}, "panels": panels,
    }  # fmt: skip
    return json.dumps(board, ensure_ascii=False, indent=1) + "\n"


def _panel(number: int, title: str, targets: list[tuple[str, str]]) -> dict[str, Any]:
    place = {"x": (number - 1) % 2 * ACROSS, "y": HIGH + (number - 1) // 2 * HIGH, "w": ACROSS, "h": HIGH}
    asked = [_target(chr(65 + k), expr, name) for k, (expr, name) in enumerate(targets)]
    looks = {"min": 0, "custom": {"drawStyle": "line", "lineInterpolation": "stepAfter"}}
    return _framed(number + 1, "timeseries", title, place, asked, looks)


def _alerts(number: int) -> dict[str, Any]:
    query = f'ALERTS{{alertname=~"{"|".join(NAMES.values())}", alertstate="firing"}}'
    steps = [{"color": "transparent", "value": None}, {"color": "#E69F00", "value": 1}]
    place = {"x": 0, "y": 0, "w": 2 * ACROSS, "h": HIGH}
    looks = {"thresholds": {"mode": "absolute", "steps": steps}}
    return _framed(number + 1, "state-timeline", _("alerts"), place, [_target("A", query, "{{sku}} {{level}}")], looks)


def _target(ref: str, expr: str, name: str) -> dict[str, Any]:
    return {"refId": ref, "expr": expr, "legendFormat": name, "datasource": SOURCE}


def _framed(number: int, kind: str, title: str, place: Any, targets: Any, looks: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "title": title, "gridPos": place, "datasource": SOURCE, "targets": targets,
            "fieldConfig": {"defaults": looks, "overrides": []}}  # fmt: skip
