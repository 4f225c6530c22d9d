"""Other nights of the shop, as calibrate left them, in a closed loop (``prior=``): taken, said, refused."""

import numpy as np
import pandas as pd
import pytest
import yaml

from sim.app.earlier import taught_by
from sim.cli import main as cli
from sim.demand.streams import stream as random_stream

RATE = 0.05


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Two steady nights of an hour and a third, half as busy, whose 30 units are gone early; a fit of the first two."""
    place = tmp_path_factory.mktemp("nights")
    for name, rate in (("one", RATE), ("two", RATE), ("three", RATE / 2)):
        t = np.arange(1, 3600 * rate) / rate + random_stream(3, name).random(int(np.ceil(3600 * rate)) - 1) / rate
        (place / name).mkdir()
        t = t[: 30 if name == "three" else None].round(3)
        told = pd.DataFrame({"time": t, "order_id": [f"o{k}" for k in range(len(t))], "sku": "mug", "qty": 1})
        told.to_csv(place / name / "orders.csv", index=False)
    words = [f"stream=[{place}/one,{place}/two]", "model=poisson", "figure=none", f"out={place}/fitted.yaml"]
    assert cli.main(["calibrate", *words]) == 0
    return place


def replayed(nights, *words):
    out = nights / ("told" if words else "alone")
    given = [f"stream={nights}/three/orders.csv", "stock=30", "end=3600", "loop=closed", "strategy=[fixed_count]", "figure=none"]
    assert cli.main(["replay", *given, f"out={out}", *words]) == 0
    return pd.read_parquet(out / "windows.parquet").loc[0, "likely"]


def test_a_quiet_start_is_taken_for_less_of_a_quiet_night(nights, capsys):
    alone = replayed(nights)
    assert "Other nights" not in capsys.readouterr().out
    told = replayed(nights, f"prior={nights}/fitted.yaml")
    assert "Other nights (prior=): the level of 2 nights is held likely beforehand" in capsys.readouterr().out
    assert alone < told < RATE * 2400


def test_the_level_is_the_files_own_rate(nights):
    """The mean of logs lies below the log of the mean by half of the variance between nights."""
    level = taught_by(str(nights / "fitted.yaml")).level
    assert level.mean + level.between**2 / 2 == pytest.approx(np.log(RATE), abs=0.1)


def test_a_course_is_believed_of_ten_nights(nights, tmp_path):
    tree = yaml.safe_load((nights / "fitted.yaml").read_text("utf-8"))
    assert taught_by(str(nights / "fitted.yaml")).course is None
    tree["audience"]["pushes"] = {"p1": {"at_s": 1800.0, "lift": 1.0, "duration_s": 1800.0}}
    tree["uncertainty"]["nights"] = [{"night": f"n{k}", "level": [-3.0, 0.1]} for k in range(10)]
    (tmp_path / "ten.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    at_s, course = taught_by(str(tmp_path / "ten.yaml")).course
    assert course.mean() == pytest.approx(1.0)
    assert course[at_s > 2700].mean() > 1.5 * course[at_s < 1800].mean()


def test_what_does_not_go_together_is_refused(nights, tmp_path, capsys):
    file = f"prior={nights}/fitted.yaml"
    old = yaml.safe_load((nights / "fitted.yaml").read_text("utf-8"))
    old["uncertainty"]["nights"] = [{"night": "one", "lift deal": [0.1, 0.1]}]
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(old), "utf-8")
    for verb, words, said in (
        ("replay", ["stream=example", file], "it needs loop=closed"),
        ("review", ["scenario=first_show", "strategy=fixed_count", file], "it needs a recorded show"),
        ("replay", ["stream=example", "loop=closed", f"prior={tmp_path}/none.yaml"], "is not a file"),
        ("replay", ["stream=example", "loop=closed", f"prior={tmp_path}/old.yaml"], "fit it anew"),
    ):
        assert cli.main([verb, *words, f"out={tmp_path}/not"]) == 2
        assert said in capsys.readouterr().err


def test_a_review_says_what_its_other_nights_say(nights, tmp_path, capsys):
    given = [
        f"stream={nights}/three/orders.csv",
        "stock=30",
        "end=3600",
        "strategy=fixed_count",
        "figure=none",
        "shows=1",
        "alerts=1",
    ]
    assert cli.main(["review", *given, f"prior={nights}/fitted.yaml", f"out={tmp_path}/review"]) == 0
    assert "Other nights (prior=): the level of 2 nights" in (tmp_path / "review" / "review.md").read_text("utf-8")
