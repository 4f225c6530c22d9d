"""The suite itself: a worker that dies or hangs fails one test, and the run goes on and ends. Nobody waits by the clock."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.events import LIMIT_S

ROOT = Path(__file__).resolve().parents[1]
DYING = """
import os
import pytest

@pytest.mark.parametrize("k", range(6))
def test_some(k):
    if k == 2:
        os._exit(1)
"""
HANGING = """
import signal
import threading
import pytest

@pytest.mark.parametrize("k", range(6))
@pytest.mark.timeout(1)
def test_some(k):
    if k == 2:  # as in compiled code: no signal is heard
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        threading.Event().wait()
"""


@pytest.mark.parametrize("text", [DYING, HANGING], ids=["dies", "hangs"])
def test_a_worker_that_dies_or_hangs_fails_one_test(tmp_path, text):
    """With the project's own settings, as ``make test`` runs it."""
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copyfile(ROOT / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_dying.py").write_text(text, encoding="utf-8")
    words = ["-m", "pytest", "-n", "2", "--dist", "worksteal", "-p", "xdist.plugin", "-p", "pytest_timeout", "test_dying.py"]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"FAILED test_dying.py::test_some\[2\] - worker '\w+' crashed", done.stdout)
    assert "1 failed, 5 passed" in done.stdout


def test_tests_wait_for_events():
    """Through tests/events.py: who sleeps or counts seconds by himself falls on a loaded machine."""
    by_clock = re.compile(r"time\.sleep\(|(while|deadline).*monotonic\(\)|\btimeout=[1-9]\d?\b|WebDriverWait\(.*, \d\d+")
    files = {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py")}
    del files["tests/events.py"], files["tests/jobs/test_cluster_soak.py"], files["tests/test_suite.py"]
    assert [name for name, text in files.items() if by_clock.search(text)] == []
