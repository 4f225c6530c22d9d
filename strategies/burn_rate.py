"""C19: stock burn rate, after the alerts that service-level objectives use: over a long and a short window at once.

The stock is a budget that is to last the show. Burn is the rate of orders over that at which what is left would last the planned
length T of the show: rate T / I. A burn of k counts where both windows show it, the long one so that a blip does not, the short
one (a twelfth of it) so that an alert ends when the pace does: I <= min(r_long, r_short) T / k. Fast burn: emergency; slow burn:
prepare; never watch. Where stock is seen to leave on payment, unpaid_weight of the unpaid units is added to both lines.

A deal is meant to burn, and T says nothing of when a stock is to go: where a show sells in bursts it asks and freezes for
nothing, and keeps less than nobody acting. It ships for teams whose other alerts are burn rates (domain 3.1, [SRE]); figures
stand on the design page. The 14 of [SRE] as an emergency shuts an item with four minutes of an hour's show in stock.
"""

from __future__ import annotations

from strategies.contract import Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, RING_CELLS, UNPAID, fresh, grade, roll, still_to_leave, window_rate

ORDER = 75
"""Place in lists, which teach from the simplest on."""

SLOW_BURN, FAST_BURN, SLOW_MIN, FAST_MIN, SHORT_SHARE, UNPAID_WEIGHT = range(6)
SEEN = 1
MODE = SEEN + FRESH
SLOW = MODE + PAYS_LATER
SLOW_SHORT = SLOW + RING_CELLS
FAST = SLOW_SHORT + RING_CELLS
FAST_SHORT = FAST + RING_CELLS


def fold(p, m, s):
    """Level of the stock against what burns off over two pairs of windows."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    slow = 60.0 * p[SLOW_MIN]
    fast = 60.0 * p[FAST_MIN]
    short = p[SHORT_SHARE]
    if dt > 0.0:
        roll(m, SLOW, dt, units, slow)
        roll(m, SLOW_SHORT, dt, units, slow * short)
        roll(m, FAST, dt, units, fast)
        roll(m, FAST_SHORT, dt, units, fast * short)
    planned = max(0.0, s.now + s.left)
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    calm = min(window_rate(m, SLOW, slow), window_rate(m, SLOW_SHORT, slow * short)) * planned / p[SLOW_BURN]
    hot = min(window_rate(m, FAST, fast), window_rate(m, FAST_SHORT, fast * short)) * planned / p[FAST_BURN]
    return grade(m, s.stock, s.closed, max(calm, hot) + plus, hot + plus)


STRATEGY = Strategy(
    name="burn_rate",
    summary="stock burns off several times faster than the show is long, over a long and a short window (C19)",
    fold=fold,
    params=(
        Param("slow_burn", 6.0, 1.0, 1000.0, "ratio", "burn over the slow windows that is a warning", "domain 3.1", "M"),
        Param(
            "fast_burn", 100.0, 1.0, 1000.0, "ratio", "burn over the fast windows that is an emergency", "played: 14 shuts early"
        ),
        Param("slow_min", 10.0, 0.2, 240.0, "min", "the slow pair's long window", "domain 3.1"),
        Param("fast_min", 2.0, 0.2, 240.0, "min", "the fast pair's long window", "domain 3.1"),
        Param("short_share", 1.0 / 12.0, 0.01, 1.0, "share", "a short window as a share of its long one", "[SRE]", "M"),
        UNPAID,
    ),
    memory=FAST_SHORT + RING_CELLS,
    playbook="standard",
)
