"""What a run frees serves the next."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sim.native import compiles

FAULTS = """
import resource
from scenarios.registry import load
from sim.demand.draw import draw_tape
from sim.core.stage import set_stage
from sim.engine.simulate import play
from sim.setup.policies import make_policy
scenario, policy = load("double11"), make_policy("silent")
stage, counts = set_stage(scenario, draw_tape(scenario, 1)), []
for _ in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    play(stage, policy)
    counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(counts))
"""


def faults(**environment: str) -> int:
    """Pages a run of the promotion night takes anew, at the fewest."""
    told = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    return int(subprocess.run([sys.executable, "-c", FAULTS], env=told | environment, capture_output=True, check=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux") or not compiles(), reason="glibc's allocator, compiled runs")
def test_a_run_takes_no_page_that_the_run_before_had():
    assert faults() < 100
    assert faults(MALLOC_TRIM_THRESHOLD_="131072") > 500, "what the environment says counts"
