"""Definitions are read one at a time, in tables, pages and workbooks."""

import re

from sim.score.metrics import METRICS

LEANS = re.compile(r"^(of these|the same of|the same per|the same less)|\bof these\b|\bthese units\b|costs above|\bc x\b|^true /")
"""Words that lean on another definition."""


def test_every_definition_stands_alone():
    assert {name: m.definition for name, m in METRICS.items() if LEANS.search(m.definition)} == {}
