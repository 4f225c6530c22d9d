"""Closed-loop replay: what would have happened under each strategy, judged three times, by what is assumed of unseen demand.

One replicate = one draw of everything a recording does not say (payments, people, demand of blind spells). Per replicate and
bound (low, likely, high) every policy and the silent baseline play the same stage, so differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scenarios.contract import Scenario
from scenarios.staffing import Feed
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.core.tape import ACCEPTED, ORDER, PAID, REFUSALS, TAKE
from sim.core.units import US
from sim.core.world import R_STOCK
from sim.engine.simulate import play
from sim.replay.clock import StreamError
from sim.replay.closedtape import closed_stage, imputed_rows
from sim.replay.draws import draw
from sim.replay.draws import high as high_of
from sim.replay.impute import BIN_S, BOUNDS, LIKELY, LOW, Imputation, impute
from sim.replay.night import as_run, night_name, said_of
from sim.replay.paidwords import paid_words, price_words
from sim.replay.silent import SILENT, silent_policy
from sim.replay.stream import Stream, faster
from sim.replay.taught import Taught, taught_words
from sim.replay.whatif import stocked
from sim.score.cost import Judge
from sim.score.outcomes import outcomes
from sim.score.profiles import PROFILES, Profile
from sim.score.stories import read_stories
from sim.stats.paired import difference
from sim.words import _

LOOP = "closed"
UNITS = ("net", "gmv", "oversold_units", "missed_units", "missed_true_stockout", "missed_frozen_alert", "sold_units", "notices")
"""Metrics that the verdict gives under every bound, beside J."""
Progress = Callable[[int, int, str], None]
Player = Callable[..., ShowRun]


@dataclass(frozen=True, eq=False)
class Closed:
    """Results of :func:`closed_replay`; every row of every table has ``loop`` = "closed".

    ``scores``: one row per stream x strategy x bound x replicate: all METRICS, and of these orders how many units were imputed
    (imputed_units laid, imputed_sold, imputed_oversold). ``verdict``: one row per stream x strategy (:func:`verdicts`).
    ``windows``: one row per blind spell. ``runouts``: when each SKU sells out (:func:`runout_table`).
    ``notes``: what has to be said of the what-if and of payments. ``fidelity``: how the silent run compares with the recording.
    ``shown``: by strategy and bound, the runs of replicate 0, ``scenario``: theirs. ``alerts``: one row per alert, bound and
    replicate.
    """

    stream: Stream
    imputation: Imputation
    scores: pd.DataFrame
    verdict: pd.DataFrame
    windows: pd.DataFrame
    runouts: pd.DataFrame
    alerts: pd.DataFrame
    fidelity: dict[str, float]
    shown: dict[tuple[str, str], ShowRun]
    notes: tuple[str, ...]
    caption: str
    scenario: Scenario
    loop: str = LOOP

    def figures(self) -> Closed:
        """The same without what only pictures need: rows of the recording, the fit, runs, alerts; of the scores what
        :func:`verdicts` looks at."""
        stream = self.stream.bare()
        told = ["stream", "strategy", "loop", "bound", "replicate", "J_silent", *dict.fromkeys(("J", *UNITS))]
        imputation = replace(self.imputation, stream=stream, groups=())
        return replace(self, stream=stream, imputation=imputation, scores=self.scores[told].copy(),
                       alerts=self.alerts[:0].copy(), shown={})  # fmt: skip


def closed_replay(
    stream: Stream,
    policies: Sequence[Policy],
    feed: Feed | None = None,
    world: Scenario | None = None,
    profile: Profile = PROFILES["balanced"],
    replicates: int = 20,
    seed: int = 1,
    bin_s: float = BIN_S,
    progress: Progress | None = None,
    player: Player = play,
    whatif: Any = None,
    taught: Taught | None = None,
) -> Closed:
    """Play ``policies`` with their playbooks over a recording, ``replicates`` times under each bound; repeatable.

    world: see :func:`~sim.replay.closedtape.closed_stage`. bin_s: steps of the room's mood [show s]. progress(done, of, what).
    whatif: stock that is tried, units for all SKUs or {sku: units} (none: the recorded one, ``stream.skus``).
    taught: what other nights say.
    """
    teams = [silent_policy(), *(p for p in policies if p.name != SILENT)]
    names = [*(p.name for p in teams), *([night_name()] if stream.did else [])]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise StreamError(_("two strategies are called {twice!r}; give one of them a label").format(twice=twice))
    imputed = impute(stream, bin_s, world, taught)
    tried, notes = stocked(stream, whatif)
    rows, alerts, shown = [], [], {}
    outs: list[tuple[dict[str, Any], np.ndarray]] = []
    for replicate in range(replicates):
        for bound in BOUNDS:
            stage = closed_stage(tried, imputed, bound, seed, replicate, feed, world)
            for run, judge in _played(stage, stream, teams, profile, player):
                key = {"stream": stream.name, "strategy": run.policy.name, "loop": LOOP, "bound": bound, "replicate": replicate}
                rows.append(key | judge.score(run) | _imputed(run, judge, imputed))
                alerts += [key | row for row in judge.alerts(run)]
                outs.append((key, ran_out(run)))
                if replicate == 0:
                    shown[run.policy.name, bound] = run
        if progress:
            progress(replicate + 1, replicates, "")
    scores = pd.DataFrame(rows)
    columns = ["stream", "strategy", "loop", "bound", "replicate", *ALERTS]
    return Closed(
        stream, imputed, scores, verdicts(scores), spell_table(imputed, seed, replicates), runout_table(stream, outs),
        pd.DataFrame(alerts, columns=columns), fidelity(stream, shown[SILENT, LOW]), shown,
        (*notes, *price_words(tried.skus), *paid_words(imputed, world), *taught_words(stream, taught),
         *(said_of(stream, stage) if stream.did else [])),
        caption(stream, imputed), shown[SILENT, LOW].scenario,
    )  # fmt: skip


ALERTS = ("t_s", "sku", "level", "stock", "line", "heard_s", "handled_s", "episode", "verdict", "lead_s", "usable_lead_s")


def _played(stage: Stage, stream: Stream, teams: list[Policy], profile: Profile, player: Player) -> list[tuple[ShowRun, Judge]]:
    """Silence, every policy, and where it is known the night as its team ran it."""
    baseline = player(stage, teams[0])
    judge = Judge(baseline, profile)
    runs = [baseline, *(player(stage, policy) for policy in teams[1:])]
    return [(run, judge) for run in [*runs, *([as_run(stage, stream, player)] if stream.did else [])]]


def _imputed(run: ShowRun, judge: Judge, imputed: Imputation) -> dict[str, float]:
    """Units that nobody recorded: laid, sold (paid and kept), oversold; and recorded units that were refused."""
    own, kind, qty = imputed_rows(run.tape, imputed), run.tape.kind, run.tape.qty
    order = (kind == ORDER) & own
    stories = judge.stories if run.tape is judge.baseline.tape else read_stories(run.tape, run.scenario)
    promised = outcomes(run, stories).promised
    beyond = promised["units"][own[stories.row[promised["story"]]]]
    refused = (kind == ORDER) & ~own & np.isin(run.outcome, list(REFUSALS))
    return {"imputed_units": float(qty[order].sum()), "imputed_sold": float(qty[order & (run.outcome == PAID)].sum()),
            "imputed_oversold": float(beyond.sum()), "recorded_refused": float(qty[refused].sum())}  # fmt: skip


def verdicts(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per stream and strategy: what it gained over silence under each bound, and how much of that is imputed.

    J_BOUND: left on the table, mean. saved_BOUND: mean of J(silent) - J(strategy); with _low and _high: its 95 % range over
    draws, how sure one may be of this night; with _error: half-width of the mean's 95 % interval, which falls with more
    replicates (one replicate: NaN). METRIC_BOUND: means of UNITS. imputed_share: |saved_likely - saved_low| over the larger
    of the two sizes, at most 1: the part of the verdict that would not be there if nobody had come while the recording was
    blind; 0 where both are 0. holds: whether strategy and silence compare the same way (better, worse, equal) under all
    three bounds.
    """
    rows = []
    for (name, strategy), part in scores.groupby(["stream", "strategy"], sort=False):
        row: dict[str, Any] = {"stream": name, "strategy": strategy, "loop": LOOP, "replicates": part["replicate"].nunique()}
        for bound in BOUNDS:
            own = part[part["bound"] == bound].sort_values("replicate")
            gap = difference(own["J_silent"].to_numpy(), own["J"].to_numpy())
            low, _, high = band((own["J_silent"] - own["J"]).to_numpy())
            row |= {f"J_{bound}": float(own["J"].mean()), f"saved_{bound}": gap.mean, f"saved_{bound}_low": low,
                    f"saved_{bound}_high": high, f"saved_{bound}_error": (gap.high - gap.low) / 2}  # fmt: skip
            row |= {f"{unit}_{bound}": float(own[unit].mean()) for unit in UNITS}
        saved = [row[f"saved_{bound}"] for bound in BOUNDS]
        row["imputed_share"] = imputed_share(row[f"saved_{LOW}"], row[f"saved_{LIKELY}"])
        row["holds"] = len({int(np.sign(round(s, 6))) for s in saved}) == 1
        rows.append(row)
    return pd.DataFrame(rows)


def imputed_share(low: float, likely: float) -> float:
    """Part of a likely difference that is not there when nothing is imputed.

    >>> imputed_share(80.0, 100.0), imputed_share(-50.0, 100.0), imputed_share(0.0, 0.0)
    (0.2, 1.0, 0.0)
    """
    most = max(abs(low), abs(likely))
    return min(1.0, abs(likely - low) / most) if most > 1e-9 else 0.0


def band(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Low, middle and high of draws: order statistics, the outermost ones where there are too few for the level.

    >>> band(np.arange(1.0, 101.0)), band(np.array([1.0, np.inf]))
    ((2.0, 50.0, 99.0), (1.0, 1.0, inf))
    """
    if not len(values):
        return float("nan"), float("nan"), float("nan")
    ranked, n = np.sort(values), len(values)
    at = int(np.floor((n + 1) * (1 - level) / 2)) - 1
    low = min(max(at, 0), n - 1)
    return float(ranked[low]), float(ranked[(n - 1) // 2]), float(ranked[n - 1 - low])


def ran_out(run: ShowRun) -> np.ndarray:
    """When each SKU first shows no stock, to the feed's period [s]; inf: never; float64 [sku]."""
    out = run.readings[:, :, R_STOCK] <= 0
    first = out.argmax(0)
    return np.where(out.any(0), (first + 1) * run.scenario.feed.period_s, np.inf)


def runout_table(stream: Stream, outs: Sequence[tuple[dict[str, Any], np.ndarray]]) -> pd.DataFrame:
    """When SKUs sell out. One row per strategy, bound and SKU: share of draws in which it does; t_s, t_low, t_high: middle and 95
    % range of the moment over draws [show s] (inf: not); at, at_low, at_high: the same on the recording's clock, "" for not."""
    rows = []
    for key in dict.fromkeys((k["strategy"], k["bound"]) for k, _shown in outs):
        times = np.array([t for k, t in outs if (k["strategy"], k["bound"]) == key])
        for n, sku in enumerate(stream.skus):
            low, middle, high = band(times[:, n])
            row = {"stream": stream.name, "loop": LOOP, "strategy": key[0], "bound": key[1], "sku": sku.id,
                   "share": float(np.isfinite(times[:, n]).mean()), "t_s": middle, "t_low": low, "t_high": high}  # fmt: skip
            ends = (("at", middle), ("at_low", low), ("at_high", high))
            rows.append(row | {end: stream.at(t) if np.isfinite(t) else "" for end, t in ends})
    return pd.DataFrame(rows)


def spell_table(imputed: Imputation, seed: int, replicates: int) -> pd.DataFrame:
    """One row per blind spell: stream, loop, sku, why, start_s, end_s, start_at, end_at; orders imputed: low (0), likely (mean
    over replicates, with its 2.5 and 97.5 % points), high (mean); hot (see Imputation); high_is: what the high bound rests on.
    """
    s, n = imputed.stream, len(imputed.windows)
    likely, high = np.zeros((replicates, n)), np.zeros((replicates, n))
    for r in range(replicates):
        drawn = draw(imputed, seed, r)
        for k, w in enumerate(imputed.windows):
            own = (drawn.sku == w.sku) & (drawn.t >= w.start) & (drawn.t < w.end)
            likely[r, k], high[r, k] = (own & drawn.likely).sum(), own.sum()
    rows = []
    for k, w in enumerate(imputed.windows):
        low, _, top = band(likely[:, k])
        rows.append({
            "stream": s.name, "loop": LOOP, "sku": s.skus[w.sku].id, "why": w.why, "start_s": w.start / US, "end_s": w.end / US,
            "start_at": s.at(w.start / US), "end_at": s.at(w.end / US), "low": 0.0, "likely": float(likely[:, k].mean()),
            "likely_low": float(low), "likely_high": float(top), "high": float(high[:, k].mean()), "hot": float(imputed.hot[k]),
            "high_is": high_of(imputed)[k][2],
        })  # fmt: skip
    columns = ["stream", "loop", "sku", "why", "start_s", "end_s", "start_at", "end_at", "low", "likely", "likely_low",
               "likely_high", "high", "hot", "high_is"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def fidelity(stream: Stream, silent: ShowRun) -> dict[str, float]:
    """How the model's shop, with nobody acting and nothing imputed, compares with what was recorded.

    recorded_units, accepted_units: of recorded orders. refused_units: those the model's ledger refuses, because the real shop
    sold beyond its stock or worked by another ledger.
    """
    took = stream.what == TAKE
    order = silent.tape.kind == ORDER
    kept = int(silent.tape.qty[order & (silent.outcome >= ACCEPTED)].sum())
    total = int(stream.qty[took].sum())
    return {"recorded_units": float(total), "accepted_units": float(kept), "refused_units": float(total - kept)}


def caption(stream: Stream, imputed: Imputation) -> str:
    """The sentence that stands on every table and figure."""
    blind = sum(w.end - w.start for w in imputed.windows) / US / 60
    text = (
        _(
            "closed-loop replay of {stream}: strategies act, recorded orders may be refused, demand is imputed in {n} blind "
            "spells ({minutes:,.0f} SKU-minutes)"
        )
        if imputed.windows
        else _(
            "closed-loop replay of {stream}: strategies act, recorded orders may be refused, no spell of the recording is "
            "blind, so no demand is imputed"
        )
    )
    sentence = text.format(stream=stream.name, n=len(imputed.windows), minutes=blind)
    return sentence if stream.speedup == 1 else faster(sentence, stream.speedup)
