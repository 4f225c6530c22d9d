"""From a Chinese workbook to a review on a bare machine: no Chinese font, LANG=C, no HOME, a backend that does not exist."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.replay.doudian_book import SHELF, write

ROOT = Path(__file__).parents[2]
NO_FONTS = """
from sim.cli import terminal
terminal.prepare()
import matplotlib.font_manager as fonts
fonts.fontManager.ttflist = [f for f in fonts.fontManager.ttflist if f.name.startswith("DejaVu")]
fonts.findSystemFonts = lambda *a, **k: []
"""
STEPS = [
    ["ingest", "files=抖店订单.xlsx", "name=直播", "out=out/ingest"],
    ["calibrate", "stream=out/ingest", "model=cue", "name=拟合", "figure=none", "out=out/拟合.yaml"],
    ["sweep", "scenario=out/拟合.yaml", "strategy=[低:fixed_count]", "strategy.低.units=10,40", "replicates=4",
     "workers=1", "out=out/sweep"],
    ["tune", "scenario=out/拟合.yaml", "strategy=fixed_count", "strategy.units=interval(5,40)", "trials=8",
     "replicates=4", "confirm=10", "finalists=2",
     "workers=1", "out=out/tune"],
    ["replay", "stream=out/ingest", "loop=closed", "strategy=fixed_count", "replicates=2", "actions=中控.csv", "out=out/replay"],
    ["review", "stream=out/ingest", "strategy=fixed_count", "shows=1", "alerts=2", "actions=中控.csv", "out=out/review"],
]  # fmt: skip


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Where the chain was run, and what it printed."""
    place = tmp_path_factory.mktemp("抖店")
    write(place / "抖店订单.xlsx", share=0.25)
    (place / "中控.csv").write_text("时间,商品,动作\n20:12:00,烟酰胺精华,预警\n", encoding="gb18030")
    code = (
        NO_FONTS
        + f"from sim.cli.main import main\nfor words in {STEPS!r}:\n    code = main(words)\n    assert code == 0, (code, words)\n"
    )
    (place / "chain.py").write_text(code, encoding="utf-8")
    bare = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "MPLBACKEND": "nonsense", "PYTHONPATH": str(ROOT)}
    if "NUMBA_CACHE_DIR" in os.environ:
        bare["NUMBA_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]
    done = subprocess.run([sys.executable, "chain.py"], cwd=place, env=bare, capture_output=True, check=False, timeout=600)
    return place / "out", done.returncode, done.stdout.decode(), done.stderr.decode()


def test_every_step_ends_well_and_says_once_what_no_font_can_draw(chain):
    out, code, printed, told = chain
    assert code == 0, told[-2000:]
    assert sorted(p.name for p in out.iterdir()) == ["ingest", "replay", "review", "sweep", "tune", "拟合", "拟合.yaml"]
    assert "findfont" not in told
    assert "?" not in "".join(line for line in told.splitlines() if "font" in line)
    fonts = [line for line in told.splitlines() if "no installed font" in line]
    assert len(fonts) == len(set(fonts)) <= 3
    assert "As recorded: " in printed


def test_what_the_chain_leaves_is_what_the_workbook_held(chain):
    out, *_ = chain
    facts = json.loads((out / "ingest/manifest.json").read_text(encoding="utf-8"))["said"]["text"]
    assert [s for s in ("订单明细", "库存", "排品表") if f"抖店订单.xlsx [{s}]" in facts.split("rows =")[0]] == [
        "订单明细",
        "库存",
        "排品表",
    ]
    assert "抖店订单.xlsx [说明]: not used" in facts
    fitted = (out / "拟合.yaml").read_text(encoding="utf-8")
    assert all(code in fitted for code in SHELF)
    scores = pd.read_parquet(out / "replay/scores.parquet")
    assert {"silent", "fixed_count", "the night as it was run"} == set(scores["strategy"])
    page = (out / "review/review.md").read_text(encoding="utf-8")
    assert "## The night as it was run 当晚实操" in page
    for picture in ("sweep/pareto.png", "replay/closed.png", "review/timeline.png", "review/blame.png"):
        assert (out / picture).stat().st_size > 5000
