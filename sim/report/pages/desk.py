"""The page of the what-if desk: dials, figures, a curve and one timeline, drawn by the scripts that every page has."""

from __future__ import annotations

from typing import Any

from sim.report.pages.kit import library, render, script, scripts, shortened
from sim.report.pages.spoken import spoken
from sim.words import _


def html(desk: Any, token: str) -> str:
    """desk: dials and shows (``sim.app.desk.Desk``). token: what its requests must bring."""
    dials = [
        {
            "key": d.key,
            "label": shortened(d.label),
            "unit": _(d.unit) if d.unit else "",
            "whole": d.unit == "units",
            "low": d.low,
            "high": d.high,
            "value": d.value,
            "world": d.world,
            "meaning": d.meaning,
        }
        for d in desk.dials.values()
    ]
    lesson = shortened(_(desk.show.lesson), 300) if desk.show.lesson else ""
    return render("desk.html", name=shortened(desk.show.name), lesson=lesson, style=script("page.css"), library=library(),
                  scripts=scripts(("columns.js", "draw.js", "timeline.js", "desk.js")), words=spoken(), dials=dials, token=token,
                  hour=desk.show.start_hour)  # fmt: skip
