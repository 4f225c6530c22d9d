"""Synthetic readings to try a strategy on: seeded, in a few shapes that shows are known to take.

They are not a model of a show (``sim/demand`` is); they are streams that keep a strategy's contract: ``t`` increases,
cumulative figures never fall, the stock is never below 0, and readings may be late, lost or minutes apart.
"""

from __future__ import annotations

from sim.demand.streams import stream
from sim.words import _
from strategies.contract import NEVER, Signal

SHAPES = ("quiet", "burst", "sell-out", "restock", "frozen", "cart mirage")
PLANNED_S = 1800.0
"""Planned length of the show [s]."""


def readings(shape: str, seed: int = 0, count: int = 300) -> list[Signal]:
    """``count`` readings of one SKU in one of ``SHAPES``, about a second apart; same seed, same readings.

    >>> readings("burst", 3, 5) == readings("burst", 3, 5)
    True
    """
    if shape not in SHAPES:
        raise ValueError(_("There is no shape {shape!r}; known are {shapes}.").format(shape=shape, shapes=", ".join(SHAPES)))
    rng = stream(seed, "readings", shape)
    initial = {"quiet": 300.0, "sell-out": 150.0}.get(shape, 500.0)
    stock, orders, carts, paid, viewers = initial, 0.0, 0.0, 0.0, 2000.0
    t, now = 0.0, 0.0
    out = []
    for i in range(count):
        dt = _gap(rng, i)
        t += dt
        now = max(now, t + (rng.exponential(0.5) if rng.random() < 0.95 else rng.uniform(5.0, 40.0)))
        closed = _closed(shape, i, count)
        if shape == "restock" and i == 3 * count // 4:
            stock += 400.0
        want = float(rng.poisson(_rate(shape, i, count) * dt)) if not closed else 0.0
        units = min(want, stock)
        stock, orders = stock - units, orders + units
        carts += float(rng.poisson(_cart_rate(shape, i, count) * dt))
        paid += float(rng.binomial(int(orders - paid), min(1.0, dt / 60.0)))
        viewers = max(0.0, viewers + float(rng.normal(0.0, 30.0)) + (40.0 if shape == "burst" else 0.0))
        out.append(_signal(i, count, t, now, stock, orders, carts, paid, viewers, closed, initial, float(rng.random())))
    return out


def extremes() -> list[Signal]:
    """Readings at the edge of what a feed may deliver: nothing, everything, stale, closed, never listed.

    >>> min(s.stock for s in extremes()), max(s.orders for s in extremes())
    (0.0, 1000000000.0)
    """
    plain = _signal(0, 10, 1.0, 1.0, 100.0, 0.0, 0.0, 0.0, 500.0, 0.0, 100.0, 0.5)
    changes: list[dict[str, float]] = [
        {}, {"mark": 0.0}, {"mark": 0.999999}, {"viewers": 0.0}, {"stock": 0.0}, {"stock": 0.0, "closed": 1.0},
        {"closed": 1.0}, {"orders": 1e6, "carts": 1e6}, {"orders": 1e9, "carts": 1e9, "unpaid": 1e9}, {"stock": 1e9},
        {"initial": 0.0}, {"initial": 0.0, "stock": 0.0}, {"left": -100.0}, {"left": 1e7}, {"next_cue": NEVER, "next_lift": 0.0},
        {"next_cue": 0.0, "next_lift": 200.0}, {"next_cue": 30.0, "next_lift": 1e4}, {"price": 0.0, "margin": 0.0},
        {"margin": 1.0, "tier": 2.0}, {"safety": 1e6}, {"viewers": 1e8}, {"stock": 1.0}, {"stock": 0.0}, {"stock": 1e12},
    ]  # fmt: skip
    out: list[Signal] = []
    t, orders, carts = 0.0, 0.0, 0.0
    for i, change in enumerate(changes * 2):
        t += (1.0, 0.001, 300.0, 7.0)[i % 4]
        orders, carts = max(orders, change.get("orders", 0.0)), max(carts, change.get("carts", 0.0))
        age = 3600.0 if i % 5 == 4 else 0.0
        now = max(t + age, out[-1].now if out else 0.0)
        ages = dict.fromkeys(("stock_age", "orders_age", "carts_age", "traffic_age"), now - t)
        out.append(plain._replace(**{**change, "t": t, "now": now, "orders": orders, "carts": carts}, **ages))
    return out


def _gap(rng, i: int) -> float:
    if i % 97 == 96:
        return float(rng.uniform(60.0, 180.0))
    return float(1.0 + rng.geometric(0.9) - 1.0 + rng.uniform(0.0, 0.01))


def _rate(shape: str, i: int, count: int) -> float:
    pulse = count // 3 <= i < count // 3 + 25
    if shape == "burst":
        return 12.0 if pulse else 0.1
    return {"quiet": 0.05, "sell-out": 1.0, "restock": 1.5, "frozen": 0.8, "cart mirage": 0.15}[shape]


def _cart_rate(shape: str, i: int, count: int) -> float:
    if shape == "cart mirage":
        return 30.0 if count // 3 <= i < count // 2 else 1.0
    return 3.0 * _rate(shape, max(0, i - 5), count)


def _closed(shape: str, i: int, count: int) -> float:
    return 1.0 if shape == "frozen" and count // 2 <= i < 3 * count // 4 else 0.0


def _signal(i, count, t, now, stock, orders, carts, paid, viewers, closed, initial, mark) -> Signal:
    cue = 90.0 * (i // 90 + 1) - i
    return Signal(
        now=now, t=t, stock=stock, orders=orders, carts=carts, paid=paid, unpaid=orders - paid, viewers=viewers, closed=closed,
        initial=initial, safety=10.0, price=90.0, margin=0.35, tier=1.0, left=PLANNED_S - now,
        next_cue=float(cue) if i < count - 90 else NEVER, next_lift=12.0 if i < count - 90 else 0.0, mark=mark,
        office=stock, skus=5.0, stock_age=now - t, orders_age=now - t, carts_age=now - t, traffic_age=now - t,
        hour=(20.0 + now / 3600.0) % 24.0,
    )  # fmt: skip
