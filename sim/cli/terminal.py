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
        said = _("this terminal ({encoding}) cannot show some characters, which stand as \\u....; files hold them whole, and "
                 "PYTHONUTF8=1 shows them where the terminal can")  # fmt: skip
        print(f"stockcue: {said.format(encoding=', '.join(sorted(_escaped)))}", file=sys.stderr)
        _escaped.clear()
    style = sys.modules.get("sim.report.figures.style")
    if style is not None and (replaced := style.undrawn()):
        said = _("no installed font has Chinese characters, so pictures leave them out{names}; install one, as Noto Sans CJK SC")
        print(f"stockcue: {said.format(names=_numbered(replaced))}", file=sys.stderr)


def _numbered(replaced: dict[str, str]) -> str:
    """Which marks stand for which names."""
    marks = [f"{mark} for {words}" for words, mark in replaced.items() if mark.endswith("]")]
    return f" and write {', '.join(marks)}" if marks else ""


def _escape(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    # Windows' code pages all call themselves charmap.
    own = {str(getattr(s, "encoding", "") or "") for s in (sys.stdout, sys.stderr)}
    _escaped.add(", ".join(sorted(own)) if error.encoding == "charmap" and own else error.encoding)
    made, end = codecs.backslashreplace_errors(error)
    return str(made), end
