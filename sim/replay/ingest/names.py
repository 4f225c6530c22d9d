"""Names of columns as people and platforms write them: "Order ID", ``order_id`` and "订单 编号*" are each one name."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from sim.words import _

MOST_COLUMNS = 16_384
"""Columns of the widest spreadsheet; a table with more is none."""
_DROPPED = dict.fromkeys(map(ord, " \t\n\r\v\f_-*:·\ufeff\u200b\u200c\u200d\u2060\xa0"))


@lru_cache(65_536)
def key(name: str) -> str:
    """What makes a column's name: its letters, figures and brackets, in one case and one width.

    >>> key("Order ID") == key("order_id") == key("OrderId") == key("*Order-ID：")
    True
    >>> key("商品数量（件）") == key("商品数量(件)"), key("order.id") == key("orderid")
    (True, False)
    """
    return unicodedata.normalize("NFKC", name).casefold().translate(_DROPPED)


def too_many(name: str, n: int) -> str:
    """The refusal of a file with more columns than any sheet."""
    return _(
        "{name} has {n:,} columns, more than the {most_columns:,} of the widest sheet; it is no table of rows, check the file"
    ).format(name=name, n=n, most_columns=MOST_COLUMNS)


def tidy(cell: str) -> str:
    """A header cell as one shows it: on one line, without blanks, tabs and marks round it.

    >>> tidy("\\ufeff 下单\\n时间\\t"), tidy("Order  ID")
    ('下单 时间', 'Order ID')
    """
    return " ".join(cell.replace("\ufeff", "").split())


def twice(names: Iterable[str]) -> set[str]:
    """Keys that more than one column goes by."""
    return {name for name, n in Counter(key(n) for n in names if n).items() if n > 1}


def listed(names: list[str], most: int = 12) -> str:
    """The first names of a list, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(name[:40] for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
