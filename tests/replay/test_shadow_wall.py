"""Shadow by the wall clock, and as a command that is stopped."""

import json
import os
import signal
import stat

from sim.replay.shadow import Shadow
from tests.events import until
from tests.replay.feeds import line, small, ways
from tests.replay.shadow_records import said

# -- wall time ------------------------------------------------------------------------------------------------


class Wall:
    """A clock that stands where it is put."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


def started(folder, wall, **more):
    (folder / "a.feed").touch()
    return Shadow(small(folder, stock=210, **more), ways(folder, wall=True), lambda text: None, wall)


def test_in_wall_time_readings_come_by_the_clock(tmp_path):
    """Lines stand still at 0 s; readings go on, and one falls due every second from the first line's arrival."""
    wall = Wall()
    shadow = started(tmp_path, wall)
    shadow.step([line(0, qty=3).encode()], 0.0)
    assert shadow.metrics()["readings"] == 0
    for k in range(1, 6):
        wall.now += 1.0
        shadow.step([], 0.0)
        assert shadow.metrics()["readings"] == k - 1
    wall.now += 0.6
    shadow.step([line(0.5, qty=8).encode()], 0.0)
    assert said(tmp_path) == []
    wall.now += 1.1
    shadow.step([], 0.0)
    (alert,) = said(tmp_path)
    assert (alert["stock"], alert["t_s"]) == (199.0, 6.500001)
    assert shadow.metrics()["missed_readings"] == 0


def test_readings_missed_while_the_machine_slept_are_left_out_and_counted(tmp_path):
    wall = Wall()
    shadow = started(tmp_path, wall)
    shadow.step([line(0).encode()], 0.0)
    wall.now += 3.2
    shadow.step([], 0.0)
    before = shadow.metrics()
    wall.now += 1000.0
    shadow.step([line(900, qty=30).encode()], 0.0)
    after = shadow.metrics()
    assert after["readings"] - before["readings"] == 1
    assert after["missed_readings"] - before["missed_readings"] == 999
    wall.now += 1.5
    shadow.step([], 0.0)
    assert said(tmp_path)[-1]["stock"] == 179.0


def test_wall_time_goes_on_over_a_restart(tmp_path):
    wall = Wall()
    shadow = started(tmp_path, wall)
    shadow.step([line(0, qty=20).encode()], 0.0)
    wall.now += 2.0
    shadow.step([], 0.0)
    shadow._save("")
    shadow.parts.close()
    wall.now += 58.0
    again = started(tmp_path, wall)
    again.step([], 0.0)
    wall.now += 1.0
    again.step([], 0.0)
    assert [a["n"] for a in said(tmp_path)] == [1]
    assert again.metrics()["missed_readings"] > 50
    assert again.show.due() > 60_000_000


def test_a_real_clock_wakes_it(tmp_path):
    """From standard input that stays open: an alert comes although no further line does."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(write)
            os.dup2(read, 0)
            result = small(tmp_path, stock=210, feed=None)
            shadow = Shadow(result, ways(tmp_path, source="-", wall=True), lambda text: None)
            signal.signal(signal.SIGTERM, shadow.stop)
            shadow.run()
            os._exit(0)
        finally:
            os._exit(1)
    os.write(write, (line(0, qty=20) + "\n").encode())
    until(lambda: (tmp_path / "a.jsonl").exists() and said(tmp_path))
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert said(tmp_path)[0]["stock"] == 190.0
    assert json.loads((tmp_path / "a.metrics").read_text())["lag_s"]["said"]["n"] >= 1


# -- the command ----------------------------------------------------------------------------------------------


def test_the_command_ends_well_on_a_signal_and_goes_on(tmp_path, monkeypatch, capsys):
    """SIGTERM while it waits for more: exit 0, state saved; the same command goes on."""
    from sim.cli import main as cli

    step = Shadow.step

    def then_a_signal(self, lines, at):
        step(self, lines, at)
        if lines:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Shadow, "step", then_a_signal)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.jsonl").write_text("".join(line(k, qty=3) + "\n" for k in range(5)))
    words = ["shadow", "input=f.jsonl", "stock={mask: 30}", "length_s=60", "out=a.jsonl", "strategy=fixed_count"]
    for extra in (range(5, 9), range(9, 9)):
        assert cli.main(words) == 0
        with (tmp_path / "f.jsonl").open("a") as file:
            file.writelines(line(k, qty=3) + "\n" for k in extra)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    err = capsys.readouterr().err
    assert "going on after line 5" in err
    assert json.loads((tmp_path / "a.metrics.json").read_text())["lines"]["used"] == 9
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "a.metrics.json", "a.rejects.jsonl", "a.state", "f.jsonl"]
    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) & 0o111 == 0
