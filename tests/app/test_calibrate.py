"""``stockcue calibrate`` from the command line: file, folder, pictures, sentences."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from sim.app.calibrate import apart
from sim.calibrate.observed import MARK_DTYPE, Observed, events
from sim.cli import main as cli
from sim.jobs.folder import MANIFEST
from sim.replay.invented_nights import write


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = cli.main(list(words))
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    place = tmp_path_factory.mktemp("calibrated")
    code = cli.main(["calibrate", "stream=example", "model=cue", f"out={place}/mine.yaml", "name=mine"])
    assert code == 0
    return place


def test_everything_is_written(fitted):
    names = {p.name for p in (fitted / "mine").iterdir()} - {"report.html"}
    assert names == {
        "scenario.yaml",
        "report.md",
        "fit.json",
        "parameters.csv",
        "assumptions.csv",
        "bands.csv",
        "responses.png",
        "residuals.png",
        "bands.png",
        MANIFEST,
    }
    assert (fitted / "mine.yaml").read_text("utf-8") == (fitted / "mine" / "scenario.yaml").read_text("utf-8")
    text = (fitted / "mine" / "report.md").read_text("utf-8")
    for part in (
        "Fitted settings",
        "Which model",
        "How well it fits",
        "What the record does not say",
        "脉冲",
        "Busiest minute 峰值",
    ):
        assert part in text
    facts = json.loads((fitted / "mine" / "fit.json").read_text("utf-8"))
    assert {p["setting"] for p in facts["parameters"]} >= {"shoppers.buy_rate", "cues.deal.tau_s"}
    assert all(p["low"] <= p["value"] <= p["high"] for p in facts["parameters"])


def test_the_invented_shows_parameters_come_back(fitted):
    """The export was made with tau 40 s (pitch), 6 s (deal), one cart in four an order, 0.85 orders of one unit; each 95 %."""
    facts = json.loads((fitted / "mine" / "fit.json").read_text("utf-8"))
    by_setting = {p["setting"]: p for p in facts["parameters"]}
    for setting, true in (("cues.pitch.tau_s", 40.0), ("cues.deal.tau_s", 6.0), ("cues.deal.peak", 25.0),
                          ("shoppers.cart_conversion", 0.25), ("shoppers.direct_share", 0.76),
                          ("shoppers.single_share", 0.85)):  # fmt: skip
        assert by_setting[setting]["low"] < true < by_setting[setting]["high"], setting


def test_same_stream_same_bytes(fitted, tmp_path):
    assert cli.main(["calibrate", "stream=example", "model=cue", f"out={tmp_path}/mine.yaml", "name=mine", "figure=none"]) == 0
    assert (tmp_path / "mine.yaml").read_bytes() == (fitted / "mine.yaml").read_bytes()
    assert (tmp_path / "mine" / "fit.json").read_bytes() == (fitted / "mine" / "fit.json").read_bytes()


def test_nights_of_an_earlier_file_come_before_these(fitted, capsys, tmp_path):
    """The file carries its nights; another night after it makes two, and the same one again is refused."""
    text = (fitted / "mine.yaml").read_text("utf-8")
    (held,) = yaml.safe_load(text)["uncertainty"]["nights"]
    words = ("calibrate", "stream=example", "model=poisson", "figure=none")
    assert run(capsys, *words, f"prior={fitted}/mine.yaml", f"out={tmp_path}/b")[0] == 2
    (tmp_path / "friday.yaml").write_text(text.replace(f"night: {held['night']}", "night: friday"), encoding="utf-8")
    assert run(capsys, *words, f"prior={tmp_path}/friday.yaml", f"out={tmp_path}/b")[0] == 0
    after = yaml.safe_load((tmp_path / "b" / "scenario.yaml").read_text("utf-8"))["uncertainty"]["nights"]
    assert [row["night"] for row in after] == ["friday", held["night"]]
    assert "level,2," in (tmp_path / "b" / "nights.csv").read_text("utf-8")
    assert run(capsys, *words, "prior=nowhere.yaml", f"out={tmp_path}/c")[0] == 2


def test_nights_of_folders_whose_files_are_called_alike(capsys, tmp_path):
    """Each is a night of its own, called after its folder, and the next calibration takes them up."""
    write(tmp_path, 2)
    words = ("calibrate", "model=poisson", "sku=balm", "figure=none", "zone=Asia/Shanghai")
    code, out, err = run(capsys, *words, f"stream=[{tmp_path}/night-1/,{tmp_path}/night-2/]", f"out={tmp_path}/two")
    assert code == 0, err
    assert "Across nights" in out
    held = yaml.safe_load((tmp_path / "two" / "scenario.yaml").read_text("utf-8"))["uncertainty"]["nights"]
    assert {row["night"] for row in held} == {"night-1", "night-2"}


def test_shows_of_one_name_are_told_apart():
    one = Observed("orders", 10.0, ("mask",), events(np.zeros(0), np.zeros(0, int)), events(np.zeros(0), np.zeros(0, int)),
                   np.zeros(0, MARK_DTYPE))  # fmt: skip
    assert [show.name for show in apart([one, replace(one, name="orders-2"), one, one])] == [
        "orders", "orders-2", "orders-3", "orders-4"]  # fmt: skip


def test_the_fitted_file_rehearses(fitted, capsys, tmp_path):
    words = ("rehearse", f"scenario={fitted}/mine.yaml", "strategy=fixed_count", "replicates=3", "figure=none")
    code, _, err = run(capsys, *words, "uncertain=true", f"out={tmp_path}/a")
    assert code == 0, err
    assert run(capsys, *words, f"out={tmp_path}/b")[0] == 0
    a, b = (json.loads((tmp_path / n / MANIFEST).read_text()) for n in "ab")
    assert a["tapes"] != b["tapes"]
    assert "uncertainty" in a["config"]
    assert "uncertainty" not in b["config"]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("calibrate",), "needs a recorded stream"), (("calibrate", "stream=nowhere.parquet"), "nowhere.parquet"),
     (("calibrate", "stream=example", "model=cues"), "did you mean 'cue'"),
     (("calibrate", "stream=example", "sku=tonic"), "no order of tonic"),
     (("calibrate", "stream=example", "sku=brush"), "too few to calibrate on; at least 100"),
     (("rehearse", "uncertain=true", "replicates=2"), "says nothing about how uncertain it is"),
     (("rehearse", "uncertain=3"), "uncertain must be true or false")],
)  # fmt: skip
def test_mistakes_are_one_sentence(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *words)
    assert code == 2, err
    assert says in err
    assert len([line for line in err.splitlines() if line.startswith("stockcue:")]) == 1
    assert not list(tmp_path.iterdir())
