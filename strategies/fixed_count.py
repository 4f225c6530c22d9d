"""C1, the second generation: one line in units for every SKU, I <= B.

stock <= units: prepare; stock <= emergency_share units: emergency. It never says watch: a line knows no speed. One
number for every SKU is the field's first classic mistake; ``by_tier`` is left empty so that a study can show it.
"""

from __future__ import annotations

from strategies.contract import Param, Strategy
from strategies.maths import grade

ORDER = 50
"""Place in lists, which teach from the simplest on."""

UNITS, EMERGENCY_SHARE = 0, 1


def fold(p, m, s):
    """Level of the stock against the line."""
    return grade(m, s.stock, s.closed, p[UNITS], p[UNITS] * p[EMERGENCY_SHARE])


STRATEGY = Strategy(
    name="fixed_count",
    summary="one stock line in units for every SKU (C1)",
    fold=fold,
    params=(
        Param("units", 200.0, 0.0, 1e9, "units", "stock line", "brief: 500 units meant for two hours", "L"),
        Param("emergency_share", 0.25, 0.0, 1.0, "share", "share of the line at which it is an emergency"),
    ),
    memory=1,
    playbook="standard",
)
