"""The settings of verbs that have few of their own, beside run folders or the words of a rehearsal."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting


@dataclass(frozen=True)
class DiffSettings:
    """Settings of ``stockcue diff`` beside two run folders."""

    out: str = setting("", "run folder of its own; empty: none")


@dataclass(frozen=True)
class WalkSettings:
    """Settings of ``stockcue walk`` beside run folders."""

    first: int = setting(1, "nights that make the first choice", "nights", 1, 10**6)
    out: str = setting("", "run folder of its own; empty: none")


@dataclass(frozen=True)
class RollupSettings:
    """Settings of ``stockcue rollup`` beside folders of reviews."""

    out: str = setting("", "run folder of its own; empty: none")


@dataclass(frozen=True)
class PageSettings:
    """Settings of ``stockcue page`` beside a run folder."""

    out: str = setting("", "the file; empty: report.LANG.html in the folder")


@dataclass(frozen=True)
class WorkbookSettings:
    """Settings of ``stockcue workbook`` beside a run folder."""

    csv: bool = setting(False, "every table as a CSV file instead")
    out: str = setting("", "the file, or the folder of CSV files; empty: in the folder")


@dataclass(frozen=True)
class CardSettings:
    """Settings of ``stockcue card`` beside those of a rehearsal."""

    shows: int = setting(20, "shows over which a moving line is taken", "shows", 1, 1000)
    out: str = setting("card.html", "the file; one that ends with .xlsx is a workbook")


@dataclass(frozen=True)
class DeskSettings:
    """Settings of ``stockcue desk`` beside those of a rehearsal."""

    shows: int = setting(200, "shows that are kept and played again at most", "shows", 1, 2000)
    workers: int = setting(2, "processes that keep a part of the shows each; 0: none", "processes", 0, 64)
    port: int = setting(8765, "where the page is served; 0: a free one", "", 0, 65535)
    host: str = setting("127.0.0.1", "the address it is bound to")
    out: str = setting(".", "folder of the experiments that are saved")
