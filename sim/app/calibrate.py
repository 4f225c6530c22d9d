"""From a calibration's configuration to its scenario file, report, pictures and run folder."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sim.replay
from sim.app.progress import Progress
from sim.calibrate.fit import Calibrated, calibrate
from sim.calibrate.observed import Observed
from sim.calibrate.parameters import Parameter, parameters
from sim.calibrate.scenario import scenario_of, unidentified, yaml_of
from sim.jobs.folder import config_hash, run_folder, write_manifest
from sim.report.text import calibration as words_of
from sim.setup.settings import Calibrate, SettingError, settle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLE = "example"
SHIPPED = Path(sim.replay.__file__).parent / "data"


def calibrate_and_report(config: Mapping[str, Any], words: Sequence[str]) -> Path:
    """Fit, print parameters and findings, and leave scenario file and run folder, whole or not at all."""
    s = settle(Calibrate, config, "calibrate")
    paths = _paths(s)
    facts = {"settings": {k: v for k, v in vars(s).items() if k not in ("out", "figure")}, "inputs": _inputs(paths)}
    final, file = _targets(s, config_hash(facts))
    steps = Steps()
    try:
        shows = [_observed(p, s) for p in paths]
        made = calibrate(shows, steps, s.seed, s.model)
        found = parameters(made, tell=steps)
    finally:
        steps.close()
    values, notes = scenario_of(made, s.name, found)
    text = yaml_of(values, notes, words_of.head(made, unidentified(made)))
    pictures = _pictures(made) if s.figure != "none" else {}
    with run_folder(final, "calibrate") as folder:
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        (folder / "report.md").write_text(
            words_of.report(made, found, unidentified(made), list(pictures), words), encoding="utf-8"
        )
        (folder / "fit.json").write_text(json.dumps(facts_of(made, found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _table(found, folder / "parameters.csv")
        for name, figure in pictures.items():
            from sim.app.pictures import save

            save(figure, folder / name)
        told = {"command": ["stockcue", "calibrate", *words], "config": facts, "config_hash": config_hash(facts), "seed": s.seed}
        write_manifest(folder, told)
    if file is not None:
        _whole(file, text)
    shown = file or final / "scenario.yaml"
    print(words_of.printed(made, found, unidentified(made)), flush=True)
    print(f"\nscenario: {shown} (stockcue rehearse scenario={shown} uncertain=true)")
    print(f"run folder: {final} (report: report.md)", flush=True)
    return final


class Steps:
    """Progress of a calibration: what it is at, on stderr."""

    def __init__(self) -> None:
        self.progress, self.done = Progress("steps"), 0

    def __call__(self, what: str) -> None:
        self.progress(self.done, max(self.done + 1, 12), what)
        self.done += 1

    def close(self) -> None:
        """Leave the line."""
        self.progress.close()


def _paths(s: Calibrate) -> list[str]:
    given = s.stream if isinstance(s.stream, list) else [] if s.stream in (None, "") else [s.stream]
    if not given:
        raise SettingError("calibrate needs a recorded stream: stream=PATH, made by stockcue ingest, or stream=example")
    return [str(p) for p in given]


def _names(sku: Any) -> list[str] | None:
    return None if sku is None else [str(k) for k in sku] if isinstance(sku, list) else [str(sku)]


def _observed(path: str, s: Calibrate) -> Observed:
    """A canonical stream as it is; anything else is ingested first, in memory."""
    from sim.calibrate.streams import observe, observed_from
    from sim.replay.ingest.canon import is_stream
    from sim.replay.ingest.run import ingest

    if path != EXAMPLE and Path(path).is_file() and is_stream(Path(path)):
        return observe(path, _names(s.sku))
    shipped = path == EXAMPLE
    made = ingest(SHIPPED if shipped else path, zone=s.zone or None, name="invented_show" if shipped else None)
    try:
        if len(made.rejects):
            print(
                f"{made.head.name}: {len(made.rejects):,} rows rejected; stockcue ingest files={path} tells which",
                file=sys.stderr,
            )
        return observed_from(made.head, made.frame(), _names(s.sku))
    finally:
        made.close()


def _inputs(paths: Sequence[str]) -> dict[str, str]:
    return {Path(p).name: hashlib.sha256(Path(p).read_bytes()).hexdigest() for p in paths if Path(p).is_file()}


def _targets(s: Calibrate, digest: str) -> tuple[Path, Path | None]:
    """The run folder, and the scenario file beside it where one was asked for."""
    if not s.out:
        return Path(f"runs/calibrate-{s.name}-{digest}"), None
    out = Path(s.out).expanduser()
    if out.suffix not in (".yaml", ".yml"):
        return out, None
    if out.is_dir():
        raise SettingError(f"out={s.out!r} is a folder; give a file name such as fitted.yaml")
    return out.with_suffix(""), out


def _whole(path: Path, text: str) -> None:
    """A file that is there whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def _pictures(made: Calibrated) -> dict[str, Figure]:
    from sim.report.figures.calibration import band_plot, residual_plot, responses

    drawn = {"responses.png": responses(made), "residuals.png": residual_plot(made), "bands.png": band_plot(made)}
    return {name: figure for name, figure in drawn.items() if figure is not None}


def _table(found: Sequence[Parameter], path: Path) -> None:
    import pandas as pd

    rows = [{"setting": ".".join(p.at), "value": p.value, "low": p.low, "high": p.high, "unit": p.unit, "default": p.default,
             "source": p.source} for p in found]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)


def facts_of(made: Calibrated, found: Sequence[Parameter]) -> dict[str, Any]:
    """Everything found, as plain data."""
    tried = [t._asdict() for t in made.choice.tried]
    delays = {tag: None if d is None else {"law": d.law, "never": d.never, "median_s": d.median_s, "sigma": d.sigma,
                                           "seen": d.seen,
                                           "of": d.of, "gain_over_other_law": d.gain, "beyond_follow_up": d.beyond}
              for tag, d in (("cart_to_order", made.converting), ("order_to_payment", made.paying))}  # fmt: skip
    plain = {
        "streams": [{"name": s.name, "span_s": s.span_s, "orders": s.orders.total(), "bin_s": s.bin_s} for s in made.shows],
        "step_s": made.grid.step_s,
        "parameters": [{"setting": ".".join(p.at), "value": p.value, "low": p.low, "high": p.high, "default": p.default,
                        "source": p.source} for p in found],
        "model": {"chosen": made.choice.chosen, "tried": tried, "blocks": made.choice.blocks, "words": made.choice.words},
        "viewers_exponent": made.exponent, "left_out": made.dropped, "widened": made.widen, "level_sd": made.level_sd,
        "delays": delays, "slips": None if made.slips is None else made.slips._asdict(),
        "responses": {str(k): v._asdict() for k, v in made.lengths.items()},
        "residuals": {"ks": made.residuals.distance, "p": made.residuals.p, "gaps": len(made.residuals.gaps)},
        "dispersion": [d._asdict() for d in made.dispersions],
        "extra_dispersion": None if made.mixed is None else made.mixed._asdict(),
        "bands": words_of.covered(made), "busiest_minute": [b._asdict() for b in made.busiest],
        "not_identified": unidentified(made),
    }  # fmt: skip
    return _finite(plain)


def _finite(value: Any) -> Any:
    """Plain data without the numbers JSON has no word for."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
