"""Words as numbers while a stream is being made: every different SKU, label and file name is kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.replay.ingest.values import RULES

if TYPE_CHECKING:
    import pyarrow as pa


class Vocab:
    """Words by number, in order of first appearance; 0 is the empty word.

    >>> words = Vocab()
    >>> words.code("mask"), words.code("serum"), words.code("mask"), words.words
    (1, 2, 1, ['', 'mask', 'serum'])
    """

    def __init__(self) -> None:
        self.words = [""]
        self.known = {"": 0}

    def code(self, word: str) -> int:
        """The word's number."""
        number = self.known.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
        return number

    def codes(self, column: pa.Array) -> np.ndarray:
        """Numbers of a column of texts (int32)."""
        coded = column.dictionary_encode()
        numbers = np.array([self.code(word) for word in coded.dictionary.to_pylist()], np.int32)
        return numbers[coded.indices.to_numpy()] if len(numbers) else np.array([], np.int32)


def repair_words(bits: int) -> str:
    """Names of a row's repairs.

    >>> repair_words(5)
    'trim+number'
    """
    return "+".join(name for k, name in enumerate(RULES) if bits >> k & 1)
