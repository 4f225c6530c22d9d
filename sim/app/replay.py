"""From a replay's configuration to its tables, pictures and run folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import sim.replay
from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from scenarios.staffing import Feed, Outage
from sim.app.replays import played, write_pictures, write_tables
from sim.core.policy import Policy
from sim.core.tape import TAKE
from sim.jobs.folder import config_hash, out_folder, run_folder, write_manifest
from sim.replay import Loaded, load, write_rejects
from sim.replay.censor import hide
from sim.replay.feedlines import write_feed
from sim.replay.ingest.reasons import why
from sim.setup.choices import described, numbers, one_of, policies_from, profile_from
from sim.setup.settings import Replay as Settings
from sim.setup.settings import SettingError, settle

GROUPS = ("strategy", "gate", "feed", "scenario", "operations", "score")
EXAMPLE = Path(sim.replay.__file__).parent / "data"


def replay_and_report(config: Mapping[str, Any], words: Sequence[str]) -> Path:
    """Replay, print the tables, and leave a run folder, whole or not at all."""
    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "replay")
    paths = stream_paths(s)
    policies = _policies(s, config)
    profile, world = profile_from(config["score"]), _world(config["scenario"])
    loaded = [_loaded(s, path) for path in paths]
    loaded = _renamed(loaded)
    truth = [None] * len(loaded)
    if s.beyond == "hide":
        loaded, truth = _hidden(loaded)
    one_of("figure_sku", s.figure_sku, ["auto", *(k.id for one in loaded for k in one.stream.skus)])
    feeds = [_feed(config["feed"], one.stream.feed()) for one in loaded]
    made = _made(s, policies, profile, world, feeds, paths)
    final = out_folder(s.out, f"runs/replay-{_stem(paths)}-{config_hash(made)}")
    with run_folder(final, "replay") as folder:
        found = played(s, loaded, truth, policies, feeds, world, profile)
        notes = [note for one in loaded for note in _notes(one, final / "rejects.csv", len(loaded) > 1)]
        if s.feed_lines == "write":
            notes.append(write_feed(loaded[0].stream, feeds[0], folder, final))
        print(found.printed(notes), flush=True)
        if s.figure != "none":
            write_pictures(found, s.figure_sku, folder)
        write_tables(found, folder)
        write_rejects(_all_rejects(loaded), folder / "rejects.csv")
        _write_page(folder, found.title, found.page(), words, notes)
        facts = {"command": ["stockcue", "replay", *words], "loop": s.loop, "config": made, "config_hash": config_hash(made)}
        write_manifest(folder, facts)
    print(f"\nrun folder: {final}", flush=True)
    return final


# -- what was asked for -----------------------------------------------------------------------------------------


def stream_paths(s: Settings) -> list[str]:
    """The streams named, at least one."""
    given = s.stream if isinstance(s.stream, list) else [s.stream]
    paths = [str(p) for p in given if p not in (None, "")]
    if not paths:
        raise SettingError("replay needs a recording: stream=PATH, or stream=example for the one that ships with StockCue")
    for path in paths:
        if paths.count(path) > 1:
            raise SettingError(f"stream {path!r} is named twice; name each recording once")
    return paths


def _policies(s: Settings, config: Mapping[str, Any]) -> list[Policy]:
    policies = policies_from(config["strategy"], config["gate"], config["operations"] if s.loop == "closed" else None)
    if s.diff and s.loop == "closed":
        raise SettingError("diff=true compares what would have fired, which is open-loop; leave loop=closed out")
    if s.diff and len(policies) != 2:
        raise SettingError(f"diff=true compares two settings, and {len(policies)} are chosen; write strategy=[old:NAME,new:NAME]")
    if s.feed_lines == "write" and len(stream_paths(s)) > 1:
        raise SettingError("feed_lines=write makes one live feed of one recording; name one stream")
    if s.beyond == "hide" and s.loop == "open":
        raise SettingError("beyond=hide hides orders so that they can be imputed; it needs loop=closed")
    return policies


def _world(values: Mapping[str, Any] | None) -> Scenario | None:
    """The world behind the recording from plain settings."""
    if values is None:
        return None
    from sim.replay.closedtape import backdrop

    return from_plain(plain(backdrop()) | dict(values))


def _loaded(s: Settings, path: str) -> Loaded:
    stock: Any = int(s.stock) if isinstance(s.stock, str) and s.stock.isdigit() else s.stock
    sku = [str(k) for k in s.sku] if isinstance(s.sku, list) else None if s.sku is None else str(s.sku)
    where = EXAMPLE if path == "example" else Path(path)
    return load(where, s.cues or None, stock, sku, s.zone or None, s.speedup, s.start or None, s.end or None)


def _renamed(loaded: list[Loaded]) -> list[Loaded]:
    """Streams of one name are numbered: tables tell them apart by name."""
    made, seen = [], {}
    for one in loaded:
        name = one.stream.name
        seen[name] = seen.get(name, 0) + 1
        stream = replace(one.stream, name=f"{name}-{seen[name]}") if seen[name] > 1 else one.stream
        made.append(replace(one, stream=stream))
    return made


def _hidden(loaded: list[Loaded]) -> tuple[list[Loaded], list[Any]]:
    """Streams without the orders beyond their stock, and these orders."""
    parts = [hide(one.stream) for one in loaded]
    kept = []
    for one, (stream, gone) in zip(loaded, parts, strict=True):
        note = f"{stream.name}: {len(gone.t):,} orders beyond the stock are hidden; imputed demand can be held against them"
        kept.append(replace(one, stream=stream, notes=(*one.notes, note)))
    return kept, [gone for _, gone in parts]


def _feed(values: Mapping[str, Any], own: Feed) -> Feed:
    """The stream's own feed with the values given put over it."""
    given = {key: value for key, value in values.items() if value is not None}
    numbers("feed", given, ("outages",))
    if "outages" in given:
        holes = given["outages"]
        if not isinstance(holes, list) or any(not isinstance(h, Mapping) or set(h) - set(vars(Outage())) for h in holes):
            raise SettingError("feed.outages must be a list, as in [{at_s: 600, duration_s: 60}]")
        given["outages"] = tuple(Outage(**h) for h in holes)
    return replace(own, **given)


def _made(s: Settings, policies: list[Policy], profile: Any, world: Any, feeds: list[Feed], paths: list[str]) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    plain_feeds = [vars(feed) | {"outages": [vars(o) for o in feed.outages]} for feed in feeds]
    closed = s.loop == "closed"
    made = {**described(policies, profile if closed else None), "feed": plain_feeds if len(feeds) > 1 else plain_feeds[0]}
    made |= {"inputs": _inputs(s, paths)}
    made |= {"settings": {k: v for k, v in vars(s).items() if k not in ("out", "figure", "figure_sku", "feed_lines")}}
    if closed and world is not None:
        from sim.replay.closedtape import WORLD

        made["scenario"] = {part: plain(world)[part] for part in WORLD}
    return made


def _inputs(s: Settings, paths: Sequence[str]) -> dict[str, str]:
    """Checksums of every file that was read."""
    roots = [EXAMPLE if path == "example" else Path(path) for path in paths]
    roots += [Path(p) for p in (s.cues, s.stock) if isinstance(p, str) and p and Path(p).exists()]
    files = [f for root in roots for f in (sorted(root.iterdir()) if root.is_dir() else [root]) if f.is_file()]
    names = [f.name for f in files]
    return {f.name if names.count(f.name) == 1 else str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _stem(paths: Sequence[str]) -> str:
    first = re.sub(r"[^\w-]+", "_", Path(paths[0]).name.split(".")[0]) or "stream"
    return first if len(paths) == 1 else f"{first}-and-{len(paths) - 1}-more"


# -- what was read ----------------------------------------------------------------------------------------------


def _faults(loaded: Loaded, rejects: Path) -> list[str]:
    """Why rows were rejected and where they are; and a warning where next to nothing is left."""
    kinds = loaded.rejects["reason"].map(why).value_counts(sort=True)
    lines = [f"rejected: {', '.join(f'{kind} ({n})' for kind, n in kinds.items())} -> {rejects}"] if len(kinds) else []
    stream = loaded.stream
    left = int((stream.what == TAKE).sum()) if stream.kind != "levels" else int(loaded.counts["used"].iloc[0])
    if left < 2:
        what = "stock level" if stream.kind == "levels" else "order"
        lines.append(f"warning: {left} usable {what} row{'' if left == 1 else 's'}, too few to judge a strategy by")
    return lines


def _notes(loaded: Loaded, rejects: Path, several: bool) -> list[str]:
    account = [
        f"{row['file']}: {row['rows']} rows, {row['used']} used, {row['set_aside']} set aside, {row['rejected']} rejected"
        for row in loaded.counts.to_dict("records")
    ]
    own = f"{loaded.stream.name}: " if several else ""
    return [*account, *_faults(loaded, rejects), *(own + note for note in loaded.notes)]


def _all_rejects(loaded: Sequence[Loaded]) -> Loaded:
    return replace(loaded[0], rejects=pd.concat([one.rejects for one in loaded], ignore_index=True))


def _write_page(folder: Path, title: tuple[str, str], parts: list[str], words: Sequence[str], notes: Sequence[str]) -> None:
    pictures = [f"![{p.stem}]({p.name})" for p in sorted(folder.glob("*.png"))]
    text = [f"# {title[0]}", f"**{title[1]}.** To repeat it: `{' '.join(['stockcue', 'replay', *words])}`", *parts,
            "\n".join(f"- {note}" for note in notes), *pictures]  # fmt: skip
    (folder / "report.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
