"""From a replay's configuration to its tables, picture and run folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import sim.replay
from scenarios.staffing import Feed, Outage
from sim.core.tape import TAKE
from sim.replay import Loaded, Replay, load, replay, write_rejects
from sim.replay.alertlines import write_alert_lines
from sim.replay.feedlines import write_feed
from sim.replay.ingest.reasons import why
from sim.report.progress import Progress
from sim.report.replay_figure import OPEN_LOOP, draw, recording
from sim.report.text import NOTHING, aligned, markdown, number
from sim.study.choices import described, numbers, one_of, policies_from
from sim.study.folder import config_hash, run_folder, write_manifest, write_table
from sim.study.settings import Replay as Settings
from sim.study.settings import SettingError, settle
from strategies.contract import LEVEL_NAMES

GROUPS = ("strategy", "gate", "feed")
EXAMPLE = Path(sim.replay.__file__).parent / "data"
MOST_ROWS = 24
"""Sell-outs listed on the terminal; the folder has them all."""
HEAD = ("strategy", "sell-outs", "warned", "standing", "lead [s] median", "least", "alerts", "in time", "sold out already",
        "nothing came", "undecided", "alerts/h")  # fmt: skip


def replay_and_report(config: Mapping[str, Any], words: Sequence[str]) -> Path:
    """Replay, print the tables, and leave a run folder, whole or not at all."""
    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "replay")
    policies = policies_from(config["strategy"], config["gate"], None)
    loaded = _loaded(s)
    skus = [k.id for k in loaded.stream.skus]
    one_of("figure_sku", s.figure_sku, ["auto", *skus])
    feed = _feed(config["feed"], loaded.stream.feed())
    made = {**described(policies), "feed": vars(feed) | {"outages": [vars(o) for o in feed.outages]}, "inputs": _inputs(s)}
    made |= {"settings": {k: v for k, v in vars(s).items() if k not in ("out", "figure", "figure_sku", "feed_lines")}}
    final = Path(s.out or f"runs/replay-{Path(s.stream).name.split('.')[0] or 'stream'}-{config_hash(made)}")
    with run_folder(final) as folder:
        progress = Progress("strategies")
        try:
            found = replay(loaded, policies, feed, s.horizon_s, s.merge_s, progress)
        finally:
            progress.close()
        notes = _notes(loaded, found, final / "rejects.csv")
        if s.feed_lines == "write":
            notes.append(write_feed(loaded.stream, feed, folder, final))
        print(_printed(found, notes), flush=True)
        if s.figure != "none":
            from sim.report.timeline import save

            sku = _first_out(found, skus) if s.figure_sku == "auto" else skus.index(s.figure_sku)
            save(draw(recording(loaded, found, sku)), folder / "replay.png")
        _write(folder, loaded, found, words, notes)
        facts = {"command": ["stockcue", "replay", *words], "loop": found.loop, "config": made, "config_hash": config_hash(made)}
        write_manifest(folder, facts)
    print(f"\nrun folder: {final}", flush=True)
    return final


def _loaded(s: Settings) -> Loaded:
    if not s.stream:
        raise SettingError("replay needs a recording: stream=PATH, or stream=example for the one that ships with StockCue")
    stock: Any = int(s.stock) if isinstance(s.stock, str) and s.stock.isdigit() else s.stock
    path = EXAMPLE if s.stream == "example" else Path(s.stream)
    sku = [str(k) for k in s.sku] if isinstance(s.sku, list) else None if s.sku is None else str(s.sku)
    return load(path, s.cues or None, stock, sku, s.zone or None, s.speedup, s.start or None, s.end or None)


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


def _inputs(s: Settings) -> dict[str, str]:
    """Checksums of every file that was read."""
    roots = [EXAMPLE if s.stream == "example" else Path(s.stream)]
    roots += [Path(p) for p in (s.cues, s.stock) if isinstance(p, str) and p and Path(p).exists()]
    files = [f for root in roots for f in (sorted(root.iterdir()) if root.is_dir() else [root]) if f.is_file()]
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _first_out(found: Replay, skus: list[str]) -> int:
    """The SKU that ran out first, else the first one."""
    outs = found.sellouts.sort_values("sold_out_s", kind="stable")
    return skus.index(str(outs["sku"].iloc[0])) if len(outs) else 0


def ranked(found: Replay) -> pd.DataFrame:
    """One row per strategy over all SKUs: most sell-outs foreseen first, among equals the one with fewest alerts."""
    counts = ["sellouts", "warned", "standing", "alerts", "early", "while_sold_out", "unfollowed", "undecided", "alerts_per_h"]
    total = found.table.groupby("strategy", sort=False)[counts].sum()
    lead = found.sellouts.groupby("strategy", sort=False)["lead_s"]
    total["lead_median_s"], total["lead_least_s"] = lead.median(), lead.min()
    return total.sort_values(["warned", "alerts"], ascending=[False, True], kind="stable").reset_index()


def cells(found: Replay) -> list[list[str]]:
    """The ranked table as text."""
    columns = ["sellouts", "warned", "standing", "lead_median_s", "lead_least_s", "alerts", "early", "while_sold_out",
               "unfollowed", "undecided"]  # fmt: skip
    return [
        [row["strategy"], *(number(float(row[c])) for c in columns), number(row["alerts_per_h"], 1)]
        for row in ranked(found).to_dict("records")
    ]


def sellout_cells(found: Replay) -> list[list[str]]:
    """One row per sell-out and strategy: when stock ran out and how long before each level would have fired."""
    rows = []
    for out in found.sellouts.sort_values(["sold_out_s", "sku", "sellout"], kind="stable").to_dict("records"):
        before = [out["sold_out_s"] - out[f"{level}_s"] for level in ("watch", "prepare", "emergency")]
        rows.append([out["sku"], out["sold_out_at"], out["strategy"], *map(number, before), number(out["lead_s"]), _level(out)])
    return rows


def _level(out: Mapping[Any, Any]) -> str:
    """The alert that was standing when stock ran out, however old."""
    return LEVEL_NAMES[out["standing"]].split()[0] if out["standing"] else NOTHING


SELLOUT_HEAD = ("sku", "sold out at", "strategy", "watch [s before]", "prepare", "emergency", "lead [s]", "standing")
SELLOUT_RIGHT = range(3, len(SELLOUT_HEAD) - 1)
STANDING = "Standing: sell-outs that met an alert never taken back, however old it was; not warned but standing is not missed."


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


def _notes(loaded: Loaded, found: Replay, rejects: Path) -> list[str]:
    account = [
        f"{row['file']}: {row['rows']} rows, {row['used']} used, {row['set_aside']} set aside, {row['rejected']} rejected"
        for row in loaded.counts.to_dict("records")
    ]
    about = [STANDING] if len(found.sellouts) else ["Stock never ran out in this recording: only noise can be compared."]
    return [found.caption, *about, *account, *_faults(loaded, rejects), *loaded.notes]


def _printed(found: Replay, notes: Sequence[str]) -> str:
    """Both tables for a terminal."""
    text = [OPEN_LOOP, "", *aligned([HEAD, *cells(found)], range(1, len(HEAD)))]
    outs = sellout_cells(found)
    if outs:
        text += ["", *aligned([SELLOUT_HEAD, *outs[:MOST_ROWS]], SELLOUT_RIGHT)]
    if len(outs) > MOST_ROWS:
        text.append(f"... and {len(outs) - MOST_ROWS} more in sellouts.parquet")
    return "\n".join([*text, "", *notes])


def _write(folder: Path, loaded: Loaded, found: Replay, words: Sequence[str], notes: Sequence[str]) -> None:
    for name in ("table", "sellouts", "alerts"):
        write_table(getattr(found, name), folder / f"{name}.parquet")
    write_rejects(loaded, folder / "rejects.csv")
    write_alert_lines(loaded.stream, found.runs, folder)
    parts = [
        f"# Replay of {loaded.stream.name}",
        f"**{OPEN_LOOP}.** To repeat it: `{' '.join(['stockcue', 'replay', *words])}`",
        "\n".join(markdown(HEAD, cells(found), range(1, len(HEAD)))),
        "Warned: an alert came within the horizon before the sell-out. In time, sold out already, nothing came, undecided: what "
        "became of the alerts; undecided ones were sent too near the end of the recording to tell.",
        "\n".join(markdown(SELLOUT_HEAD, sellout_cells(found), SELLOUT_RIGHT)),
        "\n".join(f"- {note}" for note in notes),
        *(["![replay](replay.png)"] if (folder / "replay.png").exists() else []),
    ]
    (folder / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
