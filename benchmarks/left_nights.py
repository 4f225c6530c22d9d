"""How an answer settles over real nights: six hours of each evening of the marathons, one after the other.

``python -m benchmarks.left_nights FOLDER [nights]``: FOLDER as for ``benchmarks.left_out``. Prints what all nights say of the
next, and whether more of them forecast better. The data may not be copied into the project.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.leave_one_event_out import shows_of
from sim.calibrate.night_prior import contradictions, quantities, settling
from sim.calibrate.observed import Observed
from sim.calibrate.observed import events as rows_of
from sim.report.text import night_prior as words

HOURS, FIRST, DAY_S = 6.0, 23.0, 86_400.0
"""Length of a night and the hour it starts at (UTC), where donations are at their plateau."""


def evenings(show: Observed) -> list[Observed]:
    """The evenings of an event that lie wholly in it."""
    start = (FIRST * 3600 - show.start_unix_s) % DAY_S
    nights = []
    for k, a in enumerate(np.arange(start, show.span_s - HOURS * 3600, DAY_S).tolist()):
        b = a + HOURS * 3600
        within = (show.orders.t >= a) & (show.orders.t < b)
        cues = show.cues[(show.cues["at_s"] >= a) & (show.cues["at_s"] < b)].copy()
        cues["at_s"] -= a
        shut = show.shut[(show.shut["to_s"] > a) & (show.shut["from_s"] < b)].copy()
        shut["from_s"], shut["to_s"] = shut["from_s"] - a, shut["to_s"] - a
        viewers = show.viewers and (show.viewers[0] - a, show.viewers[1])
        orders = rows_of(show.orders.t[within] - a, show.orders.sku[within], show.orders.n[within])
        nights.append(replace(show, name=f"{show.name}, night {k + 1}", span_s=b - a, orders=orders, cues=cues, shut=shut,
                            viewers=viewers, start_unix_s=show.start_unix_s + a))  # fmt: skip
    return nights


def main() -> None:
    """Print what the nights say."""
    nights = [n for show in shows_of(Path(sys.argv[1])) for n in evenings(show)]
    nights = nights[: int(sys.argv[2])] if len(sys.argv) > 2 else nights
    counted = quantities(nights)
    steps = settling(counted)
    print(words.printed(steps, words.sentences(steps, contradictions(counted))))


if __name__ == "__main__":
    main()
