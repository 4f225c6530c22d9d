"""The fitted scenario as plain data and as a file that rehearse, sweep and tune load.

Only what the record says is written; everything else keeps StockCue's default, and the file says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from scenarios.contract import Audience, Push, Scenario
from scenarios.kernels import KERNELS
from scenarios.registry import from_plain
from scenarios.setting import ScenarioError
from sim.calibrate.fit import Calibrated
from sim.calibrate.grid import VIEWERS, covariates
from sim.calibrate.intensity import RATIO
from sim.calibrate.natural import natural_of
from sim.calibrate.observed import CalibrationError, Observed, kind_name, must_be_short
from sim.calibrate.parameters import Parameter, parameters, room, settings, uncertainty_of
from sim.demand.audience import grown, pull
from sim.setup.uncertain import KEY, plain
from sim.words import _, counted

Note = dict[tuple[str, ...], str]
MOST_PUSHES = 480
SLOT_S = 600.0


def scenario_of(
    fit: Calibrated, name: str, params: list[Parameter] | None = None, show: Observed | None = None
) -> tuple[dict[str, Any], Note]:
    """The scenario as plain data, and a comment for each fitted place. Run of show 排品表 and viewers are those of ``show``,
    which need not be one it was fitted to; none: of the last stream."""
    params = parameters(fit, profiles=False) if params is None else params
    show = fit.shows[-1] if show is None else show
    must_be_short(show)
    at = {p.at: p for p in params}
    values, notes = _skus(fit, show, at)
    whole: dict[str, Any] = {
        "name": name,
        "lesson": counted("fitted from {n} recorded stream", "fitted from {n} recorded streams", len(fit.shows))
        + ": "
        + ", ".join(s.name for s in fit.shows),
        "duration_s": round(float(show.span_s), 3),
        "skus": values,
        "cues": _cues(fit, show, at, list(values)),
    }
    for group in ("shoppers", "herding", "host"):
        own = {p.at[1]: p for p in params if p.at[0] == group}
        if own:
            whole[group] = {key: _short(p.value) for key, p in own.items()}
            notes |= {(group, key): note(p) for key, p in own.items()}
    if fit.model.spec.herding:
        whole["herding"] = {"on": True, **whole["herding"]}
    if fit.paying is not None:
        whole["shoppers"]["pay_law"] = fit.paying.law
    natural = natural_of(fit)
    fitted = [p for p in params if p.at[0] == "spread"]
    whole["spread"] = {p.at[1]: _short(p.value) for p in fitted} | {n: v for n, (v, _why) in natural.set.items()}
    notes |= {p.at: note(p) for p in fitted} | {("spread", n): why for n, (_value, why) in natural.set.items()}
    whole["audience"] = _audience(fit, show, notes)
    whole[KEY] = plain(uncertainty_of(fit, show))
    try:
        from_plain({k: v for k, v in whole.items() if k != KEY})
    except ScenarioError as error:
        raise CalibrationError(
            _(
                "what fits {names} best is no show that can be played ({error}); check times, quantities and viewers of the "
                "recordings, or give fewer of them or a simpler model="
            ).format(names=", ".join(s.name for s in fit.shows), error=re.split("[;；]", str(error))[0])
        ) from None
    return whole, notes


def note(p: Parameter) -> str:
    """The comment behind a fitted setting."""
    return _("[{low:.4g}, {high:.4g}] 95 %, instead of {default:g}; {source}").format(
        low=p.low, high=p.high, default=p.default, source=p.source
    )


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _skus(fit: Calibrated, show: Observed, at: Mapping[tuple[str, ...], Parameter]) -> tuple[dict[str, Any], Note]:
    values: dict[str, Any] = {}
    notes: Note = {}
    sold = np.bincount(show.orders.sku, show.orders.units, len(show.skus))
    declared = dict(zip(show.skus, show.stock, strict=False))
    for sku in dict.fromkeys(r.sku for r in fit.grid.rows):
        units = declared.get(sku, -1)
        if units < 0:
            own = [k for k, name in enumerate(show.skus) if name == sku]
            units = max(1, math.ceil(float(sold[own].sum()) if own else 1.0))
            notes["skus", sku, "stock"] = _("not in the record: the units sold in the last stream stand in; set your own")
        values[sku] = {"stock": int(units)}
        for key in ("popularity", "appeal"):
            if ("skus", sku, key) in at:
                p = at["skus", sku, key]
                values[sku][key] = _short(p.value)
                notes["skus", sku, key] = f"[{p.low:.4g}, {p.high:.4g}] 95 %"
    return values, notes


def _cues(fit: Calibrated, show: Observed, at: Mapping[tuple[str, ...], Parameter], skus: list[str]) -> dict[str, Any]:
    """The run of show with each cue's fitted response; a kind without a response in the chosen model has peak 0."""
    lead = fit.slips.lead_s.value if fit.slips is not None and fit.slips.real else 0.0
    rows: dict[str, Any] = {}
    for row in np.sort(show.cues, order="at_s"):
        sku, kind = show.skus[row["sku"]], int(row["kind"])
        when = float(row["at_s"]) + lead
        if sku not in skus or not 0 <= when < show.span_s:
            continue
        cue: dict[str, Any] = {"at_s": round(when, 3), "sku": sku, "kind": kind_name(kind)}
        if kind not in fit.model.spec.kinds:
            cue["peak"] = 0.0
        else:
            peak = at.get(("cues", kind_name(kind), "peak"))
            cue["peak"] = _short(peak.value) if peak else KERNELS[kind_name(kind)].peak
            cue["tau_s"] = _short(at["cues", kind_name(kind), "tau_s"].value)
            length = min(fit.lengths[kind].value, max(float(row["length_s"]), 0.1))
            if length != KERNELS[kind_name(kind)].duration_s:
                cue["duration_s"] = round(length, 3)
        rows[f"c{len(rows) + 1:02d}"] = cue
    return rows


def course(fit: Calibrated, show: Observed) -> tuple[np.ndarray, np.ndarray]:
    """Slot starts [s] and the room's demand in them, relative to an ordinary moment: viewers to their exponent, course over
    the show, time of day; without the viewers whom the cues themselves draw in."""
    step, columns = fit.grid.step_s, fit.grid.columns
    x = covariates(show, fit.grid)
    log = np.zeros(len(x))
    for name in fit.model.spec.columns:
        log += fit.fit.value(f"x:{name}") * x[:, columns.index(name)]
    log -= np.log(_drawn_in(fit, show, (np.arange(len(log)) + 0.5) * step))
    slot = max(SLOT_S, show.span_s / MOST_PUSHES, step)
    starts = np.arange(0.0, show.span_s - slot / 2, slot) if show.span_s > slot else np.array([0.0])
    which = np.minimum((np.arange(len(log)) * step / slot).astype(int), len(starts) - 1)
    return starts, np.bincount(which, np.exp(log), len(starts)) / np.bincount(which, minlength=len(starts))


def _drawn_in(fit: Calibrated, show: Observed, t: np.ndarray) -> np.ndarray:
    """How many times as large the scenario's own cues make the room: its pushes must not bring those viewers a second time."""
    plain, pushes = Audience(), []
    for cue in show.cues:
        kernel = KERNELS[kind_name(int(cue["kind"]))]
        length = fit.lengths[int(cue["kind"])].value if int(cue["kind"]) in fit.lengths else kernel.duration_s
        if kernel.viewer_lift > 1:
            pushes.append(pull(float(cue["at_s"]), kernel.viewer_lift, length, plain.mean_stay_s()))
    return grown(tuple(pushes), show.span_s, t, plain)


def _audience(fit: Calibrated, show: Observed, notes: Note) -> dict[str, Any]:
    """A steady room at the course's lowest level, and a push for each slot above it."""
    starts, level = course(fit, show)
    level = np.maximum(level, level.max() / 1000)  # a night without anybody: a push has to start from someone
    least = float(level.min())
    slot = float(starts[1] - starts[0]) if len(starts) > 1 else show.span_s
    arrivals = room(fit) * least / Audience().mean_stay_s() * 60
    pushes = [
        Push(float(t), float(v / least - 1), max(1.0, slot)) for t, v in zip(starts, level, strict=True) if v > 1.03 * least
    ]
    seen = math.isfinite(fit.grid.room)
    words = (
        _("viewers to the power {value:.2f}").format(value=fit.fit.value("x:viewers"))
        if VIEWERS in fit.model.spec.columns
        else _("viewers")
    )
    notes["audience", "arrivals_per_min"] = (
        _("a room of {room:,.0f} at an ordinary moment; pushes follow the fitted course of demand ({words})").format(
            room=room(fit), words=words
        )
        if seen
        else _("viewers of some nights are not known: the default room, with rates that give the orders seen")
        if _watched(fit)
        else _("the record has no viewers: the default room, with rates that give the orders seen")
    )
    made_of: dict[str, Any] = {"arrivals_per_min": _short(arrivals)}
    if pushes:
        made_of["pushes"] = {f"p{k:02d}": {"at_s": round(p.at_s, 3), "lift": _short(p.lift), "duration_s": round(p.duration_s, 3)}
                             for k, p in enumerate(pushes, 1)}  # fmt: skip
    return made_of


def _watched(fit: Calibrated) -> int:
    """Nights of which viewers are recorded."""
    return sum(show.viewers is not None for show in fit.shows)


def unidentified(fit: Calibrated) -> list[str]:
    """What the record does not say, one sentence each: it keeps its default."""
    texts = []
    have = settings(fit, dict(zip(fit.fit.names, fit.fit.at.tolist(), strict=True)) | {"level": 0.0})
    if not math.isfinite(fit.grid.room):
        texts.append(
            _(
                "Viewers are recorded on {nights} of {of} nights only, and those are not used: the default room stands in, and "
                "only its product with the rates is fitted."
            ).format(nights=_watched(fit), of=len(fit.shows))
            if _watched(fit)
            else _("Viewers are not recorded: the default room stands in, and only its product with the rates is fitted.")
        )
    if RATIO not in fit.model.place:
        texts.append(
            _("Carts are not recorded: direct_share, cart_conversion, cart_median_s and cart_sigma keep their defaults.")
        )
    elif fit.converting is None and ("shoppers", "cart_conversion") not in have:
        texts.append(
            _("Too few carts are seen to become orders: cart_conversion, cart_median_s and cart_sigma keep their defaults.")
        )
    elif fit.converting is None:
        texts.append(
            _(
                "Carts and orders are not linked one to one: cart_sigma keeps its default; conversion and median "
                "delay come from how orders follow carts in bulk."
            )
        )
    if fit.paying is None:
        texts.append(_("Payments are not recorded order by order: never_pay, pay_median_s and pay_sigma keep their defaults."))
    elif fit.paying.seen == fit.paying.of:
        texts.append(_("The record holds paid orders only: never_pay keeps its default."))
    elif not fit.paying.apart:
        texts.append(_("Follow-up is too short to tell late payers from those who never pay: never_pay keeps its default."))
    if fit.amounts is None:
        texts.append(_("Units per order are not recorded: single_share keeps its default."))
    if not fit.model.spec.herding:
        texts.append(_("Herding 从众 is off: self-excitation added nothing beyond chance."))
    if not fit.model.spec.kinds:
        none = not any(len(s.cues) for s in fit.shows)
        texts.append(
            _("No response to cues is fitted: the record has no cues.")
            if none
            else _("No response to cues is fitted: the cue sheet added nothing beyond chance; the cues in the file have peak 0.")
        )
    natural = natural_of(fit)
    for why in dict.fromkeys(natural.kept.values()):
        told = _("How far shows vary by nature, default kept for {names}: {why}.")
        texts.append(told.format(names=", ".join(n for n, w in natural.kept.items() if w == why), why=why))
    texts.append(
        _(
            "Not fitted from a stream: the stay of viewers, retries of refused shoppers, feed, staff, leaks and "
            "ledger keep their defaults."
        )
    )
    return texts


def yaml_of(values: Mapping[str, Any], notes: Note, head: list[str]) -> str:
    """A scenario file: plain YAML, every line by the YAML library, with the source of each fitted setting behind it."""
    lines = [f"# {line}" for line in head]
    _write(lines, values, notes, ())
    return "\n".join(lines) + "\n"


def _write(lines: list[str], values: Mapping[str, Any], notes: Note, path: tuple[str, ...]) -> None:
    pad = "  " * len(path)
    for key, value in values.items():
        here = (*path, str(key))
        if here == (KEY,):
            lines.append(_("# uncertain=true draws these anew for each show, jointly: mean + root @ standard normal numbers"))
        if isinstance(value, Mapping) and any(n[: len(here)] == here for n in notes):
            lines.append(f"{pad}{_yaml(key, None).removesuffix(' null')}")
            _write(lines, value, notes, here)
        else:
            more = f"  # {notes[here]}" if here in notes else ""
            lines += [f"{pad}{line}" for line in f"{_yaml(key, value)}{more}".split("\n")]


def _yaml(key: str, value: Any) -> str:
    """A setting as the YAML library writes it: innermost groups on one line, words that YAML takes for others in quotes."""
    import yaml

    flow = None if isinstance(value, Mapping | list) and value else False
    return yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=flow).rstrip("\n")


def simple(values: Mapping[str, Any]) -> Scenario:
    """The scenario without its uncertainty."""
    return from_plain({k: v for k, v in values.items() if k != KEY})
