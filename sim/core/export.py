"""Text that came from outside, on its way into files people open: the one home of what makes it harmless.

A spreadsheet runs a cell that begins with = + - or @ (or with a tab or a line break before one); a page shows HTML and follows
links. Inside the project such text stays as it is; only what is written for spreadsheets and pages is changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet run a cell instead of showing it."""


def for_spreadsheet(text: str) -> str:
    """A text as a spreadsheet may have it: what it would run gets an apostrophe in front. Numbers stay numbers.

    >>> for_spreadsheet("=cmd|' /C calc'!A0"), for_spreadsheet("-3.5"), for_spreadsheet("mask")
    ("'=cmd|' /C calc'!A0", '-3.5', 'mask')
    """
    # A lone carriage return ends a row where CSV writers do not quote it.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.startswith(RUNS) and not text.lstrip().startswith(RUNS[:4]):
        return text
    try:
        float(text)
        return text
    except ValueError:
        return "'" + text


def for_markdown(text: str) -> str:
    """A text as a cell of a Markdown table: no HTML, no link, no line break, no end of cell.

    >>> for_markdown("<script>x</script> | [a](javascript:b)")
    '&lt;script&gt;x&lt;/script&gt; \\\\| [a]\\\\(javascript:b)'
    """
    text = " ".join(text.split("\n")).replace("\r", " ")
    text = text.replace("<", "&lt;").replace(">", "&gt;") if "<" in text else text
    return text.replace("](", "]\\(").replace("|", "\\|")


def write_csv(table: Any, path: Path, more: bool = False) -> None:
    """A pandas table as CSV (UTF-8), safe for spreadsheets; ``more``: after what is there already, without a header."""
    safe = table.copy()
    for name in safe.columns:
        if safe[name].dtype.kind not in "iufb":
            safe[name] = [for_spreadsheet(v) if isinstance(v, str) else v for v in safe[name]]
    safe.columns = [for_spreadsheet(str(c)) for c in safe.columns]
    safe.to_csv(path, index=False, encoding="utf-8", mode="a" if more else "w", header=not more)
