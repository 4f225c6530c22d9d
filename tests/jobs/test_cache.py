"""What a study keeps is what was made, or it is made again."""

import numpy as np
import pytest

from sim.jobs.cache import WORTH, Cache


def test_made_once_by_name(tmp_path):
    kept, calls = Cache(tmp_path), []
    for name in ("a", "b", "a"):
        rows = kept(name, lambda name=name: calls.append(name) or np.full((2, 3), ord(name)))
        assert (rows == ord(name)).all()
    assert calls == ["a", "b"]
    assert len(Cache(tmp_path)) == 2


@pytest.mark.parametrize("place", range(0, 300, 7))
def test_a_damaged_file_is_made_again(tmp_path, place):
    """Any byte: of the checksum, of the header that says how much there is, of the figures; and a file cut short."""
    wanted = np.arange(20.0).reshape(4, 5)
    Cache(tmp_path)("a", lambda: wanted)
    (file,) = tmp_path.glob(WORTH)
    whole = file.read_bytes()
    for damaged in (whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :], whole[:place]):
        file.write_bytes(damaged)
        calls = []
        rows = Cache(tmp_path)("a", lambda calls=calls: calls.append(1) or wanted)
        assert calls == [1]
        np.testing.assert_array_equal(rows, wanted)


def test_a_file_under_another_name_is_not_believed(tmp_path):
    kept = Cache(tmp_path)
    kept("a", lambda: np.zeros(3))
    (tmp_path / "a.cached").rename(tmp_path / "b.cached")
    assert kept("b", lambda: np.ones(3)).all()
