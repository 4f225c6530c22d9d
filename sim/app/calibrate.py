"""Calibrate: a scenario fitted to recorded shows, with its uncertainty, and how far it can be believed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.app.earlier import nights_before, nights_table
from sim.app.fit_facts import facts_of
from sim.app.frame import Out, Task, command_word, published, settled, tried
from sim.app.nouns import listed
from sim.app.progress import Listener, Tell, listener
from sim.app.recording import EXAMPLE, Recording
from sim.app.result import HERE, Result, Statement
from sim.calibrate.fit import Calibrated
from sim.calibrate.fit import calibrate as fitted
from sim.calibrate.night_prior import Quantity, after, check_nights, contradictions, settling
from sim.calibrate.night_prior import plain as plain_nights
from sim.calibrate.night_prior import quantities as by_night
from sim.calibrate.observed import Observed
from sim.calibrate.parameters import Parameter, parameters
from sim.calibrate.scenario import scenario_of, simple, unidentified, yaml_of
from sim.core.export import write_csv
from sim.report.text import calibration as words_of
from sim.report.text import night_prior as nights_of
from sim.score.profiles import PROFILES
from sim.setup.assumptions import assumption_table
from sim.setup.settings import CalibrateSettings, SettingError
from sim.setup.uncertain import KEY
from sim.words import _

if TYPE_CHECKING:
    pass

STEPS = 12
"""Steps of a calibration at least."""


def calibrate(
    recordings: Any,
    *,
    sku: str | list[str] | None = None,
    name: str | None = None,
    model: str | None = None,
    seed: int | None = None,
    zone: str | None = None,
    prior: str | Path | None = None,
    figure: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Fit a scenario to recorded shows by maximum likelihood over counts; its uncertainty travels with it.

    Parameters
    ----------
    recordings : one or several of Recording, path
        Recorded shows; the last one gives the run of show.
    sku : str or list of str
        SKUs fitted; None: all.
    name : str
        Name of the scenario; None: fitted.
    model : str
        ``poisson``, ``cue``, ``room`` (cues and a moving room), ``hawkes`` or ``both``; None or ``auto``: chosen by stretches
        left out.
    seed : int
        Key of the random streams behind the predictive bands, 0 to 1e15; None: 1.
    zone : str
        What times without a zone are in, in files that are not canonical streams yet.
    prior : path
        A scenario file of an earlier calibration: its nights come before these in what all of them say of the next.
    figure : str
        ``all`` or ``none``; None: all.
    out : path
        A scenario file ``NAME.yaml`` with its run folder NAME beside it, a run folder, ``""`` or None as in
        :func:`stockcue.rehearse`.
    progress, command
        As in :func:`stockcue.rehearse`.

    Returns
    -------
    Result
        ``.table`` has a row per parameter with its 95 % interval, unit and source; ``scenario.yaml`` in its folder, which
        :func:`stockcue.scenario` and ``uncertain=`` take. ``.nights``, of several recordings: the prior for the next night after
        one night, two, and so on, per quantity (logs: level, lift of a kind of cue, share of a tier), beside what came next.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold or a recording cannot be used.
    """
    many = list(recordings) if isinstance(recordings, list | tuple) else [recordings]
    paths = [one.path if isinstance(one, Recording) else str(one) for one in many if one not in (None, "")]
    own = [one for one in many if isinstance(one, Recording)]
    s = settled(
        CalibrateSettings, "calibrate", stream=paths, sku=sku if sku is not None or not own else own[0].given["sku"], name=name,
        model=model, seed=seed, zone=zone if zone is not None or not own else own[0].given["zone"], figure=figure,
        prior=None if prior is None else str(prior),
    )  # fmt: skip
    if not paths:
        raise SettingError(_("calibrate needs a recorded stream: stream=PATH, made by stockcue ingest, or stream=example"))
    settings = {k: v for k, v in vars(s).items() if k not in ("out", "figure")}
    settings["stream"] = paths[0] if len(paths) == 1 else paths
    folder, file = _targets(out)
    facts, told = {"settings": settings, "inputs": _inputs([*paths, *([s.prior] if s.prior else [])])}, listener(progress)
    before = nights_before(s.prior)
    task = Task("calibrate", f"calibrate-{s.name}", facts, folder, command, more={"seed": s.seed})
    try:
        steps = Steps(told)
        shows = apart([_observed(path, s, told) for path in paths])
        check_nights(shows)
        nights = after(before, by_night(shows))
        tried(task)
        fit = fitted(shows, steps, s.seed, s.model)
        estimates = parameters(fit, tell=steps)
        told.close()
        return _published(fit, estimates, s, task, file, nights, told)
    finally:
        told.close()


def _published(
    fit: Calibrated, params: Sequence[Parameter], s: CalibrateSettings, task: Task, file: Path | None, nights: Sequence[Quantity],
    told: Listener,
) -> Result:  # fmt: skip
    """Scenario file and run folder, whole or not at all."""
    unknown = unidentified(fit)
    values, notes = scenario_of(fit, s.name, list(params))
    values[KEY] = {**values[KEY], "nights": plain_nights(nights)}
    text = yaml_of(values, notes, words_of.head(fit, unknown))
    single = nights if len({q.night for q in nights}) > 1 else []
    steps = settling(single)
    of_nights = nights_of.sentences(steps, contradictions(single))

    def report(folder: Path, pictures: Sequence[str]) -> None:
        page = words_of.report(fit, params, unknown, pictures, task.repeat())
        page += nights_of.page(steps, of_nights) if steps else ""
        (folder / "report.md").write_text(page, encoding="utf-8")

    def write(folder: Path) -> Statement:
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        if steps:
            nights_table(steps, folder / "nights.csv")
        report(folder, [])
        (folder / "fit.json").write_text(json.dumps(facts_of(fit, params), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _table(params, folder / "parameters.csv")
        _bands(fit, folder / "bands.csv")
        write_csv(assumption_table(simple(values), None, [], PROFILES["balanced"]), folder / "assumptions.csv")
        shown = f"{HERE}/scenario.yaml" if file is None else str(file)
        word = "{scenario=scenario.yaml}" if file is None else command_word("scenario", file)
        last = [_("scenario: {path} (stockcue rehearse {word} uncertain=true)").format(path=shown, word=word),
                _("run folder: {folder} (report: report.md)").format(folder=HERE)]  # fmt: skip
        printed = words_of.printed(fit, params, unknown)
        if steps:
            printed += "\n\n" + nights_of.printed(steps, of_nights)

        def more(folder: Path) -> list[str]:
            if file is not None:
                _whole(file, text)
            if s.figure != "none":
                report(folder, _pictures(folder, fit))
            return last

        return Statement(
            printed,
            [*words_of.statement(fit), *of_nights],
            last,
            again=lambda: [*words_of.statement(fit), *nights_of.sentences(steps, contradictions(single))],
            more=more,
        )

    return published(task, write, told)


class Steps:
    """What a calibration is at."""

    def __init__(self, told: Listener) -> None:
        self.tell, self.done = told.stage("steps"), 0

    def __call__(self, what: str) -> None:
        self.tell(self.done, max(self.done + 1, STEPS), what)
        self.done += 1


def apart(shows: Sequence[Observed]) -> list[Observed]:
    """The same shows, each with a name of its own: the second of one name gets -2, and so on."""
    taken: list[Observed] = []
    for show in shows:
        names, name, k = {one.name for one in taken}, show.name, 1
        while name in names:
            k += 1
            name = f"{show.name}-{k}"
        taken.append(replace(show, name=name) if k > 1 else show)
    return taken


def _observed(path: str, s: CalibrateSettings, told: Listener) -> Observed:
    """A canonical stream as it is; anything else is ingested first, in memory. A folder's night is called after the folder: the
    files of every night may be called alike."""
    from sim.calibrate.streams import observe, observed_from
    from sim.replay.ingest.canon import is_stream
    from sim.replay.ingest.run import ingest
    from sim.replay.read import stream_in

    skus, shipped = listed(s.sku) or None, path == "example"
    night = Path(path).resolve().name if Path(path).is_dir() and not shipped else ""
    path = path if shipped else str(stream_in(Path(path)))
    if not shipped and Path(path).is_file() and is_stream(Path(path)):
        return observe(path, skus)
    ingested = ingest(EXAMPLE if shipped else path, zone=s.zone or None, name="invented_show" if shipped else None)
    try:
        if len(ingested.rejects):
            text = _("{name}: {n:,} rows rejected; stockcue ingest {word} tells which")
            word = command_word("files", path)
            told.note(text.format(name=ingested.head.name, n=len(ingested.rejects), word=word))
        show = observed_from(ingested.head, ingested.frame(), skus)
        return replace(show, name=night) if night else show
    finally:
        ingested.close()


def _inputs(paths: Sequence[str]) -> dict[str, str]:
    return {Path(p).name: hashlib.sha256(Path(p).read_bytes()).hexdigest() for p in paths if Path(p).is_file()}


def _targets(given: Out) -> tuple[Out, Path | None]:
    """Where the run folder goes, and the scenario file beside it where one was asked for."""
    out = Path(given).expanduser() if given else None
    if out is None or out.suffix not in (".yaml", ".yml"):
        return given, None
    if out.is_dir():
        raise SettingError(_("out={out!r} is a folder; give a file name such as fitted.yaml").format(out=str(given)))
    return out.with_suffix(""), out


def _whole(path: Path, text: str) -> None:
    """A file that is there whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def _pictures(folder: Path, fit: Calibrated) -> list[str]:
    """Draw the fit; the names of the files."""
    from sim.app.pictures import save
    from sim.report.figures.calibration import band_plot, residual_plot, responses

    drawn = {"responses.png": responses, "residuals.png": residual_plot, "bands.png": band_plot}
    names = []
    for name, draw in drawn.items():
        if (figure := draw(fit)) is not None:
            save(figure, folder / name)
            names.append(name)
    return names


def _table(params: Sequence[Parameter], path: Path) -> None:
    import pandas as pd

    rows = [{"setting": ".".join(p.at), "value": p.value, "low": p.low, "high": p.high, "unit": p.unit, "default": p.default,
             "source": p.source} for p in params]  # fmt: skip
    write_csv(pd.DataFrame(rows), path)


def _bands(fit: Calibrated, path: Path) -> None:
    """Counts of the last show by window, inside what the fitted model expects of such a show."""
    import pandas as pd

    last = len(fit.shows) - 1
    rows = [
        {"window_s": b.window_s, "start_s": start, "seen": seen, "low": low, "middle": middle, "high": high}
        for b in fit.bands if b.show == last
        for start, seen, low, middle, high in zip(b.start_s, b.seen, b.low, b.middle, b.high, strict=True)
    ]  # fmt: skip
    write_csv(pd.DataFrame(rows, columns=["window_s", "start_s", "seen", "low", "middle", "high"]), path)
