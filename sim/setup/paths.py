"""Where a setting stands in nested settings, from its dotted name; the names of items may hold dots of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def steps(tree: Any, key: str) -> list[str]:
    """The names that lead to ``key``. A name in the tree that holds dots is one step; what is not in the tree is cut at dots.

    >>> steps({"skus": {"1.5L": {"stock": 3}}}, "skus.1.5L.stock"), steps({}, "a.b")
    (['skus', '1.5L', 'stock'], ['a', 'b'])
    """
    parts, lines, node = key.split("."), [], tree
    while parts:
        known = node if isinstance(node, Mapping) else {}
        size = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), 1)
        lines.append(".".join(parts[:size]))
        parts, node = parts[size:], known.get(lines[-1])
    return lines
