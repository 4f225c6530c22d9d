"""Replay of recorded streams, open loop and closed loop; every table says which in its column ``loop``.

Open loop: what alert strategies would have said, against when stock really ran out. Alerts are recorded and nothing follows from
them; alert *timing* is what can be judged. Closed loop: what would have happened. Recorded orders may be refused, strategies
act, and demand of blind spells is imputed under three bounds and marked (``closedloop.closed_replay``; one stage to play on:
``closedtape.closed_stage(stream, impute(stream), bound, seed, replicate)``, its silent run: ``play(stage, silent_policy())``,
its imputed rows: ``closedtape.imputed_rows``). ``diff.rule_diff`` lists where two settings differ.

Open loop in two calls::

    loaded = load("orders.csv", cues="schedule.csv", stock=5000, zone="UTC")
    result = replay(loaded, [make_policy("window_forecast"), make_policy("smart")])

``load(path, cues=None, stock=None, sku=None, zone=None, speedup=1.0, start=None, end=None, shut=None,
actions=None) -> Loaded``

* ``path``: a file (.csv, .tsv, .txt, .jsonl, .ndjson, .parquet; the text formats also .gz) or a folder with one stream and,
  if it has them, a cue sheet and a stock sheet. Columns decide what a file is: orders, events, stock levels, cues or
  declared stock.
* ``cues``: a cue sheet. ``stock``: units declared for every SKU, a mapping SKU -> units, or a stock sheet (orders and
  events need one; stock levels have their own). ``sku``: one SKU or a list of them; all others are set aside.
* ``zone``: what times without a zone are in ("UTC", "+08:00", "Asia/Shanghai"). ``speedup``: recorded seconds per show second.
* ``start``, ``end``: the part of the recording to use, written like its own times; ``end`` is also the planned end.
* ``shut``: spells in which an item took no orders although it had stock (frozen, delisted): a CSV file with the columns sku,
  from, to, or a list of such rows; their demand is imputed.
* ``actions``: what the team itself did, a table or a list with the columns time, sku, action, units, level; it is judged like
  a strategy, and what it closed is ``shut``.
* raises :class:`StreamError` (one sentence) when the stream cannot be used at all.

``Loaded``: ``stream`` (:class:`Stream`), ``rejects`` (DataFrame file, line, reason, text), ``counts`` (DataFrame, one row a
file: file, kind, rows, used, set_aside, rejected, out_of_order; rows = used + set_aside + rejected), ``notes`` (tuple
of sentences to print: clock, sorting, assumptions). ``write_rejects(loaded.rejects, path)`` writes the rejects file whole or
not at all.

``replay(loaded, policies, feed=None, horizon_s=1800.0, merge_s=600.0, progress=None, player=None) -> Replay``

* ``feed``: scenarios.staffing.Feed; None: ``loaded.stream.feed()``. ``horizon_s`` (H): an alert counts for a sell-out that
  comes within it [show s]. ``merge_s``: sell-outs closer together than this are one [show s]. ``progress(done, of, name)``:
  called after each policy.

``Replay``: ``table`` (one row per strategy x SKU), ``sellouts`` (per strategy x sell-out), ``alerts`` (per alert), ``runs`` (the
engine's Run per strategy, ``acting`` false), ``levels`` (per SKU: the recorded stock over time, for figures), ``loop`` = "open",
``caption`` (the sentence that must stand on every figure). Columns are described at ``openloop.replay``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.replay.ingest.open import open_stream
    from sim.replay.openloop import Replay, replay
    from sim.replay.read import Loaded, StreamError, load, write_rejects
    from sim.replay.stream import Stream

__all__ = ["Loaded", "Replay", "Stream", "StreamError", "load", "open_stream", "replay", "write_rejects"]

_HOMES = {
    "open_stream": "ingest.open", "Replay": "openloop", "replay": "openloop", "Loaded": "read", "StreamError": "read",
    "load": "read", "write_rejects": "read", "Stream": "stream",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # Readers of recordings bring half of the installed packages with them, and most commands read none.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
