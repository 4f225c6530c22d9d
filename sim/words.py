"""Sentences for people pass through ``_``: English in the code, other languages in catalogues.

A catalogue is ``sim/locale/LANGUAGE/LC_MESSAGES/stockcue.mo``; the language is the one the user's system names (``LANGUAGE``,
``LC_ALL``, ``LC_MESSAGES``, ``LANG``). A sentence that no catalogue has stays as it is written. Figures are put in afterwards::

    _("{n} shows, seed {seed}").format(n=40, seed=1)
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"


def _(sentence: str) -> str:
    """The sentence in the user's language."""
    return _catalogue(FOLDER).gettext(sentence)


@cache
def _catalogue(folder: Path) -> gettext.NullTranslations:
    return gettext.translation("stockcue", folder, fallback=True)
