"""How many units to bring, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import aligned, markdown, number
from sim.words import N_, _, columns

if TYPE_CHECKING:
    import pandas as pd

HEAD = N_("item | planned [units] | wanted tonight | 90 % of shows | sold out | when, median | 90 % of shows | "
          "bring [units] | as good | gain [CNY/show] | 95 %")  # fmt: skip
RIGHT = (1, 2, 4, 5, 7, 9)


def clock(seconds: float) -> str:
    """Time in the show as minutes and seconds, or that it does not come.

    >>> clock(754.0)
    '12:34'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if np.isfinite(seconds) else _("not sold out")


def rows(table: pd.DataFrame) -> list[list[str]]:
    """The table as text."""
    return [
        [str(r["item"]), number(r["planned"]), number(r["wanted_p50"]), f"{number(r['wanted_p05'])}..{number(r['wanted_p95'])}",
         f"{100 * r['sold_out']:.0f} %", clock(r["out_p50_s"]), f"{clock(r['out_p05_s'])}..{clock(r['out_p95_s'])}",
         number(r["bring"]), f"{number(r['bring_low'])}..{number(r['bring_high'])}", number(r["gain"]),
         f"±{number(r['gain_half'])}"]
        for r in table.to_dict("records")
    ]  # fmt: skip


def title(scenario: str, shows: int, seed: int) -> str:
    """What was looked at."""
    return _("How many units to bring to {scenario}: {n} shows, seed {seed}, nobody acting").format(
        scenario=scenario, n=shows, seed=seed
    )


def sentences(table: pd.DataFrame, carry: float, planned: Sequence[float]) -> list[str]:
    """What the table comes to. planned: net, GMV and J of a show as planned [CNY]."""
    sure = table[table["gain"] > table["gain_half"]].sort_values("gain", ascending=False)
    lines = []
    for r in sure.to_dict("records"):
        text = _("{item}: {bring} units instead of {planned} earn {gain} CNY more a show (95 %: ±{half}).")
        lines.append(text.format(item=r["item"], bring=number(r["bring"]), planned=number(r["planned"]), gain=number(r["gain"]),
                                half=number(r["gain_half"])))  # fmt: skip
    if sure.empty:
        lines.append(_("For no item did another stock earn more than the planned one beyond chance."))
    text = _("As planned a show keeps net {net} of GMV {gmv} and leaves {left} on the table (J) [CNY].")
    lines.append(text.format(**{name: number(x) for name, x in zip(("net", "gmv", "left"), planned, strict=True)}))
    text = _(
        "An unsold unit costs {carry} CNY (carry=); every item's stock was changed with all others', and stocks were tried at "
        "quantiles of what is wanted, so read the band, not the figure."
    )
    return [*lines, text.format(carry=f"{carry:g}")]


def folder(pictured: bool) -> str:
    """Where it lies."""
    drawn = _("run folder: {folder} (table: report.md, picture: stock.png)")
    return drawn if pictured else _("run folder: {folder} (table: report.md)")


def printed(heading: str, table: pd.DataFrame, lines: Sequence[str]) -> str:
    """For a terminal."""
    return "\n".join([heading, "", *aligned([columns(HEAD), *rows(table)], RIGHT), "", *lines])


def page(heading: str, table: pd.DataFrame, lines: Sequence[str], repeat: str, pictures: Sequence[str]) -> str:
    """``report.md``."""
    parts = [
        f"# {heading}",
        repeat,
        "\n".join(markdown(columns(HEAD), rows(table), RIGHT)),
        *lines,
        *(f"![{_('net against stock')}]({name})" for name in pictures),
        _(
            "Wanted: units that shoppers would keep who want the item before any other, whatever the stock. Sold out, when: "
            "with the planned stock. As good: stocks that cannot be told from the best over these shows."
        ),
    ]
    return "\n\n".join(parts) + "\n"
