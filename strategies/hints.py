"""One wording of "no such name", as in ``scenarios.setting``, which strategies do not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, else the list of known words.

    >>> did_you_mean("stok", ["stock", "left"]), did_you_mean("zzz", ["a", "b"])
    ("; did you mean 'stock'?", '; known: a, b')
    """
    options = list(known)
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(options)}"
