"""A Dask scheduler and workers of this machine, as docs/howto/clusters.md starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.events import LIMIT_S, until

ROOT = Path(__file__).parents[2]


class Cluster:
    """One scheduler; workers come and go. ``address``: where it is, once two workers have reported."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.folder, self.note = folder, folder / "scheduler.json"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "STOCKCUE_NO_COMPILE": "1"}
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers = [self.worker() for _ in range(workers)]
        self.address = self._address()

    def _start(self, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self.note), "--no-dashboard"]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def worker(self) -> subprocess.Popen:
        return self._start("worker", "--nthreads", "1", "--no-nanny")

    def lose(self, place: int) -> None:
        """As by kill -9."""
        self.workers[place].kill()
        self.workers[place].wait()

    def bring_back(self, place: int) -> None:
        self.workers[place] = self.worker()

    def _address(self) -> str:
        from distributed import Client

        until(lambda: self.note.is_file() and self.note.read_text(), lambda: self.scheduler.poll() is not None)
        address = str(json.loads(self.note.read_text())["address"])
        with Client(address, timeout=LIMIT_S, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=LIMIT_S)
        return address

    def close(self) -> None:
        for job in (*self.workers, self.scheduler):
            job.kill()
            job.wait()
