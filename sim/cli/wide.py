"""Signs of a Chinese keyboard that look like those of the grammar, and quotes that a shell kept."""

from __future__ import annotations

import os
import re

from sim.words import _

WIDE = str.maketrans("，、：；（）【】＝。．％\u3000０１２３４５６７８９", ",,:;()[]=..% 0123456789", "“”‘’「」『』")
_NUMBERS = re.compile(r"(?:interval|range|choice|tag|int)\(.*|(?=.*\d)[-+\d.,:%~\s\[\]()]+", re.DOTALL)
"""What is a number, some of them or a range of them."""


def meant(word: str) -> str | None:
    """What is wrong with a word whose setting, numbers or choice are written with such signs; None where nothing is. Names of
    people's own, of files, items and labels, may have them.

    >>> meant("strategy＝smart") is None, meant("gate.n=３"), meant("name=夜场（下）") is None
    (True, "'gate.n=３' has signs of a Chinese keyboard; write it as 'gate.n=3'", True)
    """
    from sim.cli.grammar import TEXTS

    if len(word) > 2 and word[0] == word[-1] and word[0] in "'\"" and "=" in word:
        return _("{word!r} has quotes that the shell did not take off; write it as {text!r}").format(word=word, text=word[1:-1])
    key, equals, value = word.partition("=")
    text, plain = word.translate(WIDE), value.translate(WIDE)
    if not equals or text == word:
        return None
    first = key.split(".")[0]
    odd = first != first.translate(WIDE)
    if plain != value and key.split(".")[-1] not in TEXTS:
        odd |= bool(_NUMBERS.fullmatch(plain)) or ("." not in key and key != "strategy" and not os.path.exists(value))
    elif plain != value and "." not in key and not os.path.exists(value):
        # Files of which every one is there when the signs are plain.
        odd |= all(os.path.exists(part.strip()) for part in plain.strip("[]()").split(","))
    if not odd:
        return None
    return _("{word!r} has signs of a Chinese keyboard; write it as {text!r}").format(word=word, text=text)
