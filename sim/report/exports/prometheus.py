"""Rules, their tests and the routes of their notices, as Prometheus and Alertmanager read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from scenarios.contract import Scenario, Sku
from sim.core.policy import Policy
from sim.report.exports.lines import CLOSED, ORDERS, STOCK, UNPAID, RuleLine, expression, lines_of, quoted
from sim.words import _
from strategies.contract import EMERGENCY, LEVEL_NAMES, PREPARE
from strategies.gate import BUDGET_PER_HOUR, COOLDOWN_S, FOR_S, HYSTERESIS, INHIBIT, KEEP_S, REPEAT_S, N

NAMES = {PREPARE: "StockPrepare", EMERGENCY: "StockEmergency"}
"""Level to the name of its alert."""
TEST_STEPS = 20
"""Readings of a test's series."""


def rules(policy: Policy, show: Scenario, every_s: float, head: Sequence[str]) -> str:
    """``rules.yml``: one alert an item and level. every_s: between two evaluations [s]. head: comment lines."""
    gate = policy.gate
    group_rules = []
    for sku in show.skus:
        for level, line in lines_of(policy, sku, show).items():
            rule: dict[str, Any] = {"alert": NAMES[level], "expr": expression(line, sku.id, level)}
            if gate[FOR_S] > 0:
                rule["for"] = f"{gate[FOR_S]:g}s"
            if gate[KEEP_S] > 0:
                rule["keep_firing_for"] = f"{gate[KEEP_S]:g}s"
            rule["labels"] = {"sku": sku.id, "level": LEVEL_NAMES[level].split()[0], "tier": sku.tier}
            rule["annotations"] = {"summary": _("{sku}: {n} units are left").format(sku=sku.id, n="{{ $value }}")}
            group_rules.append(rule)
    group = {"name": f"stockcue-{policy.name}", "interval": f"{every_s:g}s", "rules": group_rules}
    return _yaml({"groups": [group]}, head)


def rule_tests(policy: Policy, show: Scenario, every_s: float) -> str:
    """``rules_test.yml`` for ``promtool test rules``: each item sells evenly until nothing is left."""
    tests = []
    for sku in show.skus:
        lines = lines_of(policy, sku, show)
        tests.append(_test(sku, lines, policy, every_s))
    return _yaml({"rule_files": ["rules.yml"], "evaluation_interval": f"{every_s:g}s", "tests": tests}, [
        _("Each item sells evenly until nothing is left. Run: promtool test rules rules_test.yml"),
    ])  # fmt: skip


def _test(sku: Sku, lines: Mapping[int, RuleLine], policy: Policy, every_s: float) -> dict[str, Any]:
    """A series that falls evenly to 0, long enough to fill every window, and what stands before, at and after each line."""
    offered = max(1, sku.listed)
    window = max((line.window_s for line in lines.values()), default=0.0)
    # A whole number of units a step: the pace of a test is exact.
    pace = max(1, offered // max(TEST_STEPS, int(2 * window / every_s)))
    steps = offered // pace
    waits = int(-(-policy.gate[FOR_S] // every_s))
    rest = waits + 2
    label = f'{{sku="{quoted(sku.id)}"}}'
    series = [
        {"series": f"{STOCK}{label}", "values": f"{offered}-{pace}x{steps} {offered - pace * steps}x{rest}"},
        {"series": f"{ORDERS}{label}", "values": f"0+{pace}x{steps} {pace * steps}x{rest}"},
        {"series": f"{CLOSED}{label}", "values": f"0x{steps + rest}"},
    ]
    if any(line.unpaid for line in lines.values()):
        series.append({"series": f"{UNPAID}{label}", "values": f"0x{steps + rest}"})
    checks = []
    for level, line in lines.items():
        height = line.constant + line.factor * pace / every_s
        first = max(0, int(-(-(offered - height) // pace)))
        # A rate is that of the pace once its window is full.
        if line.window_s + every_s < (first - 1) * every_s and first < steps:
            checks.append(_check(sku, level, (first - 1) * every_s, None))
            checks.append(
                _check(sku, level, (first + waits) * every_s, max(offered - pace * (first + waits), offered - pace * steps))
            )
        elif height >= offered - pace * steps:
            checks.append(_check(sku, level, (steps + waits) * every_s, offered - pace * steps))
        else:
            checks.append(_check(sku, level, (steps + waits) * every_s, None))
    return {"name": sku.id, "interval": f"{every_s:g}s", "input_series": series, "alert_rule_test": checks}


def _check(sku: Sku, level: int, at_s: float, left: int | None) -> dict[str, Any]:
    """What stands at a time: nothing, or the alert of a level with ``left`` units."""
    labels = {"sku": sku.id, "level": LEVEL_NAMES[level].split()[0], "tier": sku.tier}
    summary = _("{sku}: {n} units are left").format(sku=sku.id, n=left)
    expected = [] if left is None else [{"exp_labels": labels, "exp_annotations": {"summary": summary}}]
    return {"eval_time": f"{at_s:g}s", "alertname": NAMES[level], "exp_alerts": expected}


def routes(policy: Policy) -> str:
    """``alertmanager.yml``: who is told over which channel at each level; the addresses are to be filled in."""
    book, gate = policy.playbook, policy.gate
    repeat = gate[REPEAT_S] or max(gate[COOLDOWN_S], 4 * 3600.0)
    receivers: list[dict[str, Any]] = [{"name": "nobody"}]
    below = []
    for level in NAMES:
        channels = book.channels(level)
        name = LEVEL_NAMES[level].split()[0]
        if channels:
            hooks = [{"url": f"http://127.0.0.1:9/{channel}", "send_resolved": bool(book.channels(0))} for channel in channels]
            receivers.append({"name": name, "webhook_configs": hooks})
            below.append({"receiver": name, "matchers": [f'level="{name}"']})
    pause = f"{max(gate[COOLDOWN_S], 1):g}s"
    config: dict[str, Any] = {
        "route": {
            "receiver": "nobody", "group_by": ["sku", "level"], "group_wait": "0s", "group_interval": pause,
            "repeat_interval": f"{repeat:g}s", "routes": below,
        },
        "receivers": receivers,
    }  # fmt: skip
    if gate[INHIBIT] > 0.5:
        source, target = ([f'level="{LEVEL_NAMES[k].split()[0]}"'] for k in (EMERGENCY, PREPARE))
        config["inhibit_rules"] = [{"source_matchers": source, "target_matchers": target, "equal": ["sku"]}]
    head = [_("Fill in the addresses: each hook stands for a channel of the playbook {name}.").format(name=book.name)]
    text = _("At {level} a machine does at once, outside Alertmanager: {what}.")
    machine = {level: book.by_machine(level) for level in NAMES}
    head += [text.format(level=LEVEL_NAMES[k].split()[0], what=", ".join(v)) for k, v in machine.items() if v]
    return _yaml(config, head)


def differs(policy: Policy) -> list[str]:
    """What of a policy's gate Prometheus has no form for."""
    gate, texts = policy.gate, []
    if gate[HYSTERESIS] > 0:
        text = _("hysteresis {share:g}: an alert here ends once stock is above the line, there above line x {factor:g}")
        texts.append(text.format(share=gate[HYSTERESIS], factor=1 + gate[HYSTERESIS]))
    if gate[N] > 1:
        texts.append(_("n of m readings: not exported; for: is the nearest"))
    if gate[BUDGET_PER_HOUR] > 0:
        texts.append(_("the budget of notices an hour: not exported; group_interval and repeat_interval are the nearest"))
    return texts


def _yaml(mapping: Mapping[str, Any], head: Sequence[str]) -> str:
    comment = "".join(f"# {line}\n" for line in head)
    return comment + yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True, width=10_000)
