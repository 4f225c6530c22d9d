"""C0: nobody watches and nothing is said. The floor every other strategy is measured against.

Level 0 always; line 0.
"""

from __future__ import annotations

from strategies.contract import CALM, LINE, Strategy

ORDER = 10
"""Place in lists, which teach from the simplest on."""


def fold(p, m, s):
    """Calm, whatever happens."""
    m[LINE] = 0.0
    return CALM


STRATEGY = Strategy(
    name="silent",
    summary="no alerts at all: the floor (C0)",
    fold=fold,
    memory=1,
    playbook="standard",
)
