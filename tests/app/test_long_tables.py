"""Tables of any length: written in pieces, and read for pages, workbooks and Results no further than somebody looks."""

import numpy as np
import pandas as pd
import pytest

from sim.app.first_table import first_table
from sim.app.result import Result
from sim.app.tables import Tables
from sim.app.trial_columns import TrialColumns
from sim.app.workbooks import workbook
from sim.jobs import long_table
from sim.jobs.folder import write_table
from sim.jobs.long_table import LongTable
from sim.report.pages import trials

WORLDS, SHOWS, CANDIDATES = ("w", "v"), 7, ("c#0", "b", "a")


@pytest.fixture
def table():
    rng = np.random.Generator(np.random.PCG64(3))
    keys = [(w, c, r) for w in WORLDS for r in range(SHOWS) for c in CANDIDATES]
    rows = pd.DataFrame(keys, columns=["world", "candidate", "replicate"])
    for name in ("net", "J", "refused_margin", "cancelled_value", "alerts_handled", "annoyances", "gmv"):
        rows[name] = rng.standard_normal(len(rows)) * 1000
    return rows.drop(index=[5, 26])  # as in a race: not everybody plays every show


@pytest.fixture
def folder(tmp_path, table):
    table.to_parquet(tmp_path / "trials.parquet", row_group_size=5)
    write_table(pd.DataFrame({"candidate": [*CANDIDATES, "idle"], "family": "f", "units": [1.0, 2, 3, 4]}),
                tmp_path / "candidates.parquet")  # fmt: skip
    return tmp_path


def result(place):
    return Result("sweep", place, "", (), {"command": ["stockcue", "sweep"], "sweep": {"score": {}}})


def test_columns_of_a_page_are_means_over_worlds(folder, table):
    columns = TrialColumns(folder / "trials.parquet", [*CANDIDATES, "idle"])
    net = table.groupby(["candidate", "replicate"])["net"].mean().unstack().reindex([*CANDIDATES, "idle"]).to_numpy()
    np.testing.assert_allclose(columns("net"), net)
    data = trials.of_trials(columns, pd.read_parquet(folder / "candidates.parquet"), None, {})
    np.testing.assert_allclose(data["net"], np.append(np.nanmean(net[:3], axis=1), np.nan))
    assert data["shows"] == SHOWS
    rho, co, ca, cx = data["prices"]
    shows = table.groupby(["candidate", "replicate"])[
        ["net", "refused_margin", "cancelled_value", "alerts_handled", "annoyances"]
    ]
    rows = shows.mean().loc["b"].to_numpy()
    rows[:, 0] -= rows[:, 1:] @ [rho, -co, -ca, -cx]
    np.testing.assert_allclose(data["cov"].reshape(-1, 15)[1], (np.cov(rows.T) / len(rows))[np.triu_indices(5)])
    np.testing.assert_allclose(data["base"][1], rows[:, 0].mean())


def test_a_page_of_a_larger_table_reads_its_beginning(folder, table):
    columns = TrialColumns(folder / "trials.parquet", CANDIDATES, 8)
    assert (columns.read, columns.runs) == (10, len(table))
    assert np.isfinite(columns("net")).sum() == 10


def test_the_first_table_of_a_sweep_is_its_means(folder, table):
    means = table.groupby(["world", "candidate"], sort=False)[["net", "J", "gmv"]].mean().reset_index()
    shown = first_table(result(folder)).sort_values(["world", "candidate"], ignore_index=True)
    expected = means.sort_values(["world", "candidate"], ignore_index=True)
    for name in ("world", "candidate", "net", "J", "gmv"):
        assert shown[name].tolist() == expected[name].tolist()


def test_a_table_in_pieces_is_the_table(tmp_path, table, monkeypatch):
    """A short one to the byte; of a long one nothing but its row groups differs."""
    write_table(table.reset_index(drop=True), tmp_path / "whole.parquet")
    for most, name in ((10**6, "short"), (9, "long")):
        monkeypatch.setattr(long_table, "GROUP", most)
        with LongTable(tmp_path / f"{name}.parquet") as pieces:
            pieces.add(table[:0])
            for k in range(0, len(table), 4):
                pieces.add(table[k : k + 4])
    assert (tmp_path / "short.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "long.parquet"), pd.read_parquet(tmp_path / "whole.parquet"))


def test_tables_are_read_no_further_than_asked(folder, table):
    tables = Tables(folder)
    beginning = tables.first("trials", 6)
    assert len(beginning) == 10
    assert beginning.attrs["rows"] == len(table)
    assert len(tables.first("trials", 1000, 4 * len(table.columns))) == 5
    assert not tables.read
    assert pd.concat(tables.pieces("trials")).reset_index(drop=True).equals(table.reset_index(drop=True))


def test_csv_files_have_every_row_and_sheets_what_fits(folder, table, monkeypatch):
    from python_calamine import CalamineWorkbook

    from sim.report.pages import workbook as sheets

    for module in ("sim.app.workbooks", "sim.report.pages.workbook"):
        monkeypatch.setattr(f"{module}.MOST_CELLS", 10 * len(table.columns))
    (folder / "manifest.json").write_text('{"command": ["stockcue", "sweep"], "sweep": {"score": {}}, "files": {}}')
    workbook(folder, csv=True, out=folder / "csv")
    text = (folder / "csv" / "trials.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(text) == 1 + len(table)
    assert text[0].startswith("world,candidate")
    book = CalamineWorkbook.from_path(workbook(folder))
    rows = book.get_sheet_by_name("trials").to_python()
    assert len(rows) == 11
    assert rows[1][3] == pytest.approx(table["net"].iloc[0])
    listed = {row[0]: row[1:3] for row in book.get_sheet_by_index(0).to_python()}
    assert listed["trials"] == [len(table), "the first 10 rows; the run folder has all"]
    assert sheets.rows_that_fit(1) == 10 * len(table.columns)
