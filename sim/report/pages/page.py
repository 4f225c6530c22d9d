"""A page as one HTML file: the parts a verb gives, its sentences in the language spoken now, scripts and columns inside."""

from __future__ import annotations

from sim.report.pages.blocks import Page
from sim.report.pages.kit import library, render, script, scripts, spelt
from sim.report.pages.spoken import spoken

FIRST, OF_SWEEPS, LAST = (
    ("columns.js", "draw.js", "timeline.js", "plots.js"),
    ("table.js", "account.js", "charts.js", "sweep.js"),
    ("begin.js",),
)


def html(page: Page) -> str:
    """The whole file. Needs the chart library (:func:`~sim.report.pages.kit.library`) where the page has columns."""
    with_scripts = bool(page.blobs or page.charts)
    return render(
        "page.html", page=page, style=script("page.css"), library=library() if with_scripts else "",
        scripts=scripts((*FIRST, *(OF_SWEEPS if page.sweep else ()), *LAST)), words=spoken(),
        charts=spelt([{"kind": c.kind, "data": c.data} for c in page.charts]),
    )  # fmt: skip
