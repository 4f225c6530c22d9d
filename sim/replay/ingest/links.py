"""Which order a return or a payment belongs to, where a recording says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def returned(moves: pd.DataFrame) -> np.ndarray | None:
    """Per row the place of the order that a return gives back whole, by number and SKU; -1 elsewhere. None where no return
    says."""
    keys = _keys(moves)
    named, place = moves["order_id"].astype(str) != "", pd.Series(np.arange(len(moves)), moves.index)
    sold = named & (moves["kind"] == "order")
    sold &= ~keys.where(sold).duplicated(keep=False)
    back = named & (moves["kind"] == "cancel")
    back &= ~keys.where(back).duplicated()
    orders = pd.DataFrame({"place": place[sold].to_numpy(), "qty": moves.loc[sold, "qty"].to_numpy()}, keys[sold])
    linked = orders.reindex(keys[back])
    good = (linked["qty"].to_numpy() == moves.loc[back, "qty"].to_numpy()) & (linked["place"].to_numpy() < place[back].to_numpy())
    link = np.full(len(moves), -1, np.int64)
    link[place[back].to_numpy()[good]] = linked["place"].to_numpy()[good].astype(np.int64)
    return link if (link >= 0).any() else None


def paid(pays: pd.DataFrame, moves: pd.DataFrame, show_us: Callable[[pd.Series], np.ndarray]) -> np.ndarray | None:
    """Per row when an order was paid [us], by number and SKU; -1 where that is not known. None where no payment is."""
    pays = pays[pays["order_id"].astype(str) != ""]
    if pays.empty:
        return None
    at = pd.Series(show_us(pays["at"]), _keys(pays))
    at = at[~at.index.duplicated(keep=False)]
    sold = moves["kind"] == "order"
    keys = _keys(moves).where(sold)
    at_order = at.reindex(keys.where(~keys.duplicated(keep=False))).fillna(-1).to_numpy(np.int64)
    return at_order if (at_order >= 0).any() else None


def _keys(rows: pd.DataFrame) -> pd.Series:
    return rows["order_id"].astype(str) + "\x1f" + rows["sku"]
