"""A page as one HTML file: the parts a verb gives, its sentences in the language spoken now, scripts and columns inside."""

from __future__ import annotations

from sim.report.pages.blocks import Page
from sim.report.pages.kit import library, render, script, scripts
from sim.report.pages.spoken import spoken

SCRIPTS = ("columns.js", "timeline.js", "table.js", "account.js", "charts.js", "sweep.js", "begin.js")


def html(page: Page) -> str:
    """The whole file. Needs the chart library (:func:`~sim.report.pages.kit.library`) where the page has columns."""
    return render(
        "page.html", page=page, style=script("page.css"), library=library() if page.blobs else "",
        scripts=scripts(SCRIPTS if page.sweep else (*SCRIPTS[:2], SCRIPTS[-1])), words=spoken(),
    )  # fmt: skip
