"""A recording: one real show's export, read, with the account of its reading."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import sim.replay
from sim.replay import Loaded, load
from sim.setup.settings import settle
from sim.setup.settings_groups import Reading
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE = Path(sim.replay.__file__).parent / "data"
"""The small invented recording that ships with the tool; ``example`` as a path."""
READING = tuple(f.name for f in fields(Reading))


class ReadingArguments(TypedDict, total=False):
    """How a path is read by a verb that takes recordings: what :func:`read` takes and ``Reading`` declares."""

    cues: str | Path | None
    stock: int | str | Path | Mapping[str, int] | None
    shut: Any
    actions: Any
    sku: str | list[str] | None
    zone: str
    start: str
    end: str
    speedup: float


@dataclass(frozen=True, eq=False)
class Recording:
    """One recorded show. ``path``: where its files lie. ``given``: how they were read. ``loaded``: stream, rejects, account."""

    path: str
    given: Mapping[str, Any]
    loaded: Loaded = field(repr=False)

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.loaded.stream.name

    @property
    def skus(self) -> tuple[str, ...]:
        """Its SKUs."""
        return tuple(k.id for k in self.loaded.stream.skus)

    @property
    def table(self) -> pd.DataFrame:
        """The account of its files: rows, used, set aside, rejected, out of order; they add up."""
        return self.loaded.counts

    @property
    def rejects(self) -> pd.DataFrame:
        """Rows that could not be used: file, line, reason, text."""
        return self.loaded.rejects

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of its results must know: clock, sorting, assumptions."""
        return self.loaded.notes

    def __str__(self) -> str:
        from sim.report.text.account import account

        return "\n".join([_("recording {name}").format(name=self.name), *account(self.table), *self.notes])

    def _repr_html_(self) -> str:
        """For a notebook."""
        from sim.report.pages.card import card

        return card(_("recording {name}").format(name=self.name), "", self.table, self.notes)


@dataclass(frozen=True)
class Unread:
    """A recording that is still to be read; for a text that could be a scenario's name as well."""

    path: str


def read(
    source: str | Path,
    *,
    stock: int | str | Path | Mapping[str, int] | None = None,
    cues: str | Path | None = None,
    sku: str | list[str] | None = None,
    zone: str = "",
    speedup: float = 1.0,
    start: str = "",
    end: str = "",
    shut: Any = None,
    actions: Any = None,
) -> Recording:
    """Read one recorded show for :func:`stockcue.replay`, :func:`stockcue.review` and :func:`stockcue.calibrate`.

    Parameters
    ----------
    source : path
        A file (CSV, JSON lines, Parquet, or a stream that :func:`stockcue.ingest` wrote), a folder of files, or ``"example"``.
    stock : int, mapping or path
        Units declared for every SKU, ``{sku: units}``, or a stock sheet. Stock levels bring their own.
    cues : path
        The cue sheet (run of show as it happened), where it lies elsewhere.
    sku : str or list of str
        SKUs used; None: all.
    zone : str
        What times without a zone are in, as in ``"Asia/Shanghai"`` or ``"+08:00"``.
    speedup : float
        Recorded seconds per second of the show [x], 1e-6 to 1e9.
    start, end : str
        The part used, written like the recording's own times; ``end`` is also the planned end of the show.
    shut : path or list of mappings
        When items took no orders although they had stock (frozen, delisted, off sale): a CSV file with the columns ``sku``,
        ``from``, ``to``, or rows like ``{"sku": "mask", "from": "20:10:00", "to": "20:15:00"}``.
    actions : path or list of mappings
        What the team itself did: a table with the columns ``time``, ``sku``, ``action`` (freeze, delist, reopen, restock, alert),
        ``units`` of a restock and ``level`` of an alert, or rows of the same. It is judged like a strategy.

    Returns
    -------
    Recording
        With the account of every row: accepted, repaired, set aside or rejected.

    Raises
    ------
    StreamError
        One sentence, where the recording cannot be used at all.
    """
    given = {"cues": str(cues or ""), "stock": _units(stock), "sku": sku, "zone": zone, "speedup": speedup, "start": start,
             "end": end, "shut": shut, "actions": actions}  # fmt: skip
    s = given_of(settle(Reading, given, "read"))
    return Recording(str(source), s, _loaded(str(source), s))


def read_as(one: Any, given: Mapping[str, Any]) -> Recording:
    """A recording as it is, or one read from a path in the way ``given``."""
    if isinstance(one, Recording):
        return one
    path = one.path if isinstance(one, Unread) else str(one)
    return Recording(path, given, _loaded(path, given))


def _units(stock: Any) -> Any:
    if isinstance(stock, Path):
        return str(stock)
    return dict(stock) if isinstance(stock, Mapping) else stock


def _loaded(path: str, given: Mapping[str, Any]) -> Loaded:
    stock, sku = given["stock"], given["sku"]
    units: Any = int(stock) if isinstance(stock, str) and stock.isdigit() else stock
    names = [str(k) for k in sku] if isinstance(sku, list | tuple) else None if sku is None else str(sku)
    where = EXAMPLE if path == "example" else Path(path).expanduser()
    return load(where, given["cues"] or None, units, names, given["zone"] or None, given["speedup"], given["start"] or None,
                given["end"] or None, given["shut"], given["actions"])  # fmt: skip


def given_of(settings: Any) -> dict[str, Any]:
    """How a verb's settings say recordings are to be read."""
    values = asdict(settings)
    return {name: values[name] for name in READING}


def inputs(read: Iterable[Any]) -> dict[str, str]:
    """Checksums of every file that was read. read: each with its ``path`` and how it was ``given``."""
    read = list(read)
    roots = [EXAMPLE if one.path == "example" else Path(one.path).expanduser() for one in read]
    named = dict.fromkeys(
        one.given[key] for one in read for key in ("cues", "stock", "shut", "actions") if isinstance(one.given[key], str)
    )
    roots += [Path(p) for p in named if p and Path(p).exists()]
    files = [f for root in roots for f in (sorted(root.iterdir()) if root.is_dir() else [root]) if f.is_file()]
    named_so = Counter(f.name for f in files)
    return {f.name if named_so[f.name] == 1 else str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
