"""Beyond one machine: a real scheduler and real worker processes play the same bytes, and losing a worker loses nothing."""

from pathlib import Path

import pytest

from sim.cli import main as cli
from sim.jobs.pool import pool
from tests.cli.conftest import SHOW
from tests.events import LIMIT_S, until
from tests.jobs.dask_here import Cluster

pytest.importorskip("distributed", reason="the cluster tests need dask[distributed]")

WORDS = ["sweep", "scenario=tiny.yaml", "strategy=[fixed_count,./mine.py]", "strategy.fixed_count.units=range(1,20,2)",
         "replicates=32"]  # fmt: skip
"""11 candidates x 32 shows in 32 chunks; one strategy is a user's file."""
MINE = """\
from dataclasses import replace

from strategies.fixed_count import STRATEGY as S, fold as line


def fold(p, m, s):
    return min(2, line(p, m, s))


STRATEGY = replace(S, name="mine", fold=fold)
"""


@pytest.fixture(autouse=True)
def _tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")


@pytest.fixture
def cluster(tmp_path_factory):
    """A scheduler with two worker processes."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster
    finally:
        cluster.close()


def test_a_cluster_plays_the_same_bytes_and_survives_the_loss_of_a_worker(cluster, tmp_path):
    """Two workers, a user's strategy among what they play; the second sweep loses a worker after four chunks."""
    address = cluster.address
    assert cli.main([*WORDS, "out=alone", "workers=1"]) == 0
    whole = {p.name: p.read_bytes() for p in (tmp_path / "alone").glob("*.parquet")}
    dask = ["engine=dask", f"address={address}"]
    assert cli.main([*WORDS, "out=both", *dask]) == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "both").glob("*.parquet")} == whole
    lost = _losing(cluster, tmp_path / ".left-sweep")
    assert cli.main([*WORDS, "out=left", *dask]) == 0
    assert lost() > 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "left").glob("*.parquet")} == whole


@pytest.mark.parametrize(("words", "table"), [
    (["breakpoint", "strategy=fixed_count", "dials=[feed_lag]", "replicates=10", "steps=1"], "breakpoints"),
    (["sensitivity", "strategy=fixed_count", "strategy.units=interval(1,20)", "scenario.shoppers.buy_rate=interval(.02,.06)",
      "points=8", "replicates=2"], "sensitivity"),
])  # fmt: skip
def test_other_studies_play_on_a_cluster_too(cluster, tmp_path, words, table):
    dask = ["engine=dask", f"address={cluster.address}"]
    for out, who in (("alone", ["workers=1"]), ("both", dask)):
        assert cli.main([*words, "scenario=tiny.yaml", f"out={out}", *who]) == 0
    one, other = ((tmp_path / out / f"{table}.parquet").read_bytes() for out in ("alone", "both"))
    assert one == other


def _losing(cluster: Cluster, parts: Path):
    """Kill a worker once four parts are there, beside what is going on; the answer says how many were when it happened."""
    import threading

    losses = []

    def watch() -> None:
        counts = [0]

        def enough() -> bool:
            counts.append(len(list(parts.glob("part-*.figures"))))
            return counts[-1] >= 4

        until(enough)
        cluster.lose(0)
        losses.append(counts[-1])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def joined() -> int:
        thread.join(timeout=LIMIT_S)
        return losses[0] if losses and losses[0] < 30 else 0

    return joined


def test_a_scheduler_that_is_not_there_is_one_sentence(capsys):
    assert cli.main([*WORDS, "engine=dask", "address=tcp://127.0.0.1:1"]) == 2
    err = capsys.readouterr().err
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:1'" in err
    assert err.count("\n") == 1


def test_an_address_that_is_none(capsys):
    with pytest.raises(ValueError, match="no Dask scheduler answers"), pool("dask", "tcp://", 1):
        pass


def test_ray_plays_the_same_bytes(tmp_path):
    pytest.importorskip("ray", reason="needs ray, which is an extra")
    for out, engine in (("alone", "local"), ("ray", "ray")):
        assert cli.main([*WORDS, "replicates=4", f"out={out}", f"engine={engine}", "workers=1"]) == 0
    assert (tmp_path / "ray" / "trials.parquet").read_bytes() == (tmp_path / "alone" / "trials.parquet").read_bytes()
