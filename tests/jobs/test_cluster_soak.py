"""Hours of sweeps on a cluster whose workers are lost and come back: every table is the local one's bytes, memory stays flat.

``pytest -m long tests/jobs/test_cluster_soak.py -s`` prints a line a sweep; STOCKCUE_SOAK_HOURS=6 sets how long; without it four
sweeps.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import shutil
import threading
import time
from pathlib import Path

import pytest

from sim.cli import main as cli
from tests.cli.conftest import SHOW
from tests.jobs.dask_here import Cluster
from tests.jobs.test_clusters import MINE, WORDS

pytest.importorskip("distributed", reason="the cluster tests need dask[distributed]")

HOURS = float(os.environ.get("STOCKCUE_SOAK_HOURS", "0"))
SEEDS, WARM, FLAT = (1, 2, 3), 3, 1.1
"""Studies in turn; sweeps before memory is held against; what it may grow to from there [x]."""
A_LOSS_MB = 0.1
"""Dask's scheduler keeps something of every worker that is lost: 0.07 MB at first, a third of that after an hour."""


class Losses(threading.Thread):
    """Kills workers whenever so many more parts are there, and brings them back a little later; at times all of them."""

    def __init__(self, cluster: Cluster, parts: Path, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.cluster, self.parts, self.rng, self.lost, self.over = cluster, parts, rng, 0, threading.Event()

    def run(self) -> None:
        after = self.rng.randrange(1, 8)
        while not self.over.wait(0.02):
            try:
                played = len(list(self.parts.glob("part-*.figures")))
            except FileNotFoundError:  # the sweep ended while its folder was read
                continue
            if played < after:
                continue
            gone = (
                range(len(self.cluster.workers)) if self.rng.random() < 0.2 else [self.rng.randrange(len(self.cluster.workers))]
            )
            for place in gone:
                self.cluster.lose(place)
                self.lost += 1
            self.over.wait(self.rng.uniform(0, 2))
            for place in gone:
                self.cluster.bring_back(place)
            after += self.rng.randrange(10, 30)


def memory_mb(pid: int) -> float:
    gc.collect()
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.parquet"))}


@pytest.fixture
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.mark.long
@pytest.mark.timeout(max(3600, HOURS * 2 * 3600))
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_sweeps_while_workers_are_lost_and_come_back(cluster, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    rng, want, memory, lost, stopped = random.Random(7), {}, [], 0, 0
    for seed in SEEDS:
        assert cli.main([*WORDS, f"seed={seed}", "out=alone", "workers=1"]) == 0
        want[seed] = tables(tmp_path / "alone")
        shutil.rmtree(tmp_path / "alone")
    assert want[1] != want[2]
    begun, number = time.monotonic(), 0
    while time.monotonic() - begun < HOURS * 3600 or number <= WARM:
        seed = SEEDS[number % len(SEEDS)]
        words = [*WORDS, f"seed={seed}", "out=far", "engine=dask", f"address={cluster.address}"]
        losses = Losses(cluster, tmp_path / ".far-sweep", rng)
        losses.start()
        while (code := cli.main(words)) and stopped <= number:  # a chunk that met several losses ends it; the command goes on
            stopped += 1
        losses.over.set()
        losses.join()
        assert code == 0
        assert tables(tmp_path / "far") == want[seed], f"sweep {number}, seed {seed}"
        shutil.rmtree(tmp_path / "far")
        lost, number = lost + losses.lost, number + 1
        memory.append((memory_mb(os.getpid()), memory_mb(cluster.scheduler.pid)))
        capfd.readouterr()
        with capfd.disabled():
            print(
                f"\n{(time.monotonic() - begun) / 60:.1f} min, {number} sweeps, {lost} workers lost, {stopped} ended early, "
                f"{memory[-1][0]:.0f} MB here, {memory[-1][1]:.0f} MB scheduler",
                flush=True,
            )
    assert lost >= number / 2
    (here, scheduler), (here_now, scheduler_now) = memory[WARM - 1], memory[-1]
    assert here_now <= here * FLAT
    assert scheduler_now <= scheduler * FLAT + A_LOSS_MB * lost
