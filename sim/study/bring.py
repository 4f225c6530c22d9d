"""How many units to bring: what each item earns with more or less of it, before anybody acts on an alert.

Every show is drawn once and played in silence with several stocks, so stocks are compared on the same shoppers. The account is
the score's, split by item; only an unsold unit has a price of its own, ``carry``, for where it costs nothing more is never worse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scenarios.contract import Scenario
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.jobs.compiling import PLAYED, warm
from sim.score.account import prices
from sim.score.cost import Judge
from sim.score.hindsight import first_choices
from sim.score.items import items
from sim.score.outcomes import outcomes
from sim.score.profiles import Profile, penalty
from sim.score.stories import Stories, read_stories
from sim.setup.policies import make_policy
from sim.setup.uncertain import Uncertainty, scenario_for
from sim.words import _

QUANTILES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Of the units wanted: the stocks that are tried, beside the planned one."""
NOT_WORSE = 1.645
"""Standard errors within which a stock cannot be told from the best (one-sided, 95 %)."""

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Brought:
    """What was found. units: stocks tried, int64 [stock, SKU], the planned one first. net: what an item earned, float64 [show,
    stock, SKU] [CNY]. wanted: units that shoppers would keep who would take the item first, int64 [show, SKU]. sold_out_s: when
    the planned stock was gone [s since show start; inf never], float64 [show, SKU]. planned: net, GMV and J of a show as planned,
    means [CNY]."""

    units: np.ndarray
    net: np.ndarray
    wanted: np.ndarray
    sold_out_s: np.ndarray
    planned: tuple[float, float, float]

    def best(self, sku: int) -> tuple[int, int, int]:
        """Units that earn most on average, and the fewest and most that cannot be told from them (paired over shows)."""
        order = np.argsort(self.units[:, sku], kind="stable")
        net, units = self.net[:, order, sku], self.units[order, sku]
        top = int(net.mean(0).argmax())
        behind = net[:, [top]] - net
        error = behind.std(0, ddof=1) / np.sqrt(len(net))
        alike = np.flatnonzero(behind.mean(0) <= NOT_WORSE * error)
        return int(units[top]), int(units[alike.min()]), int(units[alike.max()])

    def gain(self, sku: int) -> tuple[float, float]:
        """What the best stock earns a show more than the planned one, and half its 95 % interval [CNY]."""
        place = int(self.net[:, :, sku].mean(0).argmax())
        more = self.net[:, place, sku] - self.net[:, 0, sku]
        return float(more.mean()), float(1.96 * more.std(ddof=1) / np.sqrt(len(more)))


def bring(
    scenario: Scenario, shows: int, seed: int, profile: Profile, carry: float, tell: Tell, uncertainty: Uncertainty | None = None
) -> Brought:
    """Play ``shows`` shows (two or more) with several stocks of every item. carry: cost of an unsold unit [CNY]."""
    wanted = []
    for show in range(shows):
        tell(show, shows, _("what is wanted"))
        drawn = scenario_for(scenario, uncertainty, seed, show)
        wanted.append(_wanted(read_stories(draw_tape(drawn, seed, show), drawn), len(scenario.skus)))
    asked = np.array(wanted)
    planned = np.array([s.stock for s in scenario.skus])
    units = np.vstack([planned, np.ceil(np.quantile(asked, QUANTILES, axis=0)).astype(np.int64)])
    silent = make_policy("silent", playbook="none")
    warm([silent], PLAYED)
    net, out = np.empty((shows, len(units), len(planned))), np.empty((shows, len(planned)))
    account, whole = replace(profile, cs=carry), np.empty((shows, 3))
    for show in range(shows):
        tell(show, shows, "")
        drawn = scenario_for(scenario, uncertainty, seed, show)
        tape = draw_tape(drawn, seed, show)
        stories = read_stories(tape, drawn)
        for k, stock in enumerate(units):
            with_it = stocked(drawn, stock)
            # What a wrong edit types in is a figure of the plan.
            own = tape if drawn.leaks.edits_per_show == 0 else draw_tape(with_it, seed, show)
            run = play(set_stage(with_it, own), silent)
            net[show, k] = earned(run, stories, profile, carry)
            if k == 0:
                figures = Judge(run, account).score(run, ("net", "gmv", "J"))
                whole[show] = figures["net"], figures["gmv"], figures["J"]
                out[show] = [row["sold_out_s"] for row in items(run, outcomes(run, stories))]
    tell(shows, shows, "")
    as_planned = whole.mean(0).tolist()
    return Brought(units, net, asked, out, (as_planned[0], as_planned[1], as_planned[2]))


def _wanted(stories: Stories, skus: int) -> np.ndarray:
    first = first_choices(stories)
    return np.bincount(stories.sku[first], stories.qty[first], skus).astype(np.int64)


def stocked(scenario: Scenario, units: np.ndarray) -> Scenario:
    """The show with other stocks; what is kept off sale of an item is no more than there is of it."""
    skus = []
    for sku, stock in zip(scenario.skus, units.tolist(), strict=True):
        buffer = min(sku.buffer, stock)
        skus.append(replace(sku, stock=stock, buffer=buffer, held_back=min(sku.held_back, stock - buffer)))
    return replace(scenario, skus=tuple(skus))


def earned(run: ShowRun, stories: Stories, profile: Profile, carry: float) -> np.ndarray:
    """What each item of a silent run earned, float64 [SKU] [CNY]: the account's terms by item, the platform's penalty shared by
    cancelled orders. With ``carry`` the score's ``cs`` it adds up to the run's net."""
    o, p = outcomes(run, stories), prices(profile, run.scenario, run.tape, stories)
    cancelled = o.oversold_orders + o.refunded_orders
    paid = float(o.paid_orders.sum() + o.refunded_orders.sum())
    fine = penalty(profile, float(cancelled.sum()), paid, p.order_value)
    annoyed = o.refused + o.shut_out + o.shown_fail
    net = p.kept * (o.sold - o.off.sold + profile.recapture * (o.turned_away - o.off.turned_away))
    net -= p.over * (o.oversold + o.refunded - o.off.oversold - o.off.refunded) + carry * o.unsold + profile.cx * annoyed
    return net - fine * cancelled / max(1, int(cancelled.sum()))
