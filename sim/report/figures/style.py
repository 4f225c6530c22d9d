"""How pictures look: colours that colour-blind people can tell apart, and text that the installed fonts can draw."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from sim import words
from sim.core.export import for_terminal
from sim.replay.recorded import time_of_day
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito's palette. On a timeline each has one meaning: black what is so, sky what the alert engine sees, purple what the
# platform believes, green what the strategy watches and does, blue the host, yellow to vermilion levels, grey nobody served.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY = "#8A8A8A"
LEVEL_MARKS = {1: ("o", YELLOW, N_("watch 初级")), 2: ("s", ORANGE, N_("prepare 中级")), 3: ("^", RED, N_("emergency 高级"))}
"""Marker, colour and name by alert level; shape tells as much as colour."""
CHINESE_FONTS = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei",
                 "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Arial Unicode MS")  # fmt: skip

# A font without a bold face is no news for whoever reads the picture.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

DPI = 150
_PIECE = re.compile(r"[0-9A-Za-z][^\s\u2e80-\uffff]*[\u2e80-\uffff]|[\u2e80-\uffff][^\s\u2e80-\uffff]*[0-9A-Za-z]")
"""A word of Chinese and other letters at once."""
_undrawn: dict[str, str] = {}
"""Words that could not be drawn as they are, each with what stands for it."""


@cache
def chinese_font() -> str | None:
    """An installed font that has Chinese characters, a known one first; None where the system has none.

    Matplotlib's list of fonts may be older than a font: the system is asked again before it is said to have none.
    """
    from matplotlib.font_manager import findSystemFonts, fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    if (known := next((name for name in CHINESE_FONTS if name in installed), None)) is not None:
        return known
    listed = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in listed:
            with suppress(Exception):  # a file that is no font, or is damaged
                fontManager.addfont(path)
    return next((entry.name for entry in fontManager.ttflist if _has_chinese(entry.fname)), None)


NO_CHARACTER = 0x10FFFF


def _has_chinese(path: str) -> bool:
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(path)
        # A font of last resort has a box for every character, also for those that are none.
        return font.get_char_index(ord("面")) > 0 and font.get_char_index(NO_CHARACTER) == 0
    except Exception:  # a file that is no font, or is damaged
        return False


def settings() -> Any:
    """Matplotlib settings for one picture (use with ``rc_context``)."""
    families = ["DejaVu Sans", chinese_font()]
    return {
        "font.family": [name for name in families if name], "font.size": 9, "axes.titlesize": 10, "axes.spines.top": False,
        "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25, "legend.frameon": False, "legend.fontsize": 8,
        "text.parse_math": False,
    }  # fmt: skip


def clock(seconds: float, start_hour: float) -> str:
    """Clock time of a moment of a show.

    >>> clock(1800.0, 23.75)
    '00:15'
    """
    minutes = round(start_hour * 60 + seconds / 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def plain_number(value: float, position: float | None = None) -> str:
    """A tick's label as it is, thousands separated: no power, no offset beside the axis.

    >>> plain_number(1_250_000.0), plain_number(0.05), plain_number(0.30000000000000004)
    ('1,250,000', '0.05', '0.3')
    """
    del position
    return f"{value:,.10g}"


def _(sentence: str) -> str:
    """A sentence of a picture in the user's language, in English where its characters cannot be drawn."""
    translated = words._(sentence)
    return translated if _can_be_drawn(translated) else sentence


def ngettext(one: str, many: str, n: int) -> str:
    """The form that suits ``n``, in English where its characters cannot be drawn."""
    translated = words.ngettext(one, many, n)
    return translated if _can_be_drawn(translated) else (one if n == 1 else many)


def _can_be_drawn(sentence: str) -> bool:
    return all(ord(c) < 0x2E80 for c in sentence) or chinese_font() is not None


At = Callable[[float], str]
"""A moment of a show [s] as its clock writes it."""


def clock_times(axis: Any, at: At | None, per: float) -> None:
    """Clock times under the numbers of a time axis in units of ``per`` seconds; none where the show has no clock."""
    if at is None or time_of_day(at(0.0)) == at(0.0):
        return
    axis.xaxis.set_major_formatter(lambda x, position: f"{plain_number(x)}\n{time_of_day(at(x * per))}" if x >= 0 else "")


def text(name: str) -> str:
    """Words that can be drawn: as they are with a Chinese font, else what is left without Chinese characters, or a number in
    brackets too where nothing is, where what is left is a piece of a word (SKU-燕麦), or stands for other words already."""
    name = for_terminal(name).replace("\t", " ")
    if _can_be_drawn(name):
        return name
    left = re.sub(r"\s+", " ", "".join(c for c in name if ord(c) < 0x2E80)).strip(" -·,()")
    if name not in _undrawn:
        taken = {re.sub(r" ?\[\d+\]$", "", drawn) or drawn for drawn in _undrawn.values()}
        whole = left and not any(_PIECE.search(word) for word in name.split())
        _undrawn[name] = left if whole and left not in taken else f"{left} [{len(_undrawn) + 1}]".strip()
    return _undrawn[name]


def undrawn() -> dict[str, str]:
    """Words that were not drawn as they are, with what stands for them, since this was last asked."""
    characters = dict(_undrawn)
    _undrawn.clear()
    return characters


def png(figure: Figure) -> bytes:
    """A picture as PNG; ticks are made now, so the settings must hold now too. Drawn once: saving a figure draws it twice, the
    first time for its layout alone."""
    from io import BytesIO

    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer, dpi = BytesIO(), figure.dpi
    with rc_context(settings()):
        figure.set_dpi(DPI)
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
        figure.set_dpi(dpi)
    return buffer.getvalue()
