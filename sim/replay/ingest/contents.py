"""What a stream holds, in sentences."""

from __future__ import annotations

import pandas as pd

from scenarios.contract import Sku
from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.words import _

MOVES = {"order": TAKE, "cart": CART, "cancel": EDIT_ADD, "restock": SUPPLY, "correction": EDIT_ADD}
"""Kind of a fact to the move of stock it is."""


def units_in(moves: pd.DataFrame, skus: list[Sku]) -> list[str]:
    """Sentences on what the stream holds, and where more was ordered than there was."""
    what = moves["kind"].map(MOVES)
    total = {code: int(moves.loc[what == code, "qty"].sum()) for code in (TAKE, CART, SUPPLY, EDIT_ADD)}
    text = _("{ordered:,} units ordered, {carted:,} put into carts, {restocked:,} restocked, {corrected:,} returned or corrected "
             "(net), over {n} SKUs")  # fmt: skip
    out = [text.format(ordered=total[TAKE], carted=total[CART], restocked=total[SUPPLY], corrected=total[EDIT_ADD], n=len(skus))]
    stock = moves[what != CART]
    moved = stock["qty"].where(stock["kind"] != "order", -stock["qty"]).groupby(stock["sku"]).sum()
    left = {s.id: s.stock + int(moved.get(s.id, 0)) for s in skus}
    beyond = {name: -n for name, n in left.items() if n < 0}
    for name in sorted(beyond, key=lambda n: -beyond[n])[:5]:
        text = _("{sku}: {n:,} more units were ordered than there were; the stream keeps those orders too")
        out.append(text.format(sku=name, n=beyond[name]))
    return out
