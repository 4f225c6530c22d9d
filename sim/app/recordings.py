"""The recordings of a replay: what tells them apart stays in memory, what they hold is laid aside and taken up one at a time."""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scenarios.staffing import Feed
from sim.app.progress import Listener
from sim.app.recording import Recording, read_as
from sim.app.result import HERE
from sim.replay import Loaded
from sim.replay.censor import hide
from sim.replay.stream import Stream
from sim.report.text import account
from sim.words import ngettext

if TYPE_CHECKING:
    import pandas as pd

KEPT = 12
"""Recordings that stay in memory, and are drawn; of more the first ones."""


@dataclass(frozen=True, eq=False)
class Night:
    """What is known of a recording without holding it. path, given: how it was read. span: see ``Stream.span``."""

    path: str
    given: Mapping[str, Any]
    name: str
    skus: tuple[str, ...]
    span: dict[str, str]
    feed: Feed


class Taken(NamedTuple):
    """A recording taken up. truth: orders that were hidden from it; None: none were."""

    loaded: Loaded
    truth: Stream | None


class Recordings(Sequence[Night]):
    """Recordings in their order, each with a name of its own. They are read once: all but the first ``KEPT``, and those that
    came in memory, lie in a temporary folder that goes with this object."""

    def __init__(
        self, many: Sequence[Any], given: Mapping[str, Any], feed_of: Callable[[Feed], Feed], hidden: bool, told: Listener
    ) -> None:
        self.nights: list[Night] = []
        self.held: list[Taken | Path] = []
        self.room: tempfile.TemporaryDirectory[str] | None = None
        seen = dict[str, int]()
        tell = told.stage("recordings") if len(many) > KEPT else None
        for one in many:
            read = read_as(one, given)
            stream = read.loaded.stream
            seen[stream.name] = seen.get(stream.name, 0) + 1
            name = f"{stream.name}-{seen[stream.name]}" if seen[stream.name] > 1 else stream.name
            loaded = replace(read.loaded, stream=replace(stream, name=name)) if name != stream.name else read.loaded
            taken = _without_orders_beyond(loaded) if hidden else Taken(loaded, None)
            stream = taken.loaded.stream
            self.nights.append(
                Night(read.path, read.given, name, tuple(k.id for k in stream.skus), stream.span(), feed_of(stream.feed()))
            )
            self._hold(taken, isinstance(one, Recording))
            if tell:
                tell(len(self.nights), len(many), name)

    def _hold(self, taken: Taken, stays: bool) -> None:
        if stays or len(self.held) < KEPT:
            self.held.append(taken)
            return
        self.room = self.room or tempfile.TemporaryDirectory(prefix="stockcue-", ignore_cleanup_errors=True)
        path = Path(self.room.name) / f"{len(self.held)}.night"
        path.write_bytes(zlib.compress(pickle.dumps(taken), 1))
        self.held.append(path)

    def __len__(self) -> int:
        return len(self.nights)

    def __getitem__(self, k: Any) -> Any:
        return self.nights[k]

    def taken(self) -> Iterator[Taken]:
        """Every recording, one after the other."""
        for held in self.held:
            yield pickle.loads(zlib.decompress(held.read_bytes())) if isinstance(held, Path) else held


def _without_orders_beyond(one: Loaded) -> Taken:
    """A recording without the orders beyond its stock, and these orders."""
    stream, gone = hide(one.stream)
    text = ngettext(
        "{stream}: {n:,} order beyond the stock is hidden; imputed demand can be held against it",
        "{stream}: {n:,} orders beyond the stock are hidden; imputed demand can be held against them",
        len(gone.t),
    )
    note = text.format(stream=stream.name, n=len(gone.t))
    return Taken(replace(one, stream=stream, notes=(*one.notes, note)), gone)


class Account(NamedTuple):
    """lines: what became of a recording's rows, and what a reader of its results must know. rejects: rows that were not used, if
    any."""

    lines: list[str]
    rejects: pd.DataFrame | None


def account_of(one: Loaded, many: bool) -> Account:
    """The account of a recording, one of several where there are ``many``."""
    return Account(account.notes(one, f"{HERE}/rejects.csv", many), one.rejects if len(one.rejects) else None)


def number_of(stream: Stream, sku: str) -> int | None:
    """A SKU's number; None where the recording has it not."""
    names = [k.id for k in stream.skus]
    return names.index(sku) if sku in names else None
