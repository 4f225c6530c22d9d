"""What a terminal can show: nothing is lost where it cannot encode, has been closed, or has no screen for pictures."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TextIO

from sim.words import _

_escaped: set[str] = set()
"""Encodings that could not hold everything that was printed."""


def prepare() -> None:
    """Before anything is printed: closed streams become silent, characters a terminal cannot show become escapes (``\\u9762``)
    and are told once, and pictures are drawn without a screen, whatever ``MPLBACKEND`` says."""
    os.environ["MPLBACKEND"] = "agg"
    codecs.register_error("stockcue", _escape)
    if (style := sys.modules.get("sim.report.figures.style")) is not None:
        style.undrawn()  # of an earlier command in this process
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif not (stream.encoding or "").lower().replace("-", "").startswith("utf") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="stockcue")


def tell() -> None:
    """Say, once, what could not be shown."""
    if _escaped:
        sentence = _(
            "this terminal ({encoding}) cannot show some characters, which stand as \\u....; files hold them whole, and "
            "PYTHONUTF8=1 shows them where the terminal can"
        )
        print(f"stockcue: {sentence.format(encoding=', '.join(sorted(_escaped)))}", file=sys.stderr)
        _escaped.clear()
    tell_pictures()


def tell_pictures() -> None:
    """Say, once, what no font could draw; in the language spoken, which a terminal that lacks signs could not show."""
    style = sys.modules.get("sim.report.figures.style")
    if style is not None and (replaced := style.undrawn()):
        marks = [_("{mark} for {words}").format(mark=mark, words=words) for words, mark in replaced.items() if mark.endswith("]")]
        sentence = (
            _(
                "no installed font has Chinese characters, so pictures leave them out and write {marks}; install one, as "
                "Noto Sans CJK SC"
            )
            if marks
            else _("no installed font has Chinese characters, so pictures leave them out; install one, as Noto Sans CJK SC")
        )
        print(f"stockcue: {sentence.format(marks=', '.join(marks))}", file=sys.stderr)


def _escape(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    # Windows' code pages all call themselves charmap.
    own = {str(getattr(s, "encoding", "") or "") for s in (sys.stdout, sys.stderr)}
    _escaped.add(", ".join(sorted(own)) if error.encoding == "charmap" and own else error.encoding)
    escaped, end = codecs.backslashreplace_errors(error)
    return str(escaped), end
