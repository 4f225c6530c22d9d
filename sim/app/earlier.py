"""Single nights of earlier calibrations, from the file that carries them, and the table of what nights say of the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.calibrate.night_prior import NightForecast, Quantity
from sim.calibrate.night_prior import from_plain as earlier_nights
from sim.core.export import write_csv
from sim.setup.settings import SettingError
from sim.setup.uncertain import KEY
from sim.words import _


def nights_before(path: str) -> list[Quantity]:
    """Single nights of an earlier calibration."""
    if not path:
        return []
    from scenarios.plain_yaml import plain_yaml

    if not Path(path).is_file():
        raise SettingError(_("prior={path} is not a file; name a scenario file that stockcue calibrate wrote").format(path=path))
    tree = plain_yaml(Path(path).read_text(encoding="utf-8"), f"prior={path}", SettingError)
    group = tree.get(KEY) if isinstance(tree, dict) else None
    return earlier_nights(group.get("nights") if isinstance(group, dict) else None, path)


def nights_table(steps: Sequence[NightForecast], path: Path) -> None:
    """What nights said of the next, a row a quantity and night."""
    import pandas as pd

    rows = []
    for step in steps:
        (low, high), (sure_low, sure_high) = step.prior.band(), step.prior.known()
        rows.append({"quantity": step.quantity, "nights": step.prior.nights, "log_mean": step.prior.mean, "prior_low": low,
                     "prior_high": high, "known_low": sure_low, "known_high": sure_high, "between_sd": step.prior.between,
                     "next": step.next, "next_log": step.value, "inside": step.inside, "log_score": step.score})  # fmt: skip
    write_csv(pd.DataFrame(rows), path)
