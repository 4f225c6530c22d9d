"""A recording written as a live feed: the lines ``stockcue shadow`` reads, with the sheets it needs beside them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenarios.contract import Cue
from scenarios.staffing import Feed
from sim.core.tape import CART, EDIT_ADD, EDIT_SET, SUPPLY, TAKE
from sim.core.units import US
from sim.replay.clock import SECONDS, StreamError
from sim.replay.ingest.cue_label import decimal
from sim.replay.shadow.sheets import MOST
from sim.replay.stream import Stream
from sim.words import _

KIND_OF = {TAKE: "order", CART: "cart", SUPPLY: "restock", EDIT_ADD: "correction", EDIT_SET: "level"}
FEED, STOCK, CUES = "feed.jsonl", "feed_stock.jsonl", "feed_cues.jsonl"


def feed_lines(stream: Stream) -> Iterator[str]:
    """The recording as lines without newlines: a tick at its start, what happened, its end."""
    if stream.speedup < 1:
        raise StreamError(
            _(
                "speedup={speedup:g} spreads a microsecond of the recording over several of the show; a feed "
                "can be written for a speedup of at least 1"
            ).format(speedup=stream.speedup)
        )
    names = [s.id for s in stream.skus]
    yield json.dumps({"t": written(stream, 0), "kind": "tick"})
    rows = zip(stream.t.tolist(), stream.what.tolist(), stream.sku.tolist(), stream.qty.tolist(), strict=True)
    crowd = _crowd(stream)
    people = next(crowd, None)
    for t, what, sku, qty in rows:
        while people and people[0] <= t:
            yield people[1]
            people = next(crowd, None)
        if what in (TAKE, CART) and qty > MOST:
            raise StreamError(
                _("{qty:,} units of {names!r} at once are more than a line may say ({most:,})").format(
                    qty=qty, names=names[sku], most=MOST
                )
            )
        figure = "value" if what == EDIT_SET else "qty"
        record = {"t": written(stream, t), "kind": KIND_OF[what], "sku": names[sku], figure: qty}
        yield json.dumps(record, ensure_ascii=False)
    last = last_us(stream)
    while people and people[0] <= last:
        yield people[1]
        people = next(crowd, None)
    yield json.dumps({"t": written(stream, last), "kind": "end"})


def _crowd(stream: Stream) -> Iterator[tuple[int, str]]:
    """When the number of viewers was measured [us], and the line that says it."""
    known = getattr(stream, "viewers", None)
    for t, value in zip(known[0].tolist(), known[1].tolist(), strict=True) if known else ():
        yield t, json.dumps({"t": written(stream, t), "kind": "viewers", "value": value})


def last_us(stream: Stream) -> int:
    """The end of the recording [us of show time]."""
    return max(round(stream.span_s * US), int(stream.t.max(initial=0)))


def written(stream: Stream, t_us: int) -> Any:
    """A time of the show [us] on the recording's clock, exactly, as JSON has it."""
    us = stream.start_us + round(t_us * stream.speedup)
    absolute = stream.clock.family == "absolute"
    if stream.clock.kind == SECONDS or (absolute and us >= 10**14):
        return us / US if us % US else us // US
    return stream.clock.text(us)


def sheet_row(cue: Cue, speedup: float = 1.0) -> dict[str, str]:
    """What a cue sheet says of a cue beside its time: item, kind, and of its response what is its own.

    >>> sheet_row(Cue(1380.0, "lipstick", "deal", peak=15.0))
    {'sku': 'lipstick', 'kind': 'deal', 'peak': '15'}
    """
    spans = {"duration": cue.duration_s, "tau_s": cue.tau_s}
    own = {"peak": cue.peak} | {name: s and s * speedup for name, s in spans.items()}
    told = {name: decimal(value) for name, value in own.items() if value is not None}
    return {"sku": cue.sku, "kind": cue.kind, **told} | ({"shape": cue.shape} if cue.shape else {})


def write_feed(stream: Stream, feed: Feed, folder: Path, final: Path | None = None) -> str:
    """Write the lines and their sheets into ``folder``, which will be called ``final``; returns the sentence that says how
    ``stockcue shadow`` reads them as a replay with ``feed`` does."""
    if feed != Feed(period_s=feed.period_s, lag_s=feed.lag_s):
        raise StreamError(
            _(
                "a live feed loses and delays readings by itself, so feed_lines=write goes with feed.period_s "
                "and feed.lag_s alone; leave the other feed settings out"
            )
        )
    with (folder / FEED).open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in feed_lines(stream))
    fields = ("stock", "tier", "price", "margin", "safety_stock")
    stock = [{"sku": s.id} | {name: getattr(s, name) for name in fields} for s in stream.skus]
    cues = [{"start_time": written(stream, round(c.at_s * US)), **sheet_row(c, stream.speedup)} for c in stream.cues]
    for name, rows in ((STOCK, stock), (CUES, cues)):
        if rows:
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / name).write_text(text, encoding="utf-8")
    words = [f"input={FEED}", f"stock={STOCK}", *([f"cues={CUES}"] if cues else []), f"start={written(stream, 0)}",
             f"end={written(stream, last_us(stream))}", f"period_s={feed.period_s!r}", f"lag_s={feed.lag_s!r}",
             *([f"zone={stream.clock.zone}"] if stream.clock.zone else []),
             *([f"speedup={stream.speedup!r}"] if stream.speedup != 1 else [])]  # fmt: skip
    return _("the same as a live feed, from within {final}: {value}").format(
        final=final or folder, value=shlex.join(["stockcue", "shadow", *words])
    )
