"""Parts of a sweep: whole, checked, and put together to the same bytes; a damaged one is found, whatever the damage."""

import numpy as np
import pandas as pd
import pytest

from sim.jobs.folder import FolderError
from sim.jobs.packed_part import packed, unpacked
from sim.jobs.parts import Damaged, Parts, opened
from sim.jobs.plan import Plan
from sim.jobs.work_folder import differences, work_folder
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.setup.space import Candidate, Variant
from sim.study.standing import means, settings_table, shows_of
from tests.study.small_show import show

METRICS = ("J", "recall")
POLICY = make_policy("fixed_count")


def plan(worlds=2, candidates=3, replicates=5):
    teams = [Candidate(f"c{k}", "abc"[k % 3], {"gate.n": k, "operations.name": "human"}, POLICY) for k in range(candidates)]
    return Plan([Variant(f"w{k}", show(), {}) for k in range(worlds)], teams, replicates, 1, PROFILES["balanced"], METRICS)


def values(chunk):
    figures = np.arange(chunk.runs * 2, dtype=float).reshape(-1, 2) + 1000 * chunk.number
    figures[0, 1] = np.nan
    return figures


@pytest.fixture
def parts(tmp_path):
    parts_of = Parts(tmp_path, plan(), "digest")
    for chunk in parts_of.chunks:
        parts_of.keep(chunk, packed(parts_of.digest, chunk, values(chunk)))
    return parts_of


def test_parts_come_back_as_they_were(parts):
    assert parts.missing() == ([], 0)
    for chunk in parts.chunks:
        np.testing.assert_array_equal(parts.read(chunk).T, values(chunk))
    assert not list(parts.folder.glob("*.tmp"))


def test_the_table_is_dense_ordered_and_the_same_to_the_byte(parts, tmp_path):
    for name in ("a", "b"):
        parts.assemble(tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table.columns) == ["world", "candidate", "replicate", *METRICS]
    keys = [(f"w{w}", f"c{c}", r) for w in range(2) for r in range(5) for c in range(3)]
    assert list(table[["world", "candidate", "replicate"]].itertuples(index=False, name=None)) == keys
    np.testing.assert_array_equal(table[["J", "recall"]], np.concatenate([values(c) for c in parts.chunks]))
    means_of = means(tmp_path / "a.parquet", parts.plan)
    wanted = table.groupby(["world", "candidate"])["J"].mean().to_numpy().reshape(2, 3)
    np.testing.assert_allclose(means_of, wanted)
    shows = shows_of(tmp_path / "a.parquet", parts.plan, 1, [0, 2], ["J"])
    part = table[(table["world"] == "w1") & (table["candidate"] != "c1")]
    assert shows["strategy"].tolist() == part["candidate"].tolist()
    assert shows["J"].tolist() == part["J"].tolist()


def test_rows_of_candidates_that_played_alike_are_kept_once(parts):
    """Which ones a run has; NaNs and negative zeros keep their bits."""
    chunk = parts.chunks[0]
    row = np.array([np.nan, -0.0])
    alike = np.tile(row, (chunk.runs, 1))
    content = packed(parts.digest, chunk, alike)
    assert unpacked(parts.digest, chunk, content, 2).tobytes() == np.ascontiguousarray(alike.T).tobytes()
    different = np.random.Generator(np.random.PCG64(1)).random((chunk.runs, 2))
    assert unpacked(parts.digest, chunk, packed(parts.digest, chunk, different), 2).tobytes() == different.T.tobytes()
    assert len(content) < len(packed(parts.digest, chunk, different))


def spoil(path, how):
    """Damage a file as disks and interrupted copies do."""
    text = path.read_bytes()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "half":
        path.write_bytes(text[: len(text) // 2])
    elif how == "text":
        path.write_text("not parquet")
    elif how == "bit":
        middle = len(text) // 8
        path.write_bytes(text[:middle] + bytes([text[middle] ^ 1]) + text[middle + 1 :])
    elif how == "folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["empty", "half", "text", "bit", "folder"])
def test_a_damaged_part_is_missing_and_never_a_crash(parts, how, tmp_path):
    chunk = parts.chunks[3]
    spoil(parts.path(chunk), how)
    assert parts.missing() == ([chunk], 1)
    with pytest.raises(Damaged):
        parts.assemble(tmp_path / "t.parquet")
    if how != "folder":
        parts.keep(chunk, packed(parts.digest, chunk, values(chunk)))
        assert parts.missing() == ([], 0)


def test_every_changed_byte_is_noticed(parts):
    """Any single byte of a part turned over either leaves the figures as they were or is found: never other figures."""
    chunk = parts.chunks[0]
    whole = parts.path(chunk).read_bytes()
    noticed = 0
    for k in range(len(whole)):
        parts.path(chunk).write_bytes(whole[:k] + bytes([whole[k] ^ 0x10]) + whole[k + 1 :])
        try:
            np.testing.assert_array_equal(parts.read(chunk).T, values(chunk))
        except Damaged:
            noticed += 1
    assert noticed > 20


def test_parts_of_another_sweep_or_chunk_do_not_count(parts):
    assert len(Parts(parts.folder, plan(), "other").missing()[0]) == len(parts.chunks)
    parts.path(parts.chunks[0]).write_bytes(parts.path(parts.chunks[1]).read_bytes())
    assert parts.missing() == ([parts.chunks[0]], 1)


def test_a_resume_says_what_changed(tmp_path):
    final = tmp_path / "deep" / "res"
    facts = {"replicates": 5, "strategy": {"a": {"units": None}}, "varied": {"gate.n": [1, 2]}}
    with opened(final, plan(), facts) as parts:
        parts.keep(parts.chunks[0], packed(parts.digest, parts.chunks[0], values(parts.chunks[0])))
    with opened(final, plan(), facts) as again:
        assert again.folder == work_folder(final)
        assert again.missing() == (again.chunks[1:], 0)
    says = r"replicates was 5, is 6; strategy\.a\.units was not set, is 3; varied.*\[1, 2\].*\[1, 3\]"
    other = {"replicates": 6, "strategy": {"a": {"units": 3}}, "varied": {"gate.n": [1, 3]}}
    with pytest.raises(FolderError, match=says), opened(final, plan(), other):
        pass
    assert not final.exists()


def test_a_sweep_that_played_nothing_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), opened(tmp_path / "deep" / "res", plan(), {}):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_share_a_sweep(tmp_path):
    with (
        opened(tmp_path / "res", plan(), {}),
        pytest.raises(FolderError, match=r"process \d+ plays"),
        opened(tmp_path / "res", plan(), {}),
    ):
        pass


def test_a_note_that_was_cut_short_is_written_anew(tmp_path):
    with opened(tmp_path / "res", plan(), {"a": 1}) as parts:
        parts.keep(parts.chunks[0], packed(parts.digest, parts.chunks[0], values(parts.chunks[0])))
    (work_folder(tmp_path / "res") / "sweep.json").write_text('{"a": ')
    with opened(tmp_path / "res", plan(), {"a": 1}) as parts:
        assert parts.missing()[0] == parts.chunks[1:]
    with pytest.raises(FolderError, match="a was 1, is 2"), opened(tmp_path / "res", plan(), {"a": 2}):
        pass


def test_differences_are_named_by_setting():
    assert list(differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 1}, "d": 3})) == ["c was 2, is not set", "d was not set, is 3"]


def test_names_are_explained_in_tables_that_can_be_written(tmp_path):
    candidates, worlds = settings_table(plan())
    assert list(candidates.columns) == ["candidate", "family", "gate.n", "operations.name"]
    assert list(worlds["scenario"]) == ["small", "small"]
    candidates.to_parquet(tmp_path / "c.parquet")


def test_a_reader_that_has_gone_is_no_fault_of_the_study(tmp_path):
    """As in ``| head``: not said to be a disk that is full."""
    with pytest.raises(BrokenPipeError), opened(tmp_path / "res", plan(), {}):
        raise BrokenPipeError
    with pytest.raises(FolderError, match=r"No space left.*nothing was finished"), opened(tmp_path / "res", plan(), {}):
        raise OSError(28, "No space left on device")
