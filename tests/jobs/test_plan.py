"""The plan of a sweep covers every run once, is cut the same way for every crew, and travels as plain data."""

import dataclasses
import itertools

import numpy as np
import pytest

from sim.jobs.plan import BLOCK, PARTS, Plan, order, play_chunk
from sim.jobs.serialise import pack, unpack
from sim.score.profiles import PROFILES
from sim.setup.space import Axis, make_candidates, make_worlds
from tests.study.small_show import config

MADE = config("fixed_count", "smart")


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")


def plan(points=3, replicates=4, worlds=1, seed=1, **changes):
    settings = config("fixed_count", "smart", **changes)
    lags = [Axis("scenario.feed.lag_s", values=tuple(float(k) for k in range(1, worlds + 1)))] if worlds > 1 else []
    axes = [Axis("strategy.fixed_count.units", 1, 30)]
    found = make_worlds({"small": settings["scenario"]}, lags, "grid", 1, 1)
    return Plan(found, make_candidates(settings, axes, "lhs", points, 1), replicates, seed, PROFILES["balanced"])


@pytest.mark.parametrize(("n", "replicates", "worlds"), [(1, 1, 1), (5, 1000, 1), (500, 200, 2), (2500, 7, 1), (1025, 30, 1),
                                                     (1025, 10_000, 1), (3, 500_000, 40)])  # fmt: skip
def test_chunks_cover_every_run_once_and_in_order(n, replicates, worlds):
    sized = Plan([None] * worlds, [None] * n, replicates, 1, PROFILES["balanced"])
    chunks = sized.chunks()
    assert [c.number for c in chunks] == list(range(len(chunks)))
    assert sum(c.runs for c in chunks) == sized.runs == n * replicates * worlds
    assert len(chunks) <= 3 * PARTS + 64 * worlds
    assert min(c.runs for c in chunks[:-1] or chunks) >= max(c.runs for c in chunks) // 3
    starts = [(c.world, c.start, c.first) for c in chunks]
    assert starts == sorted(starts)
    for a, b in itertools.pairwise(chunks):
        # The next chunk goes on with the next candidates of this replicate, or the next replicates, or the next world.
        assert (b.world, b.start, b.first) in {(a.world, a.start, a.last), (a.world, a.stop, 0), (a.world + 1, 0, 0)}
    if sized.split:
        assert all(c.stop - c.start == 1 and c.last - c.first <= BLOCK for c in chunks)


def test_a_small_study_still_keeps_many_workers_busy():
    assert len(Plan([None], [None] * 5, 100, 1, PROFILES["balanced"]).chunks()) >= 64


def test_a_chunk_is_played_from_plain_data():
    planned_study = plan()
    chunk = planned_study.chunks()[2]
    values = play_chunk(order(planned_study, chunk), chunk)
    from sim.jobs.trials import play_trials

    direct = play_trials(
        planned_study.worlds[0], planned_study.candidates, range(chunk.start, chunk.stop), 1, planned_study.profile
    )
    np.testing.assert_array_equal(values, direct.reshape(-1, len(planned_study.metrics)))


def test_the_digest_tells_studies_apart_and_not_where_files_lie():
    base = plan().digest()
    assert base == plan(replicates=9).digest()
    others = [plan(points=4), plan(worlds=2), plan(seed=2), plan(gate=config()["gate"] | {"cooldown_s": 31})]
    others.append(dataclasses.replace(plan(), profile=PROFILES["never_oversell"]))
    assert len({base, *(p.digest() for p in others)}) == 6


def test_a_users_strategy_travels_with_its_text(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    source = "from dataclasses import replace\nfrom strategies.fixed_count import STRATEGY as S, fold as _f\n\n\n"
    source += "def fold(p, m, s):\n    return min(2, _f(p, m, s))\n\n\nSTRATEGY = replace(S, name='mine', fold=fold)\n"
    (here / "mine.py").write_text(source)
    from sim.setup.policies import make_policy

    packed = pack(make_policy(str(here / "mine.py"), {"units": 7}, label="x"))
    assert packed.origin.files == (("mine.py", source.encode()),)
    elsewhere = packed._replace(origin=packed.origin._replace(path=str(there / "mine.py")))
    for policy in (unpack(packed), unpack(elsewhere)):
        assert (policy.name, policy.strategy.name, policy.params[0, 0]) == ("x", "mine", 7.0)
    assert unpack(elsewhere).strategy is unpack(elsewhere).strategy
