"""A full disk, a closed pipe, a terminal that cannot be written to: results are kept, and one sentence says what happened."""

import errno
import io
import os
import shlex

import pytest

from sim.app.pictures import save
from sim.app.progress import Terminal
from sim.app.result import load
from sim.cli import main as cli
from sim.cli.endings import FAILED, INTERRUPTED, OK, ended
from sim.jobs.folder import no_room, run_folder

QUICK = ["rehearse", "scenario=first_show", "strategy=fixed_count", "replicates=2", "figure=none"]


class Broken(io.StringIO):
    """A stream nobody can write to."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error

    def fileno(self):
        return os.open(os.devnull, os.O_WRONLY)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), BrokenPipeError(errno.EPIPE, "Broken pipe")])
def test_what_cannot_be_told_on_the_way_stops_nothing(tmp_path, monkeypatch, capsys, error):
    monkeypatch.setattr("sys.stderr", Broken(error))
    assert cli.main([*QUICK, f"out={tmp_path / 'r'}"]) == 0
    assert (tmp_path / "r/manifest.json").is_file()
    assert "fixed_count" in capsys.readouterr().out


def test_a_full_disk_under_the_output_says_where_the_results_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", Broken(OSError(errno.ENOSPC, "No space left on device")))
    assert cli.main([*QUICK, f"out={tmp_path / 'r'}"]) == FAILED
    monkeypatch.undo()
    assert f"what was found is in '{tmp_path / 'r'}', but it could not be printed: No space left" in capsys.readouterr().err
    assert (tmp_path / "r/scores.parquet").is_file()


def test_the_table_is_told_before_the_pictures_and_once(tmp_path, monkeypatch, capsys):
    """It lies in its folder by then, whole; what is told in the end is what a Result says of itself."""
    heard = []

    def drawn(figure, path):
        heard.append((capsys.readouterr().out, sorted(p.name for p in (tmp_path / "r").iterdir()), load(tmp_path / "r").table))
        save(figure, path)

    monkeypatch.setattr("sim.app.pictures.save", drawn)
    assert cli.main([*QUICK[:-1], f"out={tmp_path / 'r'}"]) == OK
    ((early, there, table),) = heard
    assert early.startswith("scenario first_show, 2 shows")
    assert "left on the table" in early
    assert {"scores.parquet", "chains.parquet", "report.md", "manifest.json"} <= set(there)
    assert "timeline.png" not in there
    assert list(table["strategy"]) == list(load(tmp_path / "r").table["strategy"])
    assert f"{early}{capsys.readouterr().out}" == f"{load(tmp_path / 'r')}\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_what_stops_the_pictures_costs_no_figure(tmp_path, monkeypatch, capsys, error):
    def stopped(_figure, _path):
        raise error

    monkeypatch.setattr("sim.app.pictures.save", stopped)
    assert cli.main([*QUICK[:-1], f"out={tmp_path / 'r'}"]) in (FAILED, INTERRUPTED)
    assert f"what was found is in '{tmp_path / 'r'}', without its pictures and its page" in capsys.readouterr().err
    assert len(load(tmp_path / "r").scores) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r"]


def test_a_reader_that_has_gone_before_the_first_line_loses_nothing(tmp_path, monkeypatch):
    """The estimate of a sweep was the first line; the sweep ended there, well and with nothing played."""
    monkeypatch.setattr("sys.stdout", Broken(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    words = ["sweep", "strategy=fixed_count", "strategy.units=10,20", "replicates=2", "workers=1", f"out={tmp_path / 'r'}"]
    assert cli.main(words) == OK
    assert (tmp_path / "r/trials.parquet").is_file()


def test_no_room_for_a_run_folder_is_one_sentence(tmp_path, capsys):
    def write():
        with run_folder(tmp_path / "r", "rehearse") as folder:
            (folder / "half").write_text("x")
            raise OSError(errno.ENOSPC, "No space left on device")

    assert ended(write) == FAILED
    err = capsys.readouterr().err
    assert "there is no room for the results in" in err
    assert "No space left on device" in err
    assert [p.name for p in tmp_path.iterdir() if "lock" not in p.name] == []


def test_how_others_tell_of_a_full_disk():
    assert no_room(OSError("Error writing bytes to file. Detail: [errno 27] File too large")) == errno.EFBIG
    assert no_room(OSError(errno.EACCES, "Permission denied")) is None
    assert no_room(ValueError("[errno 28]")) is None


def test_words_that_this_python_cannot_read_are_refused(capsys):
    assert cli.main(["ingest", "files=\udce6\udc8a\udc96.xlsx"]) == 2
    assert "cannot read the words of the command" in capsys.readouterr().err


def test_a_code_page_is_called_by_its_name(monkeypatch, capsys):
    page = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr("sys.stdout", page)
    assert cli.main(["list", "面膜"]) == 2
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    assert cli.main(["list", "面膜"]) == 2
    told = __import__("sys").stderr
    told.flush()
    text = told.buffer.getvalue().decode("cp1252")
    assert "this terminal (cp1252) cannot show some characters" in text
    assert "charmap" not in text
    Terminal().say("x")


REFUSED = """
rehearse figure_replicate=9 replicates=5
rehearse figure=foo
rehearse out=o.csv
rehearse out=o.csv/below
stock uncertain=true
export strategy=smart
breakpoint dials=foo
breakpoint only=foo
sweep strategy=fixed_count
sweep strategy=fixed_count strategy.units=10,20 select=kn
sweep strategy=fixed_count strategy.units=10,20 address=tcp://here:1
tune strategy=fixed_count
tune strategy=fixed_count strategy.units=interval(20,400) objectives=foo
tune strategy=fixed_count strategy.units=interval(20,400) engine=dask
sensitivity strategy=fixed_count strategy.units=interval(20,400)
replay
replay stream=example figure_sku=foo
replay stream=example diff=true strategy=smart
replay stream=example actions=foo.csv
review stream=example
review stream=foo.csv strategy=smart
calibrate stream=example sku=foo
ingest files=foo.csv
ingest files=o.csv mapping=doudian_orders
ingest files=o.csv zone=+24:00
ingest files=o.csv out=o.csv
shadow strategy=smart input=foo.jsonl stock={A:5} length_s=60
shadow strategy=smart input=- stock=foo.csv length_s=60
"""


@pytest.mark.parametrize("typed", REFUSED.strip().splitlines())
def test_cfg_refuses_what_the_run_refuses_in_the_same_words(tmp_path, monkeypatch, capsys, typed):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o.csv").write_text("order_id,time,sku\n1,2026-06-18 20:00:01,A\n", encoding="utf-8")
    words = shlex.split(typed)
    assert cli.main([*words, "--cfg"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]
    assert cli.main(words) == 2
    assert capsys.readouterr().err.splitlines()[-1] == shown.err.splitlines()[-1]


@pytest.mark.parametrize("words", [["--cfg", "strategy=[smart,fixed_count]"], ["strategy=[smart,fixed_count]", "--cfg", "job"]])
def test_cfg_may_stand_before_a_strategy(capsys, words):
    """Where the word after it is a setting, it is one."""
    assert cli.main(["rehearse", *words]) == 0
    assert "strategy:\n  smart:" in capsys.readouterr().out


def test_cfg_runs_no_code_that_an_experiment_brings(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    (tmp_path / "plan.yaml").write_text("verb: rehearse\noverrides: [strategy=theirs.py]\n", encoding="utf-8")
    assert cli.main(["rehearse", "experiment=plan.yaml", "--cfg"]) == 0
    (tmp_path / "mild.yaml").write_text("verb: rehearse\noverrides: [figure=foo]\n", encoding="utf-8")
    assert cli.main(["rehearse", "experiment=mild.yaml", "--cfg"]) == 2
    assert "figure has no option 'foo'" in capsys.readouterr().err
