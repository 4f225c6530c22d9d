"""Text that came from outside, on its way into files people open: the one home of what makes it harmless.

A spreadsheet runs a cell that begins with = + - or @ (or with a tab or a line break before one); a page shows HTML and follows
links. Inside the project such text stays as it is; only what is written for spreadsheets and pages is changed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet run a cell instead of showing it."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))})
"""Names that Windows keeps for devices."""


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


def for_page(text: str) -> str:
    """A whole Markdown page without HTML of anybody's: what would open a tag is shown as it stands. People look at pages in a
    terminal too, so control characters are spelt out.

    >>> for_page("a <b>x</b>, 3 < 5")
    'a &lt;b>x&lt;/b>, 3 < 5'
    """
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", for_terminal(text))
    return re.sub(r"\]\((?=\s*(?:javascript|data|vbscript):)", r"]\\(", text, flags=re.IGNORECASE)


def for_terminal(text: str) -> str:
    """A text as a terminal may have it: control characters, and those that turn the direction of writing, are spelt out.

    >>> for_terminal("a" + chr(27) + "[31mb") == "a" + chr(92) + "x1b[31mb"
    True
    """
    return _CONTROL.sub(lambda m: ascii(m[0])[1:-1], text)


def for_file_name(text: str, most: int = 80) -> str:
    """A name as part of a file's or a folder's: one step that stays where it is, on any system.

    >>> for_file_name("../../x"), for_file_name("a/b:c"), for_file_name("面膜 5片"), for_file_name("..")
    ('_.._x', 'a_b_c', '面膜 5片', '_')
    """
    name = re.sub(r'[/\\<>:"|?*\x00-\x1f\x7f]', "_", text)[:most].strip(" ")
    name = re.sub(r"^\.+", "", name).rstrip(". ")
    return f"_{name}" if not name or name.split(".")[0].upper() in RESERVED else name


def write_csv(table: Any, path: Path, more: bool = False, mark: bool = False) -> None:
    """A pandas table as CSV (UTF-8), safe for spreadsheets; ``more``: after what is there already, without a header. mark: with a
    byte order mark, by which Excel knows the encoding."""
    safe = table.copy()
    for name in safe.columns:
        if safe[name].dtype.kind not in "iufb":
            safe[name] = [for_spreadsheet(v) if isinstance(v, str) else v for v in safe[name]]
    safe.columns = [for_spreadsheet(str(c)) for c in safe.columns]
    safe.to_csv(path, index=False, encoding="utf-8-sig" if mark else "utf-8", mode="a" if more else "w", header=not more)
