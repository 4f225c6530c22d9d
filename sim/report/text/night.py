"""The night as it was run beside the policy, and whether the rehearsal's bands held: words and tables of a review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.postmortem.bands import Bands
from sim.postmortem.review import Review
from sim.replay.impute import LIKELY
from sim.report.text.layout import aligned, markdown, number
from sim.words import _

MOST_ITEMS = 24
"""Items on the page; the folder has them all."""
At = Callable[[float], str]


def night_rows(r: Review) -> list[list[str]]:
    """Head and a row for the policy, the night as it was run, and silence: likely, and the least and the most over the bounds."""
    head = [_("policy"), _("net [CNY]"), _("GMV"), _("left on the table [CNY]"), _("oversold"), _("missed"), _("notices")]
    rows = [head]
    for name in dict.fromkeys(row["policy"] for row in r.night):
        own = [row for row in r.night if row["policy"] == name]
        likely = next((row for row in own if row["bound"] == LIKELY), own[0])
        cells = [_ranged(likely[key], [row[key] for row in own]) for key in ("net", "gmv", "J", "oversold_units", "missed_units")]
        rows.append([name, *cells, number(likely["notices"])])
    return rows


def _ranged(value: float, all_of_them: list[float]) -> str:
    low, high = min(all_of_them), max(all_of_them)
    return number(value) if round(low) == round(high) else f"{number(value)} [{number(low)}, {number(high)}]"


def night_lines(r: Review) -> list[str]:
    """The same for a terminal."""
    return aligned(night_rows(r), range(1, 7)) if r.night else []


def night_page(r: Review) -> list[str]:
    """The same for the page."""
    if not r.night:
        return []
    head, *rows = night_rows(r)
    words = _("What the team did is played on the same shoppers as the strategy and as nobody acting. In brackets: from the "
              "least to the most over what is assumed of demand nobody recorded.")  # fmt: skip
    return [_("## The night as it was run 当晚实操"), "\n".join(markdown(head, rows, range(1, 7))), words]


def figure_name(figure: str) -> str:
    """A figure of an item in words."""
    return {"ordered_units": _("units ordered"), "oversold_units": _("units oversold"), "sold_out_s": _("sold out at")}[figure]


def bands_line(b: Bands) -> str:
    """Whether the bands held, in one sentence."""
    _name, within, of = b.nights[-1]
    out = b.rows[~b.rows["held"].astype(bool)]
    text = _("the rehearsal's bands ({strategy}, {shows} shows) held for {within} of {of} figures of this night; {share:.0%} is "
             "expected")  # fmt: skip
    sentence = text.format(strategy=b.strategy, shows=b.shows, within=within, of=of, share=b.expected)
    if len(out):
        names = [f"{row['sku']} ({figure_name(row['figure'])})" for row in out.head(5).to_dict("records")]
        sentence += "; " + _("outside: {names}{more}").format(names=", ".join(names), more=" ..." if len(out) > 5 else "")
    return sentence


def bands_page(b: Bands | None, at: At) -> list[str]:
    """Item by item: the night, the band, whether it held; and the coverage over nights."""
    if b is None:
        return []
    rows = []
    for row in b.rows.head(3 * MOST_ITEMS).to_dict("records"):
        shown = (lambda x: _moment(x, at)) if row["figure"] == "sold_out_s" else number
        cells = [shown(row[end]) for end in ("night", "low", "middle", "high")]
        rows.append([row["sku"], figure_name(row["figure"]), *cells, _("held") if row["held"] else _("**outside**")])
    head = [_("item"), _("figure"), _("this night"), _("band from"), _("middle"), _("to"), ""]
    lines = [_("## Did the rehearsal's bands hold? 彩排区间"), "\n".join(markdown(head, rows, (2, 3, 4, 5))), f"{bands_line(b)}."]
    within, of = b.coverage
    if len(b.nights) > 1:
        parts = ", ".join(f"{name} {n}/{m}" for name, n, m in b.nights)
        text = _("Coverage over {nights} nights: {within} of {of} figures ({share:.0%}) lay within their band, {expected:.0%} is "
                 "expected ({parts}). Figures of one night go up and down together, so it is the nights that count.")  # fmt: skip
        lines.append(text.format(nights=len(b.nights), within=within, of=of, share=within / of, expected=b.expected, parts=parts))
    else:
        lines.append(_("This is the first night that is held against a rehearsal; earlier=[...] adds others to the coverage."))
    if b.left_out:
        text = _("Items that only the rehearsal or only the recording has are left out: {names}.")
        lines.append(text.format(names=", ".join(b.left_out[:12])))
    return lines


def _moment(t_s: Any, at: At) -> str:
    return at(float(t_s)) if np.isfinite(t_s) else _("never")
