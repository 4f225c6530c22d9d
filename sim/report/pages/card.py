"""A result as a notebook shows it: HTML without script, style sheet or anything fetched; every text escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.words import counted

if TYPE_CHECKING:
    import pandas as pd

ROWS, COLUMNS = 20, 14
"""Most rows and columns of the table shown."""


def card(title: str, note: str, table: pd.DataFrame, sentences: Sequence[str], png: bytes = b"") -> str:
    """The card. note: what must be known first. table: its first rows are shown. png: a picture."""
    parts = [f"<h4>{html.escape(title)}</h4>"]
    if note:
        parts.append(f"<p><b>{html.escape(note)}</b></p>")
    shown = table.iloc[:ROWS, :COLUMNS]
    parts.append(shown.to_html(index=False, escape=True, border=0, float_format=_number, na_rep="-"))
    if len(table) > len(shown):
        parts.append(
            "<p>"
            + counted("{n:,} more row in <code>.table</code>", "{n:,} more rows in <code>.table</code>", len(table) - len(shown))
            + "</p>"
        )
    if sentences:
        parts.append("<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in sentences) + "</ul>")
    if png:
        parts.append(f'<img style="max-width:100%" src="data:image/png;base64,{base64.b64encode(png).decode()}">')
    return "<div>" + "\n".join(parts) + "</div>"


def _number(value: float) -> str:
    """Four figures and thousands separated.

    >>> _number(12345.678), _number(0.01234), _number(3.0)
    ('12,346', '0.01234', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
