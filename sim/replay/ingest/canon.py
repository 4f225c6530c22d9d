"""The canonical stream: one Parquet file, one row a fact, in time order, with the account of its making in the metadata.

======== ======= ====================================================================================================
t_us     int64   when it happened, or where its bin begins [us on the stream's clock; Unix us where that is a calendar]
seen_us  int64   when it could be known [us]: the bin's end for binned sources, else t_us unless the source says otherwise
kind     string  one of KINDS
sku      string  the SKU; "" for the whole room, or where the source has only one
qty      int64   units or people counted (KINDS says which); below 0 only for corrections
value    float64 level: units available, below 0 where oversold; viewers: people; order, pay: amount paid; stay: s; cue: its
                 planned length [s]; else NaN
bin_s    float64 0: an event; else it happened somewhere in [t_us, t_us + bin_s]
order_id string  the order's (sub-order's) number, or the shopper's where the source has no order numbers; else ""
label    string  cue: its kind, what the sheet says of its response, "/", the sheet's own words for it (cue_label.py); else ""
mark     string  what is wrong with the figure (MARKS), or ""
file     string  the file it comes from
line     int64   and the line there (Parquet: the row)
repairs  string  names of the rules that repaired the row, joined by "+"
======== ======= ====================================================================================================
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sim.replay.clock import NAIVE, Clock, StreamError, find_zone
from sim.words import _, no_such

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

VERSION = 1
SUFFIX = ".stream.parquet"
KEY = b"stockcue_stream"
ACCOUNT = b"stockcue_account"

KINDS = {
    "order": "units ordered", "cart": "units put into carts", "pay": "units paid", "cancel": "units given back",
    "restock": "units supplied", "correction": "units a stock figure moved beyond what is known (may be below 0)",
    "level": "value = units available", "viewers": "value = people online", "enter": "people who came",
    "leave": "people who left", "view": "product views", "click": "product clicks", "fav": "favourites", "comment": "messages",
    "stay": "value = mean stay [s]", "amount": "value = money taken", "cue": "a planned or spoken cue",
    "waiting": "value = people on the waiting list", "shut": "the item takes no orders from now on, whatever its stock",
    "open": "the item takes orders (again)",
}  # fmt: skip
"""What a row can be, and what its figure counts."""
MARKS = {
    "": "nothing", "catch_up": "a counter stood still and then caught up: bin_s covers the stall",
    "gap": "the counter was not measured in between: bin_s covers the hole",
    "reset": "a counter began anew: the bin's true count is unknown", "drop": "a counter went back a little: count unknown",
    "jump": "a counter leapt beyond belief: count unknown, the leap is in value",
    "oversold": "a stock figure below zero: the shop itself reports that it sold more than there was",
    "residual": "what a stock figure moved beyond the recorded orders",
}  # fmt: skip
"""What may be wrong with a figure."""
NAMES = ("t_us", "seen_us", "kind", "sku", "qty", "value", "bin_s", "order_id", "label", "mark", "file", "line", "repairs")
WORDS = ("kind", "sku", "order_id", "label", "mark", "file", "repairs")
ROW_GROUP = 262_144


@dataclass(frozen=True)
class Head:
    """What belongs to a whole stream.

    ``clock``: kind of clock (sim.replay.clock); ``zone``: zone of its naive times ("" not said). ``start_us``, ``end_us``:
    first and last moment. ``resolution_s``: finest step between different times. ``bins``: kind to its usual bin width [s]
    (0: event level). ``kinds``: kind to rows. ``rows``: rows of the stream. ``declared``: SKU to what a stock sheet says of it.
    ``files``: the account of each file. ``checks``: findings of the cross-checks. ``notes``: sentences a reader must know.
    """

    name: str
    clock: str = NAIVE
    zone: str = ""
    start_us: int = 0
    end_us: int = 0
    resolution_s: float = 0.0
    bins: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def own_clock(self) -> Clock:
        """The clock as the replay understands it."""
        return Clock(self.clock, find_zone(self.zone))


def arrow_schema(head: Head | None = None) -> pa.Schema:
    """The columns as Arrow has them, with version and account where ``head`` is given."""
    import pyarrow as pa

    words = pa.dictionary(pa.int32(), pa.string())
    kinds = {"value": pa.float64(), "bin_s": pa.float64(), "order_id": pa.string()}
    columns = [pa.field(n, kinds.get(n, words if n in WORDS else pa.int64()), nullable=n == "value") for n in NAMES]
    if head is None:
        return pa.schema(columns)
    text = json.dumps(asdict(head), ensure_ascii=False, sort_keys=True)
    return pa.schema(columns, metadata={KEY: str(VERSION).encode(), ACCOUNT: text.encode()})


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, held to the canonical schema by pandera; a fault is a defect of this package, not of the data."""
    return _pandera().validate(frame)


_SCHEMA: list[Any] = []


def _pandera() -> Any:
    """The canonical schema, made once: pandera is slow to import."""
    if not _SCHEMA:
        import pandera.pandas as pa

        def later(frame: pd.DataFrame) -> Any:
            return frame["seen_us"] >= frame["t_us"]

        def signed(frame: pd.DataFrame) -> Any:
            return (frame["qty"] >= 0) | (frame["kind"] == "correction")

        words = {n: pa.Column(nullable=False) for n in WORDS if n not in ("kind", "mark")}
        _SCHEMA.append(
            pa.DataFrameSchema(
                {
                    "t_us": pa.Column("int64"),
                    "seen_us": pa.Column("int64"),
                    "kind": pa.Column(checks=pa.Check.isin(list(KINDS))),
                    "qty": pa.Column("int64", pa.Check.in_range(-(10**12), 10**12)),
                    "value": pa.Column("float64", nullable=True),
                    "bin_s": pa.Column("float64", pa.Check.in_range(0, 10**9)),
                    "mark": pa.Column(checks=pa.Check.isin(list(MARKS))),
                    "line": pa.Column("int64", pa.Check.ge(0)),
                    **words,
                },
                checks=[pa.Check(later, name="seen before it happened"), pa.Check(signed, name="negative count")],
                strict=True,
            )
        )
    return _SCHEMA[0]


class Writer:
    """Writes a stream row group by row group; the file takes its name when all is there, or never.

    >>> import tempfile, pandas as pd
    >>> row = dict(t_us=0, seen_us=0, kind="order", sku="a", qty=1, value=9.9, bin_s=0.0, order_id="1", label="", mark="",
    ...            file="o.csv", line=2, repairs="")
    >>> path = Path(tempfile.mkdtemp()) / "x.stream.parquet"
    >>> with Writer(path, Head("x", rows=1)) as out:
    ...     out.add(pd.DataFrame([row]))
    >>> read_head(path).name, read_frame(path)["qty"].tolist()
    ('x', [1])
    """

    def __init__(self, path: Path, head: Head) -> None:
        from pyarrow.parquet import ParquetWriter

        self.path = path
        self.beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.schema = arrow_schema(head)
        self.out = ParquetWriter(
            self.beside, self.schema, compression="zstd", use_dictionary=[n for n in WORDS if n != "order_id"]
        )

    def __enter__(self) -> Writer:
        return self

    def add(self, frame: pd.DataFrame) -> None:
        """Append rows, which must keep the stream's time order."""
        import pyarrow as pa

        frame = checked(frame[list(NAMES)])
        self.out.write_table(pa.Table.from_pandas(frame, schema=self.schema, preserve_index=False), row_group_size=ROW_GROUP)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.out.close()
            if kind is None:
                os.replace(self.beside, self.path)
        finally:
            self.beside.unlink(missing_ok=True)


def is_stream(path: Path) -> bool:
    """Whether a file is a canonical stream, whatever it is called."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return False
    except OSError:
        return False
    return KEY in _metadata(path)


def read_head(path: Path) -> Head:
    """The account of a stream; :class:`StreamError` where it is none, or of a version not read here."""
    metadata = _metadata(path)
    version = metadata.get(KEY, b"").decode("ascii", "replace")
    if not version:
        raise StreamError(
            _("{name} is not a canonical stream; make one of it with: stockcue ingest files={name}").format(name=path.name)
        )
    if version != str(VERSION):
        raise StreamError(
            _("{name} is a stream of version {version}, and version {version2} is read here; ingest its files again").format(
                name=path.name, version=version, version2=VERSION
            )
        )
    try:
        account = json.loads(metadata[ACCOUNT])
        return Head(**{f.name: account[f.name] for f in fields(Head) if f.name in account})
    except (KeyError, TypeError, ValueError):
        raise StreamError(
            _("{name} has lost the account in its metadata; ingest its files again").format(name=path.name)
        ) from None


def _metadata(path: Path) -> Mapping[bytes, bytes]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return read_schema(path).metadata or {}
    except FileNotFoundError:
        raise StreamError(no_such("file", str(path), [], otherwise=_("; check the path"))) from None
    except (ArrowException, OSError, UnicodeDecodeError):
        raise StreamError(
            _("{name} is named .parquet but is not a readable Parquet file; export it again").format(name=path.name)
        ) from None


def batches(path: Path, columns: Sequence[str] = NAMES, rows: int = ROW_GROUP) -> Iterator[pd.DataFrame]:
    """The stream in parts of at most ``rows`` rows, in time order; words are categories."""
    from pyarrow.parquet import ParquetFile

    read_head(path)
    with ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=rows, columns=list(columns)):
            yield batch.to_pandas()


def read_frame(path: Path, kinds: Sequence[str] | None = None, columns: Sequence[str] = NAMES) -> pd.DataFrame:
    """The stream as one table, only of ``kinds`` where given; words are categories."""
    from pyarrow.parquet import read_table

    read_head(path)
    chosen = None if kinds is None else [("kind", "in", list(kinds))]
    return read_table(path, columns=list(columns), filters=chosen).to_pandas(ignore_metadata=True)
