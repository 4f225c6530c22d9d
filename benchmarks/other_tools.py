"""The question of ``same_work`` put to two backtesters of trading, as far as it can be put to them.

vectorbt: the shop is a portfolio that buys its stock and sells a unit at every payment, a callback of our own says which buyers
were accepted and when a look at the position freezes the item; short positions are units oversold. hftbacktest: buyers' orders
are trades that fill a limit order, payments the trades of a second asset, which are what is seen; a cancel is the freeze. It
tells how many orders are accepted; who of them pays has to be looked up beside it.
Neither belongs to StockCue's own dependencies: where one is not installed it is left out, and the benchmark says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rivals import AFTER_S, POLL_S, REACT_S, SHOW_S, SIGHT_S, STOCK, drawn

STOCKED, POLL, ORDER, PAYMENT = 0, 1, 2, 3
SETTLE = 1e9
"""Cash that never runs out."""
BUYERS, PAYMENTS, PRICE, MANY, NS = 0, 1, 100.0, 1e6, 1_000_000_000
"""hftbacktest's two assets, at what all trade, more units than anybody wants, nanoseconds in a second."""


def events(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What happens in a show, in order of time: when [s], what, which buyer (-1: none). A look comes before who pays then."""
    order, wait = drawn(seed)
    end, polls = SHOW_S + AFTER_S, POLL_S * np.arange(1, int(SHOW_S / POLL_S) + 1)
    come = np.flatnonzero(order < end)
    pay = np.flatnonzero((wait >= 0) & (order + wait < end))
    t = np.concatenate([[-1.0], polls, order[come], (order + wait)[pay]])
    kind = np.repeat([STOCKED, POLL, ORDER, PAYMENT], [1, len(polls), len(come), len(pay)])
    buyer = np.concatenate([np.full(1 + len(polls), -1), come, pay])
    at = np.lexsort((kind, t))
    return t[at], kind[at].astype(np.int64), buyer[at]


@cache
def _seller() -> Any:
    """vectorbt's callback: what the shop sells at a row, compiled."""
    import numba
    from vectorbt.portfolio import nb

    @numba.njit
    def sell(c: Any, t: Any, kind: Any, buyer: Any, lines: Any, frozen: Any, accepted: Any, lost: Any) -> Any:
        what, k = kind[c.i], c.col
        if what == STOCKED:
            return nb.order_nb(size=float(STOCK), price=1.0)
        if what == POLL:
            if frozen[k] == np.inf and c.position_now <= lines[k]:
                frozen[k] = t[c.i] + SIGHT_S + REACT_S
        elif what == ORDER:
            if t[c.i] >= frozen[k]:
                lost[k] += 1
            else:
                accepted[buyer[c.i], k] = True
        elif accepted[buyer[c.i], k]:
            return nb.order_nb(size=-1.0, price=1.0)
        return nb.order_nothing_nb()

    return sell


def by_vectorbt(lines: Sequence[float], seed: int) -> np.ndarray:
    """Paid, oversold and refused by line, int64 [line, 3], as ``same_work.numpy_prefix``."""
    import pandas as pd
    import vectorbt as vbt

    t, kind, buyer = events(seed)
    n = len(lines)
    frozen, accepted, lost = np.full(n, np.inf), np.zeros((int(buyer.max()) + 1, n), np.bool_), np.zeros(n, np.int64)
    close = pd.DataFrame(np.ones((len(t), n)))
    portfolio = vbt.Portfolio.from_order_func(
        close, _seller(), t, kind, buyer, np.asarray(lines), frozen, accepted, lost, init_cash=SETTLE, max_orders=len(t) * n
    )
    left = portfolio.assets().iloc[-1].to_numpy()
    return np.stack([STOCK - left, np.maximum(0, -left), lost], axis=1).astype(np.int64)


@cache
def _watcher() -> Any:
    """hftbacktest's strategy: one limit order for everybody who comes, cancelled when few units are left; compiled."""
    import numba
    from hftbacktest import GTC, LIMIT

    @numba.njit
    def watch(market: Any, line: float, poll: int, delay: int, show: int, end: int) -> float:
        market.elapse(1)
        market.clear_last_trades(PAYMENTS)
        market.submit_sell_order(BUYERS, 1, PRICE, MANY, GTC, LIMIT, False)
        start, paid, now = market.current_timestamp - 1, 0, poll
        while now <= show:
            market.elapse(start + now - market.current_timestamp)
            paid += len(market.last_trades(PAYMENTS))
            market.clear_last_trades(PAYMENTS)
            if STOCK - paid <= line:
                market.elapse(delay)
                market.cancel(BUYERS, 1, False)
                break
            now += poll
        market.elapse(start + end - market.current_timestamp)
        return MANY - market.orders(BUYERS).get(1).leaves_qty

    return watch


def trades(t: np.ndarray) -> np.ndarray:
    """hftbacktest's events: a unit bought at PRICE at each moment [s], and something without consequence when the show begins."""
    from hftbacktest import BUY_EVENT, EXCH_EVENT, LOCAL_EVENT, TRADE_EVENT
    from hftbacktest.types import event_dtype

    rows = np.zeros(len(t) + 1, event_dtype)
    rows["ev"] = EXCH_EVENT | LOCAL_EVENT | TRADE_EVENT | BUY_EVENT
    rows["exch_ts"][1:] = np.sort(t) * NS
    rows["exch_ts"] += NS
    rows["local_ts"], rows["qty"], rows["px"] = rows["exch_ts"], 1.0, PRICE
    rows["px"][0] = 1.0
    return rows


def by_hftbacktest(lines: Sequence[float], seed: int) -> np.ndarray:
    """As :func:`by_vectorbt`: how many orders are accepted is hftbacktest's, who of them pays is looked up."""
    from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest

    order, wait = drawn(seed)
    end = SHOW_S + AFTER_S
    come = np.sort(order[order < end])
    pays = (wait >= 0) & (order + wait < end)
    first = np.concatenate([[0], np.cumsum(pays[order < end][np.argsort(order[order < end])])])
    data = trades(come), trades((order + wait)[pays])
    counts = np.empty((len(lines), 3), np.int64)
    for k, line in enumerate(lines):
        assets = [
            BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
            .partial_fill_exchange().trading_value_fee_model(0.0, 0.0).tick_size(1.0).lot_size(1.0)
            .last_trades_capacity(len(rows))
            for rows in data
        ]  # fmt: skip
        market = HashMapMarketDepthBacktest(assets)
        taken = int(_watcher()(market, line, int(POLL_S * NS), int((SIGHT_S + REACT_S) * NS), int(SHOW_S * NS), int(end * NS)))
        market.close()
        paid = int(first[taken])
        counts[k] = paid, max(0, paid - STOCK), len(come) - taken
    return counts


class OtherTool(NamedTuple):
    """words: for a table. count: lines and seed to figures. lines: of them so many are timed, as many at most as memory holds."""

    words: str
    count: Callable[[Sequence[float], int], np.ndarray]
    lines: int


TOOLS = {
    "vectorbt": OtherTool("vectorbt, a callback of our own", by_vectorbt, 100),
    "hftbacktest": OtherTool("hftbacktest, two assets and a cancel", by_hftbacktest, 50),
}
"""By package."""


def installed() -> list[str]:
    """Those that can be had."""
    return [name for name in TOOLS if find_spec(name) is not None]
