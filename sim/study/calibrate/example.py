"""The invented show that ships with the project, as a calibration sees it: its run, logged in full."""

from __future__ import annotations

from dataclasses import replace

from sim.study.calibrate.observed import Observed, as_planned, from_run


def example(skus: list[str] | None = None) -> Observed:
    """The invented show with carts, orders and payments linked, and its cue sheet as planned."""
    from sim.replay.invent import lived

    del skus
    run = lived()
    return replace(as_planned(from_run(run), run.tape), name="invented_show")
