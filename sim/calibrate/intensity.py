"""The intensity of orders and carts, and its slopes.

For SKU s in bin k, with e = exp(covariates) x mood the room's demand relative to an ordinary moment::

    interest  = e [ uncued_s step + sum over kinds c of rate_c appeal_s response_c(k) ]        orders intended
    carts     = ratio * interest
    orders    = ( interest + carted + branching * past orders' kernel ) / (1 - branching * own)

``carted`` are orders that follow recorded carts, where single carts and orders are not linked; with no carts in the record at
all responses are partly delayed by the default cart law instead. Responses are those of ``sim/demand/intensity.py``, as in
imputation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from scenarios.contract import Shoppers
from scenarios.kernels import mass
from scenarios.spread import Spread
from sim.calibrate.grid import OTHERS, Grid, SkuRow, default_kernel, expected, kernel_kinds
from sim.calibrate.observed import kind_name
from sim.demand.intensity import Carts, ahead, delayed, excited, response, waiting

N, MEAN, RATIO, CONV, WAIT = "branching", "mean_s", "cart ratio", "conversion", "cart median"
EARLY, AHEAD = "early", "early mean"
TINY = 1e-12


@dataclass(frozen=True)
class Spec:
    """What the model has. ``kinds``: cue kinds with a response. ``early``: whether some come before a cue that is
    expected. ``durations``: end of a kind's response [s] where not its default; ``fixed``: parameters held at a value."""

    kinds: tuple[int, ...] = ()
    herding: bool = False
    columns: tuple[str, ...] = ()
    appeals: bool = False
    early: bool = False
    shapes: Mapping[int, str] = field(default_factory=dict)
    durations: Mapping[int, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)

    def shape(self, kind: int) -> str:
        return self.shapes.get(kind, default_kernel(kind)[0])

    def duration(self, kind: int) -> float:
        return self.durations.get(kind, default_kernel(kind)[3])


def names_of(spec: Spec, grid: Grid) -> tuple[str, ...]:
    """The model's parameters, in order."""
    skus = list(dict.fromkeys(r.sku for r in grid.rows))
    names = [f"uncued:{s}" for s in skus]
    cued = [s for s in skus if any(set(r.cues) & set(spec.kinds) for r in grid.rows if r.sku == s)]
    names += [f"cue:{kind_name(k)}" for k in spec.kinds] + [f"tau:{kind_name(k)}" for k in spec.kinds]
    names += [EARLY, AHEAD] if spec.early else []
    names += [f"appeal:{s}" for s in cued[1:] if s != OTHERS] if spec.appeals else []
    names += [f"x:{c}" for c in spec.columns]
    names += [RATIO] if any(r.what == "carts" for r in grid.rows) else []
    names += [CONV, WAIT] if any(r.carted is not None for r in grid.rows) else []
    return tuple(names + ([N, MEAN] if spec.herding else []))


def bounds(name: str, spec: Spec, step: float) -> tuple[float, float]:
    """Where a parameter may go, on its own scale."""
    head, _, tail = name.partition(":")
    if head == "tau":
        kind = next(k for k in spec.kinds if kind_name(k) == tail)
        return math.log(max(0.1, 0.1 * step)), math.log(spec.duration(kind))
    if head == "x":
        return -20.0, 20.0
    fixed = {
        N: (0.0, 0.95),
        MEAN: (math.log(max(0.5, step / 4)), math.log(3600.0)),
        CONV: (-14.0, 0.0),
        WAIT: (0.0, 7.5),
        EARLY: (-7.0, 2.5),
        AHEAD: (math.log(max(10.0, step / 2)), math.log(3600.0)),
    }
    return fixed.get(name, (-30.0, 20.0))


class Model:
    """A spec over a grid: intensity of a row and its derivatives."""

    def __init__(self, spec: Spec, grid: Grid) -> None:
        self.spec, self.grid, self.names = spec, grid, names_of(spec, grid)
        self.place = {name: k for k, name in enumerate(self.names)}
        self.columns = [grid.columns.index(c) for c in spec.columns]
        self.limits = np.array([bounds(n, spec, grid.step_s) for n in self.names])
        self.fixed = np.array([n in spec.fixed for n in self.names])

    def start(self) -> np.ndarray:
        """Where the search begins: defaults scaled to the number of orders there are."""
        grid, spec, at = self.grid, self.spec, np.zeros(len(self.names))
        seconds = {f"uncued:{r.sku}": 0.0 for r in grid.rows}
        orders = dict(seconds)
        for r in grid.rows:
            if r.what == "orders":
                seconds[f"uncued:{r.sku}"] += float(r.used.sum()) * grid.step_s
                orders[f"uncued:{r.sku}"] += float(r.y[r.used].sum())
        for name in seconds:
            at[self.place[name]] = math.log((0.3 * orders[name] + 0.5) / max(seconds[name], 1.0))
        mean = sum(orders.values()) / max(sum(seconds.values()), 1.0)
        for k in spec.kinds:
            _, peak, tau, _ = default_kernel(k)
            at[self.place[f"cue:{kind_name(k)}"]] = math.log(mean * peak)
            at[self.place[f"tau:{kind_name(k)}"]] = math.log(max(tau, grid.step_s))
        plain = Shoppers()
        for name, value in ((RATIO, 0.0), (CONV, math.log(plain.cart_conversion)), (WAIT, math.log(plain.cart_median_s))):
            if name in self.place:
                at[self.place[name]] = value
        if spec.early:
            at[self.place[EARLY]], at[self.place[AHEAD]] = -2.0, math.log(Spread().lead_s)
        if spec.herding:
            at[self.place[N]], at[self.place[MEAN]] = 0.3, math.log(max(30.0, grid.step_s))
        for name, value in spec.fixed.items():
            at[self.place[name]] = value
        return np.clip(at, *self.limits.T)

    def parts(self, row: SkuRow, at: np.ndarray, which: Sequence[int]) -> dict[int, np.ndarray]:
        """Interest by source: -1 no cue, else a cue kind (those of ``which``)."""
        p, step = self.place, self.grid.step_s
        e = np.exp(row.x[:, self.columns] @ at[[p[f"x:{c}"] for c in self.spec.columns]]) if self.columns else np.ones(len(row.y))
        e = e * row.mood
        counts = {-1: math.exp(at[p[f"uncued:{row.sku}"]]) * step * e} if -1 in which else {}
        appeal = at[p[f"appeal:{row.sku}"]] if f"appeal:{row.sku}" in p else 0.0
        for k in which:
            if k >= 0 and k in row.cues:
                name = kind_name(k)
                counts[k] = math.exp(at[p[f"cue:{name}"]] + appeal) * e * self.responses(row, at, k)
        if row.what == "carts":
            return {k: v * math.exp(at[p[RATIO]]) for k, v in counts.items()}
        return counts

    def one(self, row: SkuRow, at: np.ndarray, kind: int, number: int) -> np.ndarray:
        """Orders expected per bin by one cue of a kind."""
        cut = slice(number, number + 1)
        alone = replace(row, cues={kind: row.cues[kind][cut]}, lasts={k: v[cut] for k, v in row.lasts.items() if k == kind})
        return self.parts(alone, at, (kind,))[kind] * row.open

    def responses(self, row: SkuRow, at: np.ndarray, kind: int) -> np.ndarray:
        """What the cues of a kind bring per bin where the response is 1 at its peak; some come early where they expect it."""
        law = (self.spec.shape(kind), math.exp(at[self.place[f"tau:{kind_name(kind)}"]]), self.spec.duration(kind))
        brought = pulses(row, self.grid.step_s, kind, row.cues[kind], law)
        if not self.spec.early or not expected(kind):
            return brought
        share, whole = float(expit(at[self.place[EARLY]])), float(mass(law[0], np.array(law[2]), law[1], law[2]))
        before = ahead(len(row.y), self.grid.step_s, row.cues[kind], math.exp(at[self.place[AHEAD]]))
        return (1 - share) * brought + share * whole * before

    def carted(self, row: SkuRow, at: np.ndarray) -> np.ndarray | float:
        """Orders to be expected from recorded carts."""
        if row.carted is None:
            return 0.0
        carts = Carts(0.0, "lognormal", math.exp(at[self.place[WAIT]]), Shoppers().cart_sigma)
        law = waiting(self.grid.step_s, carts, 3600.0)
        return math.exp(at[self.place[CONV]]) * delayed(row.carted, law)

    def followed(self, row: SkuRow, at: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """The whole intensity, followers included."""
        if not self.spec.herding or row.feed is None:
            return rest
        n = at[self.place[N]]
        past, own = excited(row.feed, self.grid.step_s, math.exp(at[self.place[MEAN]]))
        return (rest + n * past) / (1 - n * own)

    def rate(self, row: SkuRow, at: np.ndarray) -> np.ndarray:
        """Expected count per bin given what came before."""
        parts = self.parts(row, at, (-1, *self.spec.kinds))
        whole = self.followed(row, at, sum(parts.values()) + self.carted(row, at))  # type: ignore[arg-type]
        return np.maximum(whole * row.open, TINY)

    def slopes(self, row: SkuRow, at: np.ndarray) -> tuple[np.ndarray, list[int], np.ndarray, np.ndarray]:
        """Rate, the parameters it depends on, its derivatives [parameter, bin], and that to the log of the mood [bin]."""
        p, spec = self.place, self.spec
        parts = self.parts(row, at, (-1, *spec.kinds))
        carted = self.carted(row, at)
        interest = sum(parts.values())
        whole = self.followed(row, at, interest + carted)  # type: ignore[arg-type]
        lift = 1.0
        by_parameter: dict[int, np.ndarray] = {p[f"uncued:{row.sku}"]: parts[-1]}
        for k in spec.kinds:
            if k not in parts:
                continue
            name = kind_name(k)
            by_parameter[p[f"cue:{name}"]] = parts[k]
            by_parameter[p[f"tau:{name}"]] = self._difference(row, at, p[f"tau:{name}"], 1e-4, k)
            for head in (EARLY, AHEAD) if spec.early and expected(k) else ():
                by_parameter[p[head]] = by_parameter.get(p[head], 0.0) + self._difference(row, at, p[head], 1e-4, k)
        if f"appeal:{row.sku}" in p:
            by_parameter[p[f"appeal:{row.sku}"]] = interest - parts[-1]
        for column, name in zip(self.columns, spec.columns, strict=True):
            by_parameter[p[f"x:{name}"]] = interest * row.x[:, column]
        if row.what == "carts":
            by_parameter[p[RATIO]] = interest  # type: ignore[assignment]
        if row.carted is not None:
            by_parameter[p[CONV]] = carted  # type: ignore[assignment]
            up = at.copy()
            up[p[WAIT]] += 1e-4
            by_parameter[p[WAIT]] = (self.carted(row, up) - carted) / 1e-4  # type: ignore[assignment]
        if spec.herding and row.feed is not None:
            n, mean = at[p[N]], at[p[MEAN]]
            past, own = excited(row.feed, self.grid.step_s, math.exp(mean))
            lift = 1 / (1 - n * own)
            later, owned = excited(row.feed, self.grid.step_s, math.exp(mean + 1e-4))
            by_parameter = {k: v * lift for k, v in by_parameter.items()}
            by_parameter[p[N]] = lift * (past + whole * own)
            by_parameter[p[MEAN]] = lift * n * ((later - past) + whole * (owned - own)) / 1e-4
        jac = np.array(list(by_parameter.values())) * row.open
        return np.maximum(whole * row.open, TINY), list(by_parameter), jac, np.asarray(interest * lift * row.open)

    def _difference(self, row: SkuRow, at: np.ndarray, index: int, eps: float, kind: int) -> np.ndarray:
        up, down = at.copy(), at.copy()
        up[index] += eps
        down[index] -= eps
        return (self.parts(row, up, (kind,))[kind] - self.parts(row, down, (kind,))[kind]) / (2 * eps)


def pulses(row: SkuRow, step_s: float, kind: int, starts_s: np.ndarray, law: tuple[str, float, float]) -> np.ndarray:
    """Responses to a row's cues of a kind per bin, by shape, time scale and duration; one that the host cut short ends there."""
    lasts = np.minimum(row.lasts[kind], law[2]) if kind in row.lasts else np.full(len(starts_s), law[2])
    density = np.zeros(len(row.y))
    for length in np.unique(lasts).tolist():
        if length > 0:
            density += response(len(row.y), step_s, starts_s[lasts == length], law[0], law[1], length, row.carts)
    return density


def full_spec(grid: Grid, herding: bool = True, appeals: bool | None = None) -> Spec:
    """Everything the record could support: all cue kinds, all covariates, appeal where several SKUs are cued."""
    kinds = kernel_kinds(grid)
    cued = {r.sku for r in grid.rows if r.what == "orders" and set(r.cues) & set(kinds)}
    early = any(map(expected, kinds))
    return Spec(kinds, herding, grid.columns, len(cued) > 1 if appeals is None else appeals, early)


def without(spec: Spec, **changes: object) -> Spec:
    """The spec with changes."""
    return replace(spec, **changes)  # type: ignore[arg-type]
