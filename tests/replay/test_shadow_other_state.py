"""A state that does not fit: other settings, another file, two at once."""

import json
import os

import numpy as np
import pytest

from sim.replay import StreamError
from sim.replay.shadow import Shadow, outbox, state
from tests.replay.feeds import followed, line, small, ways
from tests.replay.shadow_records import Killed


def test_alerts_are_said_again_on_standard_output_only_where_nobody_knows(tmp_path, capfd, monkeypatch):
    """Standard output keeps no account: after a crash between state and alert the same lines, same numbers, come again."""
    text = "".join(line(k, qty=3) + "\n" for k in range(12)).encode()
    (tmp_path / "a.feed").write_bytes(text)
    plan, where = small(tmp_path), ways(tmp_path, out=None)
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_put", lambda fd, data: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            Shadow(plan, where, print).run()
    capfd.readouterr()
    Shadow(plan, where, lambda text: None).run()
    first = capfd.readouterr().out
    Shadow(plan, where, lambda text: None).run()
    assert [json.loads(text)["n"] for text in first.splitlines()] == [1, 2]
    assert capfd.readouterr().out == ""


def test_a_changed_setting_is_named(tmp_path):
    followed(small(tmp_path), [line(1)], tmp_path)
    saved = (tmp_path / "a.state").read_bytes()
    other = small(tmp_path)
    other = type(other)(**{**vars(other), "bound_to": {"gate": {"n": 2.0}, "zone": "UTC"}})
    with pytest.raises(StreamError, match=r"gate was not set, is .*n.*; zone was not set, is \"UTC\""):
        Shadow(other, ways(tmp_path), print)
    assert (tmp_path / "a.state").read_bytes() == saved


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: (d / "a.state").write_bytes(b"junk"), "is not a state of stockcue shadow"),
        (lambda d: (d / "a.jsonl").write_text((d / "a.jsonl").read_text() + "more\n"), "holds more than"),
        (lambda d: (d / "a.jsonl").write_text("other\n" + (d / "a.jsonl").read_text()), "holds something else at byte 0"),
        (lambda d: (d / "a.feed").write_text(line(9) + "\n"), "bytes, but state="),
        (lambda d: (d / "a.feed").write_text((d / "a.feed").read_text().replace("mask", "task")), "does not begin with"),
        (lambda d: (d / "a.feed").unlink(), "is not there"),
    ],
)
def test_what_does_not_fit_the_state_is_refused(spoil, says, tmp_path):
    got, _ = followed(small(tmp_path), [*(line(k, qty=3) for k in range(9)), "no JSON"], tmp_path)
    assert got
    spoil(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix != ".metrics"}
    with pytest.raises(StreamError, match=says) as caught:
        Shadow(small(tmp_path), ways(tmp_path), print).run()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix != ".metrics"} == before
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("shared", ["out", "state", "rejects", "metrics"])
def test_two_shadows_cannot_write_one_file(tmp_path, shared):
    """Each file has one writer, and the sentence names it."""
    (tmp_path / "a.feed").touch()
    first = ways(tmp_path)
    running = Shadow(small(tmp_path), first, print)
    other = ways(tmp_path, "b", source=first.source, **{shared: getattr(first, shared)})
    with pytest.raises(StreamError, match=rf"process {os.getpid()} is writing .*; stop it, or choose another {shared}="):
        Shadow(small(tmp_path), other, print)
    running.run()
    assert not [p.name for p in tmp_path.iterdir() if p.suffix == ".lock"]


def test_a_state_is_the_same_bytes_for_the_same_lines(tmp_path):
    """Nothing of the machine or the moment but the lags gets into it."""
    contents = []
    for name in ("a", "b"):
        followed(small(tmp_path), [line(k, id=k) for k in range(9)], tmp_path, name)
        head, arrays = state.load(tmp_path / f"{name}.state")
        contents.append((head | {"busy_s": 0}, {k: v.tolist() for k, v in arrays.items() if not k.startswith("lag_")}))
    assert contents[0] == contents[1]
    assert np.array(contents[0][1]["ids_young"]).shape == (9,)
