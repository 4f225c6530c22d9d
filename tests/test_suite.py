"""The suite itself: a worker that dies fails one test, and the run goes on and ends."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DYING = """
import os
import pytest

@pytest.mark.parametrize("k", range(6))
def test_some(k):
    if k == 2:
        os._exit(1)
"""


def test_a_worker_that_dies_fails_one_test(tmp_path):
    """With the project's own settings, as ``make test`` runs it."""
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "test_dying.py").write_text(DYING, encoding="utf-8")
    words = ["-m", "pytest", "-n", "2", "--dist", "worksteal", "-p", "xdist.plugin", "-p", "pytest_timeout", "test_dying.py"]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"FAILED test_dying.py::test_some\[2\] - worker '\w+' crashed", done.stdout)
    assert "1 failed, 5 passed" in done.stdout
