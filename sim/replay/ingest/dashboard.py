"""Judge of dashboards: one row a bin, a column a series. Running totals are differenced when the file is read to its end."""

from __future__ import annotations

import numpy as np

from sim.replay.ingest.row_validator import Facts, RowValidator
from sim.replay.ingest.stock_rows import keep, polled_once
from sim.replay.ingest.values import Number, read_number, read_span
from sim.words import N_

FIGURES = ("viewers", "amount", "stay", "level", "waiting")
"""Kinds whose figure is a value and not a count."""
MOST = 10**12


def dashboard(validator: RowValidator) -> Facts:
    """Rows of a dashboard. A blank or negative figure was not measured; one that cannot be read rejects the row."""
    us, _ = validator.time("time")
    sku = validator.sku("series")
    mapping = validator.state.mapping
    series = {}
    for kind in mapping.series:
        if validator.has(kind):
            series[kind] = validator.number(kind, _reader(kind, kind in mapping.cumulative))
    polled_once(validator, sku, us)
    silent = np.all([np.isnan(column) for column in series.values()], axis=0) if series else np.ones(validator.n, bool)
    validator.put_aside(silent & validator.good, N_("nothing measured"))
    validator.state.ordered(us, validator.good, sku)
    keep(validator, t=us, sku=sku, **{f"series {kind}": column for kind, column in series.items()})
    return validator.settle()


def _reader(kind: str, running: bool):
    def rule(text: str) -> Number | str | None:
        if not text:
            return None
        value = read_span(text) if kind == "stay" else read_number(text)
        if value is None or abs(value.value) > MOST:
            return f"{kind} {text[:60]!r} is not a number"
        if value.value < 0:
            return None
        whole = kind not in FIGURES
        if whole and value.value != int(value.value):
            return f"{kind} {text[:60]!r} is not a whole number"
        return Number(value.value, "" if running and text.replace(".", "").isdigit() else value.rule)

    return rule
