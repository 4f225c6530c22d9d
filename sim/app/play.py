"""Play: one show under one policy, to be looked into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.app.nouns import AnyPolicy, AnyScenario, drawn, policy, profile_of
from sim.app.pictures import Picture
from sim.core.history import paths, seen, watched
from sim.core.run import ShowRun
from sim.core.units import US
from sim.engine.simulate import play as simulate
from sim.score.cost import Judge
from sim.score.profiles import Profile
from sim.setup.choices import one_of
from sim.setup.policies import make_policy
from sim.setup.settings import SettingError
from sim.setup.uncertain import staged
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Run:
    """One show that was played.

    ``record``: everything that happened, as the engine left it. ``baseline``: the same shoppers with nobody acting.
    """

    record: ShowRun = field(repr=False)
    baseline: ShowRun = field(repr=False)
    profile: Profile

    @property
    def skus(self) -> tuple[str, ...]:
        """Its SKUs."""
        return tuple(k.id for k in self.record.scenario.skus)

    @property
    def alerts(self) -> pd.DataFrame:
        """One row per alert, judged: time [s], SKU, level, stock and line [units], when it was heard and handled [s], verdict."""
        import pandas as pd

        return pd.DataFrame(Judge(self.baseline, self.profile).alerts(self.record))

    def score(self) -> pd.Series:
        """Every metric of the show under the policy; definitions and units: :data:`sim.score.metrics.METRICS`."""
        import pandas as pd

        return pd.Series(Judge(self.baseline, self.profile).score(self.record), name=self.record.policy.name)

    def paths(self, sku: str) -> pd.DataFrame:
        """What happened to one SKU, as steps.

        Parameters
        ----------
        sku : str
            One of :attr:`skus`.

        Returns
        -------
        DataFrame
            ``t_s`` [s since show start], and in units what the ledger held from then on: ``physical``, ``record``, ``held``,
            ``paid``, ``left`` (below 0: more is promised than exists), ``ordered``, ``carted``, ``received``; ``closed`` (0 or
            1), ``refused`` and ``lost`` [attempts].

        Raises
        ------
        SettingError
            Where there is no such SKU.
        """
        import pandas as pd

        columns = paths(self.record, self._number(sku))
        return pd.DataFrame({"t_s": columns.pop("t") / US, **columns})

    def readings(self, sku: str) -> pd.DataFrame:
        """What the alert engine saw of one SKU and what the strategy made of it, a row per reading that reached it: ``now_s`` and
        ``t_s`` (arrival, moment of the figures) [s], ``stock`` and ``line`` [units], ``level`` (0 calm to 3 emergency)."""
        import pandas as pd

        number = self._number(sku)
        now, then, stock = seen(self.record, number)
        _now, line, level = watched(self.record, number)
        return pd.DataFrame({"now_s": now / US, "t_s": then / US, "stock": stock, "line": line, "level": level})

    def plot(self, sku: str = "") -> Picture:
        """The timeline of one SKU: stock as it was and as it was seen, demand, cues, alerts and what followed.

        Parameters
        ----------
        sku : str
            One of :attr:`skus`; empty: the one with most oversold, then missed units.
        """
        from sim.app.rehearse import worst_sku
        from sim.report.figures.style import png
        from sim.report.figures.timeline import timeline

        number, why = (self._number(sku), "") if sku else worst_sku(self.record)
        figure = timeline(self.record, number, why)
        return Picture(f"timeline-{self.skus[number]}", png(figure), figure)

    def _number(self, sku: str) -> int:
        return self.skus.index(one_of("sku", sku, self.skus))

    def __str__(self) -> str:
        row = self.score()
        text = _("{scenario} under {policy}, show {n} of seed {seed}: {oversold:,.0f} units oversold, {missed:,.0f} missed, J "
                 "{J:,.0f} CNY, {alerts:,.0f} alerts")  # fmt: skip
        return text.format(scenario=self.record.scenario.name, policy=self.record.policy.name, n=self.record.tape.key[1],
                           seed=self.record.tape.key[0], oversold=row["oversold_units"], missed=row["missed_units"], J=row["J"],
                           alerts=len(np.flatnonzero(self.record.alerts["level"])))  # fmt: skip

    def _repr_html_(self) -> str:
        """For a notebook."""
        from sim.report.pages.card import card

        return card(str(self), "", self.score().rename("value").rename_axis("metric").reset_index(), (), self.plot().png)


def play(
    scenario: AnyScenario, policy: AnyPolicy, *, seed: int = 1, number: int = 0, score: Any = "balanced", uncertain: Any = False
) -> Run:
    """Play one show under one policy; the show that :func:`stockcue.rehearse` plays under the same seed and number.

    Parameters
    ----------
    scenario : str, path, Scenario or mapping
        The show; see :func:`stockcue.scenario`.
    policy : str, path, Strategy or Policy
        See :func:`stockcue.policy`.
    seed : int
        First key of every random stream, 0 to 1e15.
    number : int
        Which show of that seed, from 0.
    score : str, mapping or Profile
        What things cost [CNY].
    uncertain : bool, path or Result
        The show draws its parameters, as in :func:`stockcue.rehearse`.

    Returns
    -------
    Run
        ``run.score()``, ``run.paths(sku)``, ``run.readings(sku)``, ``run.alerts``, ``run.plot(sku)``.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold.
    """
    for name, value in (("seed", seed), ("number", number)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise SettingError(_("{name} must be a whole number from 0, not {value!r}").format(name=name, value=value))
    show, uncertainty = drawn(scenario, uncertain)
    one, profile = _policy(policy), profile_of(score)
    stage = staged(show, uncertainty, seed, number)
    return Run(simulate(stage, one), simulate(stage, make_policy("silent")), profile)


_policy = policy
