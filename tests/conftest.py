"""What every test starts from."""

import faulthandler
import signal
import sys

import pytest

from sim.native import numba_or_none
from tests.sizes import FULL

# Whether a process compiles is settled once, when it is first asked. Asked under a test that switches compiling off, all later
# tests of the process would run as plain Python, a hundred times slower.
numba_or_none()

# A job that a shell puts in the background is born ignoring interrupts, and its children are too; some tests send them one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _interrupts():
    """What is played as in a worker makes the process deaf to interrupts, and every child it starts later."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """An empty working folder with a tiny show; plain Python, because small shows need no compiling."""
    from tests.cli.conftest import SHOW

    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")


LONG_S = 6 * 3600 if FULL else 3600
"""What a long check may take before it fails as hanging, unless it says otherwise [s]."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Where the limit of a test is not heard, as in compiled code, its process ends a fifth later: of workers, one test fails."""
    own, config = item.get_closest_marker("timeout"), item.config
    limit = own.args[0] if own else config.getoption("timeout") or config.getini("timeout")
    if not config.getoption("usepdb"):
        faulthandler.dump_traceback_later(1.2 * float(limit), exit=True, file=sys.__stderr__)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_S))
