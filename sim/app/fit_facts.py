"""Everything a calibration found, as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sim.calibrate.fit import Calibrated
from sim.calibrate.natural import natural_of
from sim.calibrate.parameters import Parameter
from sim.calibrate.scenario import unidentified
from sim.report.text import calibration as words_of


def facts_of(fit: Calibrated, params: Sequence[Parameter]) -> dict[str, Any]:
    """Everything found, as plain data."""
    tried = [t._asdict() for t in fit.choice.tried]
    delays = {tag: None if d is None else {"law": d.law, "never": d.never, "median_s": d.median_s, "sigma": d.sigma,
                                           "seen": d.seen,
                                           "of": d.of, "gain_over_other_law": d.gain, "beyond_follow_up": d.beyond}
              for tag, d in (("cart_to_order", fit.converting), ("order_to_payment", fit.paying))}  # fmt: skip
    plain = {
        "streams": [{"name": s.name, "span_s": s.span_s, "orders": s.orders.total(), "bin_s": s.bin_s} for s in fit.shows],
        "step_s": fit.grid.step_s,
        "parameters": [{"setting": ".".join(p.at), "value": p.value, "low": p.low, "high": p.high, "default": p.default,
                        "source": p.source} for p in params],
        "model": {"chosen": fit.choice.chosen, "tried": tried, "blocks": fit.choice.blocks, "words": fit.choice.words},
        "viewers_exponent": fit.course.exponent, "left_out": fit.course.dropped, "widened": fit.widen, "level_sd": fit.level_sd,
        "delays": delays, "spread": _spread(fit), "slips": None if fit.slips is None else fit.slips._asdict(),
        "responses": {str(k): v._asdict() for k, v in fit.lengths.items()},
        "residuals": {"ks": fit.residuals.distance, "p": fit.residuals.p, "gaps": len(fit.residuals.gaps)},
        "dispersion": [d._asdict() for d in fit.dispersions],
        "extra_dispersion": None if fit.mixed is None else fit.mixed._asdict(),
        "bands": words_of.covered(fit), "busiest_minute": [b._asdict() for b in fit.busiest],
        "not_identified": unidentified(fit),
    }  # fmt: skip
    return _finite(plain)


def _spread(fit: Calibrated) -> dict[str, Any]:
    """What varies by nature: fitted with intervals, set by the record, kept at the default and why."""
    n = natural_of(fit)
    return {"fitted": {k: e._asdict() for k, e in n.fitted.items()}, "kept": n.kept,
            "set": {k: {"value": v, "why": why} for k, (v, why) in n.set.items()}}  # fmt: skip


def _finite(value: Any) -> Any:
    """Plain data without the numbers JSON has no word for."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
