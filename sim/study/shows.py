"""The shows of a rehearsal by number. The first ones are kept: chains, timelines and pictures play them again."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.contract import Scenario
from sim.core.stage import Stage
from sim.setup.uncertain import Uncertainty, staged

ROOM = 2_000_000
"""Rows of the tapes that are kept, together: some 200 MB with what is laid out beside them."""


@dataclass(frozen=True)
class Shows:
    """What every show of a rehearsal follows from; calling it stages one."""

    scenario: Scenario
    uncertainty: Uncertainty | None
    seed: int
    kept: dict[int, Stage] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, replicate: int) -> Stage:
        """The stage of one show: a kept one, or it is drawn."""
        kept = self.kept.get(replicate)
        return staged(self.scenario, self.uncertainty, self.seed, replicate) if kept is None else kept

    def keep(self, replicate: int) -> Stage:
        """The same, and it stays where there is room."""
        stage = self(replicate)
        if sum(len(s.tape) for s in self.kept.values()) + len(stage.tape) <= ROOM:
            self.kept[replicate] = stage
        return stage

    def __getstate__(self) -> tuple[Scenario, Uncertainty | None, int]:
        """For another process, which draws its own."""
        return self.scenario, self.uncertainty, self.seed

    def __setstate__(self, state: tuple[Scenario, Uncertainty | None, int]) -> None:
        self.__init__(*state)  # type: ignore[misc]
