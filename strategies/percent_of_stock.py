"""C2: a line at a share of what was listed, I <= f S. Free of scale, blind to speed.

stock <= share initial: prepare; stock <= emergency_share of that line: emergency; never watch.
"""

from __future__ import annotations

from strategies.contract import Param, Strategy
from strategies.maths import grade

ORDER = 60
"""Place in lists, which teach from the simplest on."""

SHARE, EMERGENCY_SHARE = 0, 1


def fold(p, m, s):
    """Level of the stock against a share of the listed units."""
    line = p[SHARE] * s.initial
    return grade(m, s.stock, s.closed, line, line * p[EMERGENCY_SHARE])


STRATEGY = Strategy(
    name="percent_of_stock",
    summary="a stock line at a share of the units listed (C2)",
    fold=fold,
    params=(
        Param("share", 0.2, 0.0, 1.0, "share of initial", "stock line", "domain C2: 0.1-0.4"),
        Param("emergency_share", 0.25, 0.0, 1.0, "share", "share of the line at which it is an emergency"),
    ),
    memory=1,
    playbook="standard",
)
