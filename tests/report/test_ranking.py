"""The ranking of a sweep: its leaders, and what one choice for all worlds costs in the dearest of them."""

import io

import numpy as np
import pytest

from sim.app.progress import Progress
from sim.jobs.packed_part import packed
from sim.jobs.parts import Parts
from sim.jobs.plan import Plan
from sim.report.text import ranking
from sim.report.text.layout import duration
from sim.report.text.ranking import LEADERS, Ranking, leaders
from sim.score.profiles import PROFILES
from sim.setup.space import Candidate, Variant
from tests.study.small_show import show


def plan(candidates=30, worlds=2, replicates=3):
    teams = [Candidate(f"{'ab'[k % 2]}#{k:02d}", "ab"[k % 2], {"gate.n": k}, None) for k in range(candidates)]
    return Plan(
        [Variant(f"w{k}", show(), {"x": k}) for k in range(worlds)], teams, replicates, 1, PROFILES["balanced"], ranking.METRICS
    )


@pytest.fixture
def made(tmp_path):
    """Candidate k costs 100 + k in the first world and 500 - 10 k in the second; the b family 1,000 more in both."""
    study = plan()
    parts = Parts(tmp_path, study, "x")
    for chunk in parts.chunks:
        k = np.tile(np.arange(chunk.first, chunk.last), chunk.stop - chunk.start)
        values = np.ones((chunk.runs, len(study.metrics)))
        values[:, 0] = (100 + k if chunk.world == 0 else 500 - 10 * k) + 1000 * (k % 2)
        values[:, 1] = 2000.0
        parts.keep(chunk, packed(parts.digest, chunk, values))
    parts.assemble(tmp_path / "t.parquet")
    return Ranking(tmp_path / "t.parquet", study)


def test_the_cheapest_lead_and_every_family_is_there(made):
    first = made.lines[0]
    assert [line.strategy for line in first[:3]] == ["a#00", "a#02", "a#04"]
    assert len(first) == LEADERS + 1
    assert first[-1].strategy == "b#01"
    assert made.lines[1][0].strategy == "a#28"
    assert leaders(plan(), np.arange(30.0)) == list(range(12))


def test_all_worlds_together_names_the_dearest(made):
    """The second world decides: there a#28 costs 220, and a#00, best in the first, 500."""
    rows = made._overall()
    assert rows[0] == ["a#28", "1", "1", "174", "0", "w1", "220", "0"]
    assert ["a#14", "1", "1", "237", "63", "w1", "360", "140"] in rows


def test_what_is_printed(made):
    text = made.printed()
    assert "w0: 13 of 30 candidates, the leaders of all and of each family" in text
    assert "Best here: a#00 with gate.n=0." in text
    assert "all 2 worlds together" in text
    assert "~" not in text
    assert "The best of 30 owes part of its lead to luck" in text
    assert "`x=1`" in made.in_markdown()


def test_many_worlds_are_not_all_printed(made, monkeypatch):
    monkeypatch.setattr(ranking, "PRINTED", 1)
    assert "1 more worlds are in report.md" in made.printed()
    assert "World w1" in made.in_markdown()


def test_progress_says_rate_and_time_to_go(monkeypatch, capsys):
    clock = iter([0.0, 0.0, 20.0, 40.0])
    monkeypatch.setattr("sim.app.progress.time.monotonic", lambda: next(clock))
    bar = Progress("runs")
    for done in (400, 500, 1000):
        bar(done, 1000, "")
    bar.note("a worker died")
    lines = capsys.readouterr().err.splitlines()
    # What an earlier run had done does not count as today's: 100 runs in 20 s.
    assert lines == [
        "400/1,000 runs (0 s)",
        "500/1,000 runs (20 s, 5/s, 100 s to go)",
        "1,000/1,000 runs (40 s)",
        "a worker died",
    ]


def test_time_in_which_nothing_is_done_is_no_pace(monkeypatch, capsys):
    """Compiling: nothing done at 0 s, nothing at 60 s, then ten in 10 s; and a second stage of the same bar begins anew."""
    clock = iter([0.0, 0.0, 60.0, 70.0, 170.0, 171.0, 190.0])
    monkeypatch.setattr("sim.app.progress.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("sim.app.progress.QUIET_S", 5.0)
    bar = Progress("shows")
    for done in (0, 0, 10, 40, 0, 20):
        bar(done, 40, "")
    lines = capsys.readouterr().err.splitlines()
    assert lines[2:] == ["10/40 shows (70 s, 1/s, 30 s to go)", "40/40 shows (170 s)", "0/40 shows (171 s)",
                        "20/40 shows (190 s, 1.05/s, 19 s to go)"]  # fmt: skip


def test_a_bar_does_not_count_compiling(monkeypatch):
    monkeypatch.setattr("sys.stderr", type("Tty", (io.StringIO,), {"isatty": lambda self: True})())
    bar = Progress("shows")
    bar(0, 40, "compiling")
    bar.bar.start_t -= 60
    bar(0, 40, "")
    bar(10, 40, "")
    assert bar.bar.initial == 0
    assert bar.bar.format_dict["elapsed"] < 30


def test_times_in_words():
    assert [duration(s) for s in (0.2, 1.0, 59.2, 89.9, 91, 5900, 8000)] == [
        "1 s", "2 s", "60 s", "91 s", "2 min", "99 min", "2 h 14 min",
    ]  # fmt: skip


def test_progress_without_a_known_end_names_none(capsys):
    Progress("rows")(1200, 0, "a.csv")
    assert capsys.readouterr().err.startswith("1,200 rows, a.csv (")
