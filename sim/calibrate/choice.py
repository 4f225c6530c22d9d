"""Which model the record supports: Poisson, cues, a moving room, self-excitation or both, by the likelihood of stretches left
out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.calibrate.grid import Grid, default_kernel, kernel_kinds
from sim.calibrate.intensity import MEAN, Model, N, Spec, without
from sim.calibrate.likelihood import Fit, loglik_cells, maximise
from sim.calibrate.moving import Moving, moving_room
from sim.calibrate.observed import CalibrationError
from sim.calibrate.room import Rooms
from sim.words import _

FOLDS = 5
ENOUGH_BLOCKS = 10
BLOCKS = 40
ROOM = "room"
Tell = Callable[[str], None]


class TriedModel(NamedTuple):
    """One model: parameters, log-likelihood on all the data, held-out log-likelihood, and held-out difference to the best model
    with its standard error over blocks."""

    name: str
    parameters: int
    loglik: float
    held_out: float
    behind: float
    error: float


class Choice(NamedTuple):
    """``chosen``: the simplest model within one standard error of the best. ``fits``: full fits by name. ``moving``: the room's,
    where it was fitted. ``tried``: the table. ``blocks``: stretches scored. ``apart``: whether cues and self-excitation can be
    told apart. ``words``: that in sentences."""

    chosen: str
    fits: dict[str, Fit]
    tried: tuple[TriedModel, ...]
    blocks: int
    apart: bool | None
    words: tuple[str, ...]
    moving: Moving | None = None


def blocks_of(grid: Grid, durations: dict[int, float] | None = None, least_s: float = 60.0) -> list[np.ndarray]:
    """Per show, the number of the block each bin lies in; numbered through all shows, about equally long, and such that a
    cue's response is never cut in two: half a response would tell a fit what the other half is."""
    spans = {r.show: len(r.y) for r in grid.rows}
    total = sum(spans.values())
    size = max(math.ceil(total / max(BLOCKS, 2 * len(spans))), math.ceil(least_s / grid.step_s), 1)
    numbered, first = [], 0
    for show in range(max(spans) + 1):
        bins = spans.get(show, 0)
        blocks = np.arange(bins) * max(1, round(bins / size)) // max(bins, 1)
        for a, b in sorted(_responses(grid, show, durations or {}, bins)):
            blocks[a:b] = blocks[a]
        numbered.append(first + blocks)
        first = int(numbered[-1].max(initial=first - 1)) + 1
    return numbered


def _responses(grid: Grid, show: int, durations: dict[int, float], bins: int, kind: int | None = None,
               sku: str | None = None) -> list[tuple[int, int]]:  # fmt: skip
    """Bins over which the cues of a show act."""
    kinds = set()
    for row in (r for r in grid.rows if r.show == show and r.what == "orders" and sku in (None, r.sku)):
        for k, at in row.cues.items():
            span = durations.get(k, default_kernel(k)[3])
            if kind in (None, k):
                kinds |= {(max(int(t // grid.step_s), 0), min(int((t + span) // grid.step_s) + 1, bins)) for t in at.tolist()}
    return [(a, b) for a, b in kinds if a < b]


def folds_of(blocks: list[np.ndarray]) -> list[np.ndarray]:
    """Per show, the fold of each bin: whole shows where there are five or more, else blocks in turn."""
    if len(blocks) >= FOLDS:
        return [np.full(len(b), k % FOLDS) for k, b in enumerate(blocks)]
    return [b % FOLDS for b in blocks]


def specs_of(full: Spec) -> dict[str, Spec]:
    """The models that differ from one another in cues and herding alone."""
    specs = {"poisson": without(full, kinds=(), herding=False, appeals=False, early=False)}
    if full.kinds:
        specs["cue"] = without(full, herding=False)
    specs[ROOM] = without(full, herding=False)
    specs["hawkes"] = without(full, kinds=(), herding=True, appeals=False, early=False)
    if full.kinds:
        specs["both"] = without(full, herding=True)
    return specs


def scorable(grid: Grid, folds: list[np.ndarray]) -> list[np.ndarray]:
    """Per row, the bins whose fold can be predicted from the others: a response to a kind of cue that was only ever seen in
    its own fold cannot, under any model. A bin is left out for all rows of its show, which share a room."""
    masks = [row.used.copy() for row in grid.rows]
    for kind in kernel_kinds(grid):
        spans = [(row, span) for row in grid.rows if row.what == "orders"
                 for span in _responses(grid, row.show, {}, len(row.y), kind, row.sku) if kind in row.cues]  # fmt: skip
        where = {int(folds[row.show][a]) for row, (a, _) in spans}
        if len(where) == 1:
            for row, (a, b) in spans:
                for k, other in enumerate(grid.rows):
                    if other.show == row.show:
                        masks[k][a:b] = False
    return masks


def left_out(spec: Spec, grid: Grid, full: Fit, folds: list[np.ndarray]) -> list[Fit]:
    """The fits with every fold left out in turn."""
    model, last = Model(spec, grid), int(max(f.max() for f in folds))
    return [maximise(model, full.at, full.r, [folds[r.show] != fold for r in grid.rows], rounds=40) for fold in range(last + 1)]


def held_out(fits: list[Fit], grid: Grid, blocks: list[np.ndarray], folds: list[np.ndarray]) -> np.ndarray:
    """Log-likelihood per block under the fit without its fold; what came before it is known, as it would be."""
    score_in = scorable(grid, folds)
    scores = np.zeros(int(max(b.max() for b in blocks)) + 1)
    for fold, fit in enumerate(fits):
        model = Model(fit.spec, grid)
        for row, allowed in zip(grid.rows, score_in, strict=True):
            use = allowed & (folds[row.show] == fold)
            cells = loglik_cells(row.y, model.rate(row, fit.at), fit.r)
            scores += np.bincount(blocks[row.show][use], cells[use], len(scores))
    return scores


def held_out_room(
    fits: list[Fit], grid: Grid, full: Moving, blocks: list[np.ndarray], folds: list[np.ndarray]
) -> np.ndarray:  # fmt: skip
    """The same for a moving room, whose scales are those of the whole record; every bin given all that came before it. ``fits``:
    without a mood, from which covariates have their exponents."""
    rooms, allowed = Rooms(Model(full.settled.fit.spec, grid)), scorable(grid, folds)
    scores, s = np.zeros(int(max(b.max() for b in blocks)) + 1), full.settled
    for fold, still in enumerate(fits):
        start = np.where(rooms.slow, still.at, s.fit.at)
        fit = rooms.settle(s.hyper, start, s.z, [folds[r.show] != fold for r in grid.rows]).fit
        for show in [k for k in rooms.shows if (folds[k] == fold).any()]:
            use = (folds[show] == fold) & np.any([a for r, a in zip(grid.rows, allowed, strict=True) if r.show == show], axis=0)
            cells = rooms.ahead(fit.at, s.hyper, show)
            scores += np.bincount(blocks[show][use], cells[use], len(scores))
    return scores


def choose(full: Spec, grid: Grid, tell: Tell | None = None) -> Choice:
    """Fit the models and compare them on what they were not fitted to."""
    blocks = blocks_of(grid)
    folds = folds_of(blocks)
    specs, scores = specs_of(full), dict[str, np.ndarray]()
    fits, others = dict[str, Fit](), list[Fit]()
    moving: Moving | None = None
    for name, spec in specs.items():
        if tell:
            tell(_("fitting {model}").format(model=name))
        if name == ROOM:
            # The model before it is this one in a room that stands still.
            still = fits["cue" if full.kinds else "poisson"]
            moving = moving_room(Model(spec, grid), still.at)
            fits[name] = moving.settled.fit
            scores[name] = held_out_room(others, grid, moving, blocks, folds)
        else:
            fits[name] = maximise(Model(spec, grid))
            others = left_out(spec, grid, fits[name], folds)
            scores[name] = held_out(others, grid, blocks, folds)
    used = np.flatnonzero(np.any(list(scores.values()), axis=0))
    best = max(scores, key=lambda name: scores[name].sum())
    tried = []
    for name in specs:
        behind = (scores[best] - scores[name])[used]
        error = math.sqrt(len(used)) * float(behind.std(ddof=1)) if len(used) > 1 else math.nan
        more = len(moving.spread) if name == ROOM and moving else 0
        tried.append(
            TriedModel(
                name, len(fits[name].free) + more, fits[name].loglik, float(scores[name].sum()), float(behind.sum()), error
            )
        )
    chosen = next(t.name for t in tried if t.behind <= max(t.error, 0.0) or t.name == best)
    apart, words = _told_apart(scores, used, fits)
    return Choice(chosen, fits, tuple(tried), len(used), apart, (*words, *_room_words(scores, used)), moving)


def given(name: str, full: Spec, grid: Grid) -> Choice:
    """No choice: the model named, fitted."""
    specs = specs_of(full)
    if name not in specs:
        raise CalibrationError(
            _("model={name} needs a cue sheet, and the record has no cues; choose among {specs}").format(
                name=name, specs=", ".join(specs)
            )
        )
    fit = maximise(Model(specs[name], grid))
    moving = moving_room(Model(specs[name], grid), fit.at) if name == ROOM else None
    fit = fit if moving is None else moving.settled.fit
    tried = TriedModel(name, len(fit.free), fit.loglik, math.nan, math.nan, math.nan)
    words = _(
        "The model was given (model=), not chosen; whether cue pulses and self-excitation can be told apart was not looked at."
    )
    return Choice(name, {name: fit}, (tried,), 0, None, (words,), moving)


def _room_words(scores: dict[str, np.ndarray], used: np.ndarray) -> tuple[str, ...]:
    """What a moving room is worth beside self-excitation."""
    other = max((n for n in scores if n != ROOM), key=lambda n: scores[n].sum())
    gain = (scores[ROOM] - scores[other])[used]
    told = _("Held-out log-likelihood of a moving room over the best model without one ({other}): {gain:+.1f} ± {error:.1f}.")
    error = math.sqrt(len(used)) * float(gain.std(ddof=1)) if len(used) > 1 else math.nan
    return (told.format(other=other, gain=float(gain.sum()), error=error),)


def _told_apart(scores: dict[str, np.ndarray], used: np.ndarray, fits: dict[str, Fit]) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the record can tell cue pulses from self-excitation, and why."""
    if "both" not in scores:
        n = fits["hawkes"].value(N)
        return None, (
            _(
                "The record has no cue sheet, so cue pulses 脉冲 and self-excitation (herding 从众) cannot be told "
                "apart: a branching of {n:.2f} says that orders come in clusters, not why."
            ).format(n=n),
        )
    words = []
    over = {}
    for name in ("cue", "hawkes"):
        gain = (scores["both"] - scores[name])[used]
        over[name] = (float(gain.sum()), math.sqrt(len(used)) * float(gain.std(ddof=1)))
    needs_herd, needs_cues = (over[name][0] > 2 * over[name][1] for name in ("cue", "hawkes"))
    alone, joint = fits["hawkes"].value(N), fits["both"].value(N)
    sentence = _(
        "Held-out log-likelihood of both over cues alone: {cue:+.1f} ± {cue_error:.1f}; over self-excitation alone: "
        "{hawkes:+.1f} ± {hawkes_error:.1f} (standard errors over {n} blocks)."
    ).format(cue=over["cue"][0], cue_error=over["cue"][1], hawkes=over["hawkes"][0], hawkes_error=over["hawkes"][1], n=len(used))
    words.append(sentence)
    ridge = _ridge(fits["both"])
    if needs_herd and needs_cues:
        words.append(
            _("Cue pulses 脉冲 and self-excitation (herding 从众) are told apart: each explains orders the other cannot.")
        )
    elif not needs_herd and not needs_cues:
        words.append(
            _(
                "Cue pulses 脉冲 and self-excitation (herding 从众) CANNOT be told apart on this record: leaving out "
                "either costs nothing beyond chance. Longer records, or cues at other times, would be needed."
            )
        )
    elif needs_cues:
        words.append(_("The cues 讲解/上链接 explain the clusters; self-excitation adds nothing beyond chance."))
    else:
        words.append(
            _(
                "Self-excitation explains the clusters; the cue sheet adds nothing beyond chance. Clusters that no "
                "listed cue explains look the same as unlisted cues, so this is no proof that shoppers follow one "
                "another."
            )
        )
    if alone - joint > 0.1:
        words.append(
            _(
                "Without the cue sheet the branching would have been taken for {alone:.2f} instead of {joint:.2f}: "
                "cue pulses pass for herding where cues are not recorded."
            ).format(alone=alone, joint=joint)
        )
    if ridge > 0.8:
        words.append(
            _(
                "The likelihood has a ridge: branching and a cue response are correlated at {ridge:.2f}, one can "
                "stand in for the other; read their intervals together."
            ).format(ridge=ridge)
        )
    if len(used) < ENOUGH_BLOCKS:
        words.append(_("Only {n} stretches could be left out in turn; the choice is weak.").format(n=len(used)))
    return needs_herd and needs_cues if (needs_herd or needs_cues) else False, tuple(words)


def _ridge(fit: Fit) -> float:
    """Largest correlation, in size, of branching or its delay with a cue's size or time scale."""
    names = [n for n in fit.free if n.startswith(("cue:", "tau:"))]
    losses = [0.0]
    for columns in (N, MEAN):
        if columns in fit.free:
            i = fit.free.index(columns)
            for other in names:
                j = fit.free.index(other)
                losses.append(abs(fit.cov[i, j]) / math.sqrt(max(fit.cov[i, i] * fit.cov[j, j], 1e-300)))
    return float(max(losses))
