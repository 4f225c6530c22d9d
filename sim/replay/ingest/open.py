"""From a canonical stream to a :class:`~sim.replay.stream.Stream`: which SKUs, which stock, which part, which cues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from scenarios.contract import Sku
from sim.core.units import US, to_us
from sim.replay.clock import Clock, StreamError, parse_time
from sim.replay.ingest import links, plan
from sim.replay.ingest.canon import Head, read_frame, read_head
from sim.replay.ingest.contents import MOVES, units_in
from sim.replay.stream import LONGEST_S, Stream
from sim.words import N_, _, no_such

SHORT_S, FINE_S, COARSE_S = 6 * 3600.0, 1.0, 5.0
"""Recordings up to SHORT_S are read every FINE_S, longer ones every COARSE_S [show s]."""
SALES = ("shut", "open")
"""Kinds that say an item goes off sale or comes back."""
NEEDED = (*MOVES, "level", "viewers", "cue", "view", "fav", "click", "pay", *SALES)
"""Kinds that a replay has a use for."""
WHOLE_ROOM, OTHER_SKUS = N_("about the whole room"), N_("other SKUs")
OUTSIDE, UNDECLARED = N_("outside start= and end="), N_("no stock declared")
MOST_SKUS = 30_000


@dataclass(frozen=True, eq=False)
class Opened:
    """A stream ready to replay, and what of the canonical rows it has no use for: (file, reason) to rows. off: when an item
    stopped taking orders, or took them again: (show time [us], SKU, whether it stopped), in order of time."""

    stream: Stream
    aside: Counter[tuple[str, str]]
    notes: tuple[str, ...]
    off: tuple[tuple[int, int, bool], ...] = ()


def open_stream(
    path: str | Path,
    stock: Any = None,
    sku: str | Iterable[str] | None = None,
    speedup: float = 1.0,
    start: str | None = None,
    end: str | None = None,
) -> Stream:
    """The canonical stream at ``path`` as the replay uses it.

    ``stock``: units for every SKU or {sku: units}; None: the stream's own levels or declared stock. Binned rows enter at
    their bin's end, when they could be known. Raises :class:`StreamError`.
    """
    path = Path(path)
    return opened(read_head(path), read_frame(path, NEEDED), stock, sku, speedup, (start, end)).stream


def opened(
    head: Head,
    frame: pd.DataFrame,
    stock: Any = None,
    sku: str | Iterable[str] | None = None,
    speedup: float = 1.0,
    limits: tuple[str | None, str | None] = (None, None),
) -> Opened:
    """The same from memory."""
    part = _Part(head, frame)
    names = part.choose(sku)
    part.keep(part.rows["sku"].isin(names), OTHER_SKUS)
    cut = (bound(limits[0], "start", head.own_clock), bound(limits[1], "end", head.own_clock))
    first = int(part.rows["at"].min())
    begun = plan.opening(part, names, first)
    whole = (begun, int(part.rows["at"].max()))
    part.cut(*cut)
    skus = _stocked(part, stock, names)
    part.keep(part.rows["sku"].isin([s.id for s in skus]), UNDECLARED)
    moves = part.rows[(part.rows["kind"] != "level") & (part.rows["qty"] != 0)]
    # The opening cue, moments before the first order, is its cause and belongs to the show.
    begins = begun if part.rows["at"].min() == first else part.rows["at"].min()
    start, end = (begins if cut[0] is None else cut[0]), (part.rows["at"].max() if cut[1] is None else cut[1])
    stream = _stream(part, moves, skus, (int(start), int(end)), speedup, whole)
    part.account(part.rows)
    return Opened(stream, part.aside, (*part.notes, *units_in(moves, skus)), _off(part, stream))


class _Part:
    """The rows still used, and the account of the others."""

    def __init__(self, head: Head, frame: pd.DataFrame) -> None:
        frame = frame.assign(**{c: frame[c].astype(str) for c in ("kind", "sku", "label", "file", "mark")})
        frame["at"] = frame["t_us"] + np.rint(frame["bin_s"] * US).astype(np.int64)
        self.head, self.aside, self.notes, self.gone = head, Counter[tuple[str, str]](), list[str](), list[pd.DataFrame]()
        self.cues, self.viewers = frame[frame["kind"] == "cue"], frame[frame["kind"] == "viewers"]
        self.where = ", ".join(f["file"] for f in head.files if f["kind"] not in ("cues", "stock")) or head.name
        self.sales = frame[frame["kind"].isin(SALES)]
        rows = frame[~frame["kind"].isin(["cue", "viewers", *SALES])]
        self.pays = rows[rows["kind"] == "pay"]
        use = rows["kind"].isin([*MOVES, "level"])
        self.note(rows[~use], rows["kind"])
        if not use.any():
            kinds = ", ".join(rows["kind"].unique()[:5]) or "none"
            total = sum(f["rows"] for f in head.files)
            raise StreamError(_("{where}: not one of its {total} rows can be used (they are {kinds}); check that it is the "
                                "right file").format(where=self.where, total=total, kinds=kinds))  # fmt: skip
        self.rows = rows[use]

    def note(self, gone: pd.DataFrame, why: Any) -> None:
        """Remember rows that leave, and why."""
        reasons = why[gone.index] if isinstance(why, pd.Series) else why
        self.gone.append(pd.DataFrame({"file": gone["file"], "line": gone["line"], "why": reasons}))

    def account(self, used: pd.DataFrame) -> None:
        """Count the lines that leave, by file and reason: those of which nothing else is ``used``, by their first reason."""
        gone = pd.concat(self.gone).drop_duplicates(["file", "line"])
        lines = pd.MultiIndex.from_frame(pd.concat([used, self.cues, self.viewers, self.sales])[["file", "line"]])
        gone = gone[~pd.MultiIndex.from_frame(gone[["file", "line"]]).isin(lines)]
        for (file, reason), n in Counter(zip(gone["file"], gone["why"], strict=True)).items():
            self.aside[file, reason] += int(n)
            self.notes.append(_("{file}: {n} rows set aside ({reason})").format(file=file, n=n, reason=_(reason)))

    def keep(self, stays: pd.Series, why: str) -> None:
        """Move rows out of the used ones; a stream must keep some."""
        gone = self.rows[~stays]
        self.note(gone, why)
        self.rows = self.rows[stays]
        if self.rows.empty:
            raise StreamError(_("{where}: no row is left after setting aside {n} rows ({why}); choose differently").format(
                                 where=self.where, n=len(gone), why=why))  # fmt: skip

    def choose(self, wanted: str | Iterable[str] | None) -> list[str]:
        """SKUs to replay, in order of first appearance; a source without a SKU column has one, called after it."""
        if (self.rows["sku"] == "").all():
            self.rows = self.rows.assign(sku=self.head.name)
        elif (self.rows["sku"] == "").any():
            self.keep(self.rows["sku"] != "", WHOLE_ROOM)
        known = list(dict.fromkeys(self.rows.sort_values("at", kind="stable")["sku"]))
        if wanted is None:
            return known
        names = [wanted] if isinstance(wanted, str) else [str(w) for w in wanted]
        for name in names:
            if name not in known:
                raise StreamError(no_such("SKU", name, known, self.where))
        return [k for k in known if k in names]

    def cut(self, start: int | None, end: int | None) -> None:
        """Keep the rows from ``start`` to ``end`` [us]; of stock levels also each SKU's last one before, as its opening."""
        if start is not None and end is not None and end <= start:
            raise StreamError(_("end= is not after start=; exchange them"))
        if start is not None:
            early = self.rows[(self.rows["kind"] == "level") & (self.rows["at"] <= start)]
            last = early.groupby("sku", sort=False).tail(1).index
            self.rows = self.rows.assign(at=self.rows["at"].where(~self.rows.index.isin(last), start))
        at = self.rows["at"]
        self.keep((at >= (at.min() if start is None else start)) & (at <= (at.max() if end is None else end)), OUTSIDE)


def bound(text: str | None, what: str, clock: Clock) -> int | None:
    """``start=`` or ``end=`` on the stream's clock [us]."""
    if text is None or text == "":
        return None
    moment = parse_time(str(text))
    if not moment:
        raise StreamError(
            _("{what}={text!r} is not a time; write it the way the recording writes its own").format(what=what, text=text)
        )
    other = Clock(moment[0], clock.zone)
    if other.family != clock.family:
        raise StreamError(_("{what}={text!r} is a time {found}, but the recording's times are {kind}; write it their way").format(
                             what=what, text=text, found=moment[0], kind=clock.kind))  # fmt: skip
    return other.microseconds(moment[1])


def _stocked(part: _Part, stock: Any, names: list[str]) -> list[Sku]:
    """SKUs with the stock at the start: what a level says, else what is declared."""
    opening = _openings(part.rows)
    if opening and stock is not None:
        raise StreamError(
            _("{where} holds stock levels, which say themselves what there was; leave stock= out").format(where=part.where)
        )
    if isinstance(stock, Mapping):
        sheet = {str(k): {"stock": units_of(v, str(k))} for k, v in stock.items()}
    elif stock is not None:
        sheet = {name: {"stock": units_of(stock, name)} for name in names}
    else:
        sheet = {k: dict(v) for k, v in part.head.declared.items()}
        for name, units in opening.items():
            sheet[name] = {**sheet.get(name, {}), "stock": units}
    if not sheet:
        raise StreamError(_("{where} says what was ordered, not how much there was; declare it: stock=500 for every SKU, or "
                            "stock=FILE with the columns sku and stock").format(where=part.where))  # fmt: skip
    kept = [name for name in names if name in sheet]
    if not kept:
        raise StreamError(_("no stock is declared for any SKU of {where} ({names}); it is declared for {sheet}").format(
                             where=part.where, names=', '.join(names[:5]), sheet=', '.join(list(sheet)[:5])))  # fmt: skip
    return [Sku(id=name, **cast(dict[str, Any], sheet[name])) for name in kept]


def _openings(rows: pd.DataFrame) -> dict[str, int]:
    """Units each SKU with levels began with: its first level, and back over what is known to have happened before it."""
    levels = rows[rows["kind"] == "level"].sort_values("at", kind="stable").groupby("sku", sort=False).first()
    if levels.empty:
        return {}
    before = rows[rows["kind"].isin(MOVES) & (rows["kind"] != "cart")]
    # An empty map has no dtype to compare by.
    before = before[before["at"] <= before["sku"].map(levels["at"]).astype("float64")]
    moved = before["qty"].where(before["kind"] != "order", -before["qty"]).groupby(before["sku"]).sum()
    return {str(k): max(0, int(v - moved.get(k, 0))) for k, v in levels["value"].items()}


def units_of(value: Any, name: str, setting: str = "stock") -> int:
    """Units declared for one SKU by a setting."""
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= 10**8:
        raise StreamError(_("{setting}={value!r} for {name!r} is not a number of units from 0 to 100,000,000; correct it").format(
                             setting=setting, value=value, name=name))  # fmt: skip
    return number


def _stream(
    part: _Part, moves: pd.DataFrame, skus: list[Sku], span: tuple[int, int], speedup: float, whole: tuple[int, int]
) -> Stream:  # fmt: skip
    """The stream of these rows."""
    start, end = span
    span_s = (end - start) / US / speedup
    if span_s > LONGEST_S - 3600:
        least = int(span_s * speedup / LONGEST_S) + 2
        raise StreamError(_("{where} lasts {span_s:,.0f} s of show time, more than {longest_s:,} s; choose a part (start=, "
                            "end=) or a speedup of at least {least}").format(where=part.where, span_s=span_s,
                             longest_s=LONGEST_S, least=least))  # fmt: skip
    if int(moves["qty"].abs().sum()) >= 2**31:
        raise StreamError(
            _("{where} adds up to more than two thousand million units; check its quantities").format(where=part.where)
        )
    if len(skus) > MOST_SKUS:
        raise StreamError(_("{where} has {n:,} SKUs; choose some with sku= or declare stock for some only").format(
                             where=part.where, n=len(skus)))  # fmt: skip
    index = {s.id: k for k, s in enumerate(skus)}
    # Within a bin whatever adds comes first, so that no sell-out appears which no stock figure showed.
    adds = (moves["bin_s"] > 0) & ((moves["kind"] == "order") | (moves["qty"] < 0))
    moves = moves.assign(last=adds).sort_values(["at", "last"], kind="stable")
    bins = moves.loc[moves["kind"] == "order", "bin_s"]
    known = part.viewers[(part.viewers["at"] <= end)].sort_values("at", kind="stable")
    return Stream(
        name=part.head.name,
        kind=kind_of(part.head),
        skus=tuple(skus),
        t=_show_us(moves["at"], start, speedup),
        what=moves["kind"].map(MOVES).to_numpy(np.int8),
        sku=moves["sku"].map(index).to_numpy(np.int16),
        qty=moves["qty"].to_numpy(np.int32),
        cues=plan.cues(part, list(index), span, whole, speedup),
        clock=part.head.own_clock,
        start_us=start,
        span_s=to_us(span_s) / US,
        speedup=speedup,
        reading_s=_reading_s(part, moves, span_s, speedup),
        viewers=(_show_us(known["at"], start, speedup), known["value"].to_numpy()) if len(known) else None,
        order=links.returned(moves),
        paid=links.paid(part.pays, moves, partial(_show_us, start=start, speedup=speedup)),
        bin_s=float(np.median(bins)) / speedup if kind_of(part.head) != "levels" and len(bins) else 0.0,
    )


def _off(part: _Part, stream: Stream) -> tuple[tuple[int, int, bool], ...]:
    """What the rows say of items going off sale and coming back; a row without an item is about all of them."""
    index = {s.id: k for k, s in enumerate(stream.skus)}
    at = _show_us(part.sales["at"], stream.start_us, stream.speedup).tolist()
    told = zip(at, part.sales["sku"], (part.sales["kind"] == "shut").tolist(), strict=True)
    about = {**{sku: [k] for sku, k in index.items()}, "": list(index.values())}
    return tuple(sorted((t, k, off) for t, sku, off in told for k in about.get(sku, [])))


def _show_us(at: pd.Series, start: int, speedup: float) -> np.ndarray:
    """Moments of the recording as show time [us]."""
    return np.round((at.to_numpy() - start) / speedup).astype(np.int64)


def _reading_s(part: _Part, moves: pd.DataFrame, span_s: float, speedup: float) -> float:
    """Default period of readings [show s]: what the source itself could have shown."""
    kinds = moves.loc[moves["kind"] != "cart", "bin_s"]
    if kind_of(part.head) == "levels" or (len(kinds) and float(kinds.median()) > 0):
        gap = float(kinds[kinds > 0].median()) if (kinds > 0).any() else COARSE_S
        return min(3600.0, max(0.5, gap / speedup))
    return FINE_S if span_s <= SHORT_S else COARSE_S


def kind_of(head: Head) -> str:
    """What a stream chiefly is: "events", "orders", "dashboard" or "levels"."""
    kinds = {f["kind"] for f in head.files}
    return next(
        (k for k in ("events", "orders", "dashboard") if k in kinds), "levels" if kinds & {"levels", "flow"} else "orders"
    )
