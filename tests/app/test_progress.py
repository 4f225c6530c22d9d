"""Lines of progress where no terminal is."""

import pytest

import sim.app.progress as progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands where it is put."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_the_first_of_what_was_waited_for_is_told_at_once(clock, capsys):
    """Compiling takes some seconds, the first show is there after six: nobody waits ten for its line."""
    tell = progress.Progress("shows")
    tell(0, 50, "compiling")
    clock[0] += 6
    tell(1, 50, "best so far smart")
    clock[0] += 1
    tell(2, 50, "best so far smart")
    assert capsys.readouterr().err.splitlines() == ["0/50 shows, compiling (0 s)", "1/50 shows, best so far smart (6 s)"]


def test_what_comes_at_once_is_told_now_and_then(clock, capsys):
    tell = progress.Progress("shows")
    for done in range(51):
        tell(done, 50, "")
    assert [line.split(" (")[0] for line in capsys.readouterr().err.splitlines()] == ["0/50 shows", "50/50 shows"]


def test_a_first_result_is_told_however_soon(clock, capsys):
    """Who waits for a rehearsal reads who leads after the first show; on a warm machine it is there within a second."""
    tell = progress.Progress("shows")
    tell(0, 50, "")
    clock[0] += 0.1
    tell(1, 50, "best so far smart, J 5,395")
    tell(2, 50, "best so far smart, J 5,400")
    assert capsys.readouterr().err.splitlines()[1:] == ["1/50 shows, best so far smart, J 5,395 (0 s)"]
