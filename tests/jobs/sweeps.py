"""A small sweep as a command of its own."""

import os
from pathlib import Path

import pytest

from sim.cli import main as cli
from sim.jobs.parts import Parts
from sim.jobs.work_folder import work_folder

ROOT = Path(__file__).parents[2]


WORDS = ["sweep", "scenario=tiny.yaml", "strategy=[fixed_count,silent]", "strategy.fixed_count.units=range(1,20,3)",
         "scenario.feed.lag_s=1,20", "replicates=16"]  # fmt: skip
"""8 candidates x 2 worlds x 16 shows, in 32 chunks."""


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "STOCKCUE_NO_COMPILE": "1"}


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.parquet"))}


def count(out: Path) -> int:
    return len(list(work_folder(out).glob("part-*.figures")))


def stopped_after(parts: int, *words: str) -> None:
    """Play the sweep in this process until so many parts are kept, then press Ctrl-C."""
    real = Parts.keep

    def keep(self, chunk, content):
        if count(Path("res")) == parts:
            raise KeyboardInterrupt
        real(self, chunk, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "keep", keep)
        assert cli.main([*WORDS, "out=res", "workers=1", *words]) == 130
    assert count(Path("res")) == parts
