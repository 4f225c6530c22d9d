"""Order and line numbers as spreadsheets leave them: as text formulas, as floats, in scientific notation, cut to 15 digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.replay.ingest.values import BIT
from sim.words import N_

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.replay.ingest.row_validator import RowValidator

DIGITS = 15
"""Digits that a spreadsheet keeps of a number; it writes zeros for the others."""
FEW = 0.2
"""Long numbers were cut where at least half of them end in zeros and chance would make fewer than this share of those."""
POWER = r"^[+-]?\d(?:[.,]\d+)?[eE]\+?\d{1,3}$"
FLOAT = r"^\d{1,15}\.0+$"
SCIENTIFIC = N_(
    "numbers of orders are in scientific notation (as in 5.76461E+17), as Excel leaves them: they tell no orders apart, so "
    "their rows are told apart by what else they say; export the column as text"
)
ROUNDED = N_(
    "numbers of orders end in zeros after their first 15 digits, rounded as Excel does it: they tell no orders apart, so "
    "their rows are told apart by what else they say; export the column as text"
)


def read_numbers(validator: RowValidator, field: str) -> tuple[pa.Array, np.ndarray]:
    """A column of numbers as text, and the rows in which a spreadsheet has destroyed them.

    4001.0 is 4001 (a repair); which rows are destroyed is remembered on the file's account.
    """
    import pyarrow.compute as pc

    texts = validator.texts(field)
    if not validator.has(field):
        return texts, np.zeros(validator.n, bool)
    floats = pc.match_substring_regex(texts, FLOAT)
    if pc.any(floats).as_py():
        texts = pc.if_else(floats, pc.replace_substring_regex(texts, r"\.0+$", ""), texts)
        validator.repairs[floats.to_numpy(zero_copy_only=False)] |= BIT["number"]
    power = pc.match_substring_regex(texts, POWER).to_numpy(zero_copy_only=False)
    cut = cut_off(texts)
    for which, what in ((power, SCIENTIFIC), (cut, ROUNDED)):
        if which.any():
            validator.state.remarks[what] += int(which.sum())
    return texts, power | cut


def cut_off(texts: pa.Array) -> np.ndarray:
    """Rows whose number was cut to 15 digits: those that end in zeros, where so many do not by chance.

    >>> import pyarrow as pa
    >>> cut_off(pa.array(["576461413038785000", "576461413038786000", "9001"])).tolist()
    [True, True, False]
    >>> cut_off(pa.array(["576461413038785752", "576461413038786000"])).tolist()
    [False, False]
    """
    import pyarrow.compute as pc

    long_ = pc.match_substring_regex(texts, r"^\d{16,30}$")
    which = np.flatnonzero(long_.to_numpy(zero_copy_only=False))
    out = np.zeros(len(texts), bool)
    if not len(which):
        return out
    words = texts.take(which)
    tails = pc.binary_length(words).to_numpy(zero_copy_only=False) - DIGITS
    zeros = np.array([w.endswith("0" * t) for w, t in zip(words.to_pylist(), tails.tolist(), strict=True)])
    expected = float((10.0**-tails).sum())
    # One number alone says nothing, and a single last digit is often 0.
    if zeros.sum() >= max(2, len(which) / 2) and expected <= FEW * zeros.sum():
        out[which[zeros]] = True
    return out
