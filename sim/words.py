"""Sentences for people pass through ``_``: English in the code, other languages in catalogues.

A catalogue is ``sim/locale/LANGUAGE/LC_MESSAGES/stockcue.po``, read as it is written. The language is English unless
``lang=`` asks for
another: no setting of the machine decides, so that scripts find the same words everywhere. A sentence that no catalogue has
stays as it
is written. Figures are put in afterwards::

    _("{n} shows, seed {seed}").format(n=40, seed=1)
    ngettext("{n} show", "{n} shows", n).format(n=n)

This room knows nobody, so anybody may use it: strategies and scenarios too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "zh": "中文"}
"""What ``lang=`` takes, and what each is called by those who read it."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
MANY = 40
"""Most names that a sentence reads out."""
PARTS = ("msgid_plural ", "msgid ", "msgstr[0]", "msgstr ")
_now = "en"


def _(sentence: str) -> str:
    """The sentence in the language spoken now."""
    return sentence if _now == "en" else catalogue(_now).get(sentence) or sentence


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a sentence that suits ``n``."""
    if _now == "en":
        return one if n == 1 else many
    return catalogue(_now).get(many) or catalogue(_now).get(one) or (one if n == 1 else many)


def counted(one: str, many: str, n: int) -> str:
    """A number of things; ``n`` stands in both forms.

    >>> counted("{n:,} show", "{n:,} shows", 1), counted("{n:,} show", "{n:,} shows", 2000)
    ('1 show', '2,000 shows')
    """
    return ngettext(one, many, n).format(n=n)


def N_(sentence: str) -> str:
    """A sentence that is written here and translated where it is shown: for what is made when a file is read."""
    return sentence


def columns(head: str) -> tuple[str, ...]:
    """The head of a table in the language spoken now, a column between bars with spaces; it is translated as a whole.

    >>> columns("sku | units")
    ('sku', 'units')
    """
    return tuple(cell.strip() for cell in _(head).split(" | "))


def nearest(word: object, known: Iterable[object], cutoff: float = 0.5) -> str | None:
    """The known word most like this one; None where none is like it (``cutoff``: how like, 0 to 1)."""
    from difflib import get_close_matches

    words = [str(k) for k in known]
    if same := [k for k in words if k.casefold() == str(word).casefold()]:
        return same[0]
    near = get_close_matches(str(word), words, n=1, cutoff=cutoff)
    return near[0] if near else None


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, else the first known words.

    >>> did_you_mean("replicate", ["replicates", "seed"]), did_you_mean("zzz", ["a", "b"])
    ("; did you mean 'replicates'?", '; known: a, b')
    """
    options = [str(k) for k in known]
    if (near := nearest(word, options)) is not None:
        return _("; did you mean {word!r}?").format(word=near)
    listed, more = ", ".join(options[:MANY]), len(options) - MANY
    if more > 0:
        return ngettext("; known: {words} and {n} more", "; known: {words} and {n} more", more).format(words=listed, n=more)
    return _("; known: {words}").format(words=listed) if options else ""


NOUNS = (
    *(N_("action"), N_("channel"), N_("column"), N_("dial"), N_("entry"), N_("experiment"), N_("field"), N_("file")),
    *(N_("function"), N_("item"), N_("key"), N_("kind of row"), N_("language"), N_("level"), N_("mapping"), N_("metric")),
    *(N_("name"), N_("operations setting"), N_("option"), N_("rules file"), N_("scenario"), N_("score profile")),
    *(N_("setting"), N_("SKU"), N_("strategy"), N_("tier"), N_("verb")),
)
"""What can be missing by name."""


def no_such(what: str, name: object, known: Iterable[object], where: str = "", otherwise: str | None = None) -> str:
    """The one sentence for a name that is not there. what: one of :data:`NOUNS`. where: what should have it. otherwise: what to
    do where no name is near, in place of a list of the known ones.

    >>> no_such("scenario", "frist", ["first"]), no_such("setting", "seeds", ["seed"], "rehearse")
    ("there is no scenario 'frist'; did you mean 'first'?", "rehearse has no setting 'seeds'; did you mean 'seed'?")
    """
    sentence = _("{where} has no {what} {name!r}{hint}") if where else _("there is no {what} {name!r}{hint}")
    options = [str(k) for k in known]
    hint = did_you_mean(name, options) if otherwise is None or nearest(str(name), options) else otherwise
    return sentence.format(where=where, what=_(what), name=name, hint=hint)


def language() -> str:
    """The language spoken now, a key of LANGUAGES."""
    return _now


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak another language for a while. name: a key of LANGUAGES."""
    global _now
    if name not in LANGUAGES:
        raise KeyError(name)
    before, _now = _now, name
    try:
        yield
    finally:
        _now = before


@cache
def catalogue(name: str) -> Mapping[str, str]:
    """Every sentence of a language by the English one; empty for English."""
    path = FOLDER / name / "LC_MESSAGES" / "stockcue.po"
    return read_po(path.read_text(encoding="utf-8")) if path.is_file() else {}


def read_po(text: str) -> dict[str, str]:
    """A gettext catalogue: sentence to translation, those marked fuzzy or left empty not among them.

    >>> read_po('msgid "a {n}"\\nmsgstr "甲"\\n" {n}"\\n')
    {'a {n}': '甲 {n}'}
    """
    sentences: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        parts, at = dict.fromkeys(PARTS, ""), ""
        for line in lines:
            at = next((key for key in PARTS if line.startswith(key)), at)
            if not line.startswith("#") and at:
                parts[at] += "".join(ast.literal_eval(piece) for piece in _STRING.findall(line))
        # Languages with one form for all counts alone: both English forms stand for it.
        told = parts["msgstr[0]"] or parts["msgstr "]
        sentences |= {parts[key]: told for key in ("msgid ", "msgid_plural ") if parts[key] and told}
    return sentences
