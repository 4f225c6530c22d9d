"""After a power cut: what was not flushed may be gone, and files may end anywhere; alerts are neither lost nor sent twice."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

from sim.jobs import durable
from sim.replay import StreamError
from sim.replay.shadow import Shadow, outbox, state
from tests.replay.feeds import followed, line, small, ways

EVERY = [pytest.param(1, marks=pytest.mark.long), 7]
"""Files are cut at every length, and in the daily run at every seventh."""
KEPT = ("lines", "kinds", "alerts", "readings", "late", "ended", "silent")
SENT = ("a.jsonl", "a.rejects")


def made(folder):
    return small(folder, stock=230, jump_s=200.0)


def feed() -> list[str]:
    """Alerts of two items, a double, lines that cannot be used; each line with a seq."""
    lines = [*(line(k, qty=6, seq=k) for k in range(1, 8)), line(3, qty=6, seq=8), "no JSON", line(8, sku="面膜", qty=42, seq=9),
             line(9, sku="nobody", seq=10), line(20, kind="restock", qty=300, seq=11), line(80, qty=320, seq=12),
             line(90, kind="restock", sku="面膜", qty=300, seq=13), '{"t": 140, "kind": "end", "seq": 14}']  # fmt: skip
    return lines


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run leaves that nothing interrupted: files by name, and its figures."""
    folder = tmp_path_factory.mktemp("whole")
    alerts, metrics = followed(made(folder), feed(), folder)
    assert alerts.count(b"\n") >= 4
    return {name: (folder / name).read_bytes() for name in (*SENT, "a.state", "a.feed")}, metrics


@pytest.fixture
def quick(tmp_path):
    """An empty folder, in memory where there is one: these tests make thousands of files."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


def laid(folder, whole) -> None:
    """The files as a run left them."""
    for name, data in whole[0].items():
        (folder / name).write_bytes(data)


def again(folder, whole, **more) -> dict:
    """Run the same command; everything must be as if nothing had happened."""
    metrics = Shadow(made(folder), ways(folder, **more), lambda text: None).run()
    for name in SENT:
        assert (folder / name).read_bytes() == whole[0][name], name
    assert {k: metrics[k] for k in KEPT} == {k: whole[1][k] for k in KEPT}
    return metrics


# -- what was not flushed is gone -----------------------------------------------------------------------------


class Cut(BaseException):
    """The power is gone."""


class Disk:
    """Follows what is on the disk for certain. ``left``: operations until the power goes."""

    def __init__(self, left: int, patch: pytest.MonkeyPatch) -> None:
        self.left, self.flushed, self.renamed = left, {}, {}
        put, fsync, replace = outbox._put, os.fsync, os.replace

        def tick():
            self.left -= 1
            if not self.left:
                raise Cut

        def torn(fd, data):
            tick()
            put(fd, data[: len(data) // 2])
            tick()
            put(fd, data[len(data) // 2 :])
            tick()

        def flush(fd):
            tick()
            fsync(fd)
            if os.path.isdir(name := os.readlink(f"/proc/self/fd/{fd}")):
                self.renamed = {path: old for path, old in self.renamed.items() if os.path.dirname(path) != name}
            else:
                self.flushed[os.fstat(fd).st_ino] = Path(name).read_bytes()
            tick()

        def rename(old, new):
            tick()
            self.renamed.setdefault(str(new), self.kept(new) if os.path.exists(new) else None)
            replace(old, new)
            tick()

        patch.setattr(outbox, "_put", torn)
        patch.setattr(durable.os, "fsync", flush)
        patch.setattr(durable.os, "replace", rename)

    def kept(self, path) -> bytes:
        """What of a file is on the disk for certain."""
        return self.flushed.get(os.stat(path).st_ino, b"")

    def lose(self, path, how: str) -> None:
        """Take away what was not flushed: all of it, half of it, or its pages are zeros."""
        if str(path) in self.renamed and how in ("all", "rename"):
            old = self.renamed[str(path)]
            path.unlink() if old is None else path.write_bytes(old)
        elif path.exists() and how != "rename":
            kept, now = self.kept(path), path.read_bytes()
            rest = now[len(kept) :]
            path.write_bytes(kept + {"all": b"", "half": rest[: len(rest) // 2], "zeros": bytes(len(rest))}[how])


@pytest.mark.parametrize("resend", ["start", "seq"])
def test_the_power_goes_at_any_moment(quick, monkeypatch, whole, resend):
    """With ``seq`` nothing is made again, so the order of flushing alone must do."""
    cuts, k = 0, 0
    while True:
        k += 1
        folder = quick / str(k)
        for how in ("all", "half", "zeros", "rename"):
            place = folder / how
            place.mkdir(parents=True)
            (place / "a.feed").write_bytes(whole[0]["a.feed"])
            with monkeypatch.context() as patch:
                disk = Disk(k, patch)
                try:
                    Shadow(made(place), ways(place, resend=resend, save_events=3), lambda text: None).run()
                    assert cuts > 100
                    return
                except Cut:
                    cuts += 1
            for name in (*SENT, "a.state"):
                disk.lose(place / name, how)
            again(place, whole, resend=resend)


# -- files end anywhere ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", EVERY)
def test_a_state_of_any_length_is_known_for_what_it_is(quick, whole, step):
    """Only the whole state is one; what is left of one is never taken for somebody else's file."""
    data = whole[0]["a.state"]
    for length in range(0, len(data), step**3):
        (quick / "s").write_bytes(data[:length])
        with pytest.raises(state.Unusable, match="is empty or damaged"):
            state.load(quick / "s")
    for page in range(0, len(data), 4096):
        (quick / "s").write_bytes(data[:page] + bytes(len(data[page : page + 4096])) + data[page + 4096 :])
        with pytest.raises(state.Unusable):
            state.load(quick / "s")


def lengths(data: bytes, step: int) -> list[int]:
    """Every so many bytes, and round every end of a line."""
    ends = [k for k, byte in enumerate(data) if byte == 10]
    return sorted({*range(0, len(data) + 1, step), *(end + d for end in ends for d in (0, 1, 2) if end + d <= len(data))})


@pytest.mark.parametrize("step", EVERY)
@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("zeros", [False, True], ids=["cut", "zeros"])
def test_outputs_of_any_length_are_made_whole(quick, whole, name, zeros, step):
    """The state is good and stands at the end; the tail is made again from the feed."""
    data = whole[0][name]
    for length in lengths(data, step):
        laid(quick, whole)
        (quick / name).write_bytes(data[:length] + bytes(len(data) - length if zeros else 0))
        again(quick, whole)


@pytest.mark.parametrize("step", EVERY)
@pytest.mark.parametrize("spoil", ["missing", "empty", "half", "of another version"])
def test_without_a_state_outputs_of_any_length_are_made_whole(quick, whole, spoil, step):
    data, kept = whole[0]["a.jsonl"], whole[0]["a.state"]
    changed = {"empty": b"", "half": kept[: len(kept) // 2], "of another version": older(quick, kept)}
    for length in lengths(data, step * (1 if spoil == "missing" else 41)):
        laid(quick, whole)
        (quick / "a.jsonl").write_bytes(data[:length])
        (quick / "a.rejects").write_bytes(whole[0]["a.rejects"][: length % 50])
        (quick / "a.state").write_bytes(changed[spoil]) if spoil in changed else (quick / "a.state").unlink()
        again(quick, whole)
        if changed.get(spoil):
            assert (quick / "a.state.damaged").read_bytes() == changed[spoil], "it is set aside, not thrown away"


def older(folder, kept) -> bytes:
    """A state as another version wrote it."""
    (folder / "s").write_bytes(kept)
    head, arrays = state.load(folder / "s")  # type: ignore[misc]
    state.save(folder / "s", head | {"version": 1}, arrays)
    return (folder / "s").read_bytes()


def test_an_old_state_goes_on_through_what_is_there(quick, whole, monkeypatch):
    """A state from before any number of alerts, and the outputs of the end."""
    states, plain = [], state.write_whole
    with monkeypatch.context() as patch:
        patch.setattr(state, "write_whole", lambda path, data: (states.append(bytes(data)), plain(path, data)))
        followed(made(quick), feed(), quick, save_events=1)
    assert len(states) >= 3
    for old in states:
        for resend in ("start", "seq"):
            laid(quick, whole)
            (quick / "a.state").write_bytes(old)
            again(quick, whole, resend=resend)


# -- alerts about the feed itself -----------------------------------------------------------------------------


def test_alerts_that_no_feed_makes_are_kept_where_anything_knows_them(quick):
    """Silence is told by the clock: it is taken from the state, else from what ``out`` still has."""
    lines = [line(k, qty=40) + "\n" for k in range(1, 5)]
    (quick / "a.feed").write_text("".join(lines[:2]))
    shadow = Shadow(made(quick), ways(quick, follow=True, silent_s=5), lambda text: None, now=lambda: 1.7e9)
    for quiet_s, new in ((0.0, 2), (9.0, 0), (0.0, 2), (9.0, 0)):
        if new and shadow.reader.number:
            (quick / "a.feed").write_text("".join(lines))
        if got := shadow.source.read(0.0):
            shadow.step(got, 0.0)
        shadow._silence(quiet_s, bool(got))
    shadow.stop()
    shadow.run()
    sent = (quick / "a.jsonl").read_bytes()
    assert [json.loads(text)["strategy"] for text in sent.splitlines()].count("feed") == 3
    saved, before = (quick / "a.state").read_bytes(), sent[: sent.rindex(b"\n", 0, -1) + 1]
    for length in lengths(sent, 23):
        (quick / "a.jsonl").write_bytes(sent[:length])
        (quick / "a.state").write_bytes(saved)
        Shadow(made(quick), ways(quick), lambda text: None).run()
        assert (quick / "a.jsonl").read_bytes() == sent
    for length in range(len(before), len(sent) + 1):
        (quick / "a.jsonl").write_bytes(sent[:length])
        (quick / "a.state").unlink()
        Shadow(made(quick), ways(quick), lambda text: None).run()
        assert (quick / "a.jsonl").read_bytes() == (sent if length == len(sent) else before), "a torn one was never sent"


# -- where it cannot be made again ----------------------------------------------------------------------------

NOT_KEPT = [
    ({"source": "-"}, lambda d: (d / "a.state").unlink(), "no state beside it .*input=FILE"),
    ({"source": "-"}, lambda d: (d / "a.state").write_bytes(b""), "is empty or damaged, .*input=FILE"),
    ({"resend": "new"}, lambda d: (d / "a.jsonl").write_bytes(b""), "is not as the state left it .*input=FILE"),
    ({"resend": "new"}, lambda d: (d / "a.rejects").write_bytes(b""), "is not as the state left it .*input=FILE"),
    ({"resend": "seq"}, lambda d: (d / "a.state").write_bytes(b"PK"), "is empty or damaged, .*input=FILE"),
    ({"wall": True}, lambda d: (d / "a.state").unlink(), "clock=wall"),
    ({}, lambda d: ((d / "a.state").unlink(), (d / "a.feed").write_text(line(1) + "\n")), "holds more than .* makes"),
    (
        {},
        lambda d: ((d / "a.state").unlink(), (d / "a.feed").write_text("\n".join([line(9, qty=95), line(20), ""]))),
        "holds something else",
    ),
]


@pytest.mark.parametrize(("more", "spoil", "says"), NOT_KEPT)
def test_what_cannot_be_made_again_is_said_and_left_alone(quick, whole, more, spoil, says):
    laid(quick, whole)
    spoil(quick)
    before = {p.name: p.read_bytes() for p in quick.iterdir()}
    with pytest.raises(StreamError, match=says) as caught:
        Shadow(made(quick), ways(quick, **more), print).run()
    assert "\n" not in str(caught.value)
    assert {p.name: p.read_bytes() for p in quick.iterdir()} == before


def test_a_disk_that_fails_is_said(quick, monkeypatch):
    (quick / "a.feed").write_text(line(1, qty=45) + "\n")

    def failing(fd):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(durable.os, "fsync", failing)
    with pytest.raises(StreamError, match="Input/output error"):
        Shadow(made(quick), ways(quick), print).run()
