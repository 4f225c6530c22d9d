"""From a review's configuration to its page, pictures, tables and proposal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from sim.app.progress import Progress
from sim.app.replay import EXAMPLE, _feed, _loaded, _world
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.jobs.folder import config_hash, out_folder, run_folder, write_manifest, write_table
from sim.postmortem.blame import CAUSES
from sim.postmortem.losses import KINDS
from sim.postmortem.parameters import Show
from sim.postmortem.proposal import proposal_words, write_proposal
from sim.postmortem.review import Review, review
from sim.postmortem.sessions import recorded, rehearsed
from sim.postmortem.show_profile import FILE, Habits, of_run, of_stream, save, saved
from sim.replay import Loaded
from sim.replay.closedloop import caption
from sim.replay.closedtape import ASSUMPTIONS
from sim.replay.impute import LIKELY, impute
from sim.report.pages.review import page
from sim.report.text.review import basis
from sim.score.profiles import Profile
from sim.setup.choices import described, one_of, policies_from, profile_from
from sim.setup.settings import Review as Settings
from sim.setup.settings import SettingError, settle

GROUPS = ("strategy", "gate", "feed", "scenario", "operations", "score")


@dataclass(frozen=True, eq=False)
class Case:
    """What is reviewed. at: moments as the show's clock writes them. notes: on the data. habits: of this show, earlier ones."""

    show: Show
    others: list[Show]
    bounds: list[Show]
    draws: list[Show]
    habits: tuple[Habits, list[Habits]]
    at: Callable[[float], str]
    notes: list[str]


def review_and_report(config: Mapping[str, Any], words: Sequence[str]) -> Path:
    """Review, print the gist, and leave a run folder, whole or not at all."""
    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "review")
    policy, profile = _policy(config), profile_from(config["score"])
    case = _recorded(s, config, policy) if s.stream else _rehearsed(s, config, policy)
    skus = [k.id for k in case.show.stage.scenario.skus]
    one_of("figure_sku", s.figure_sku, ["auto", *skus])
    made = _made(s, policy, profile, case)
    final = out_folder(s.out, f"runs/review-{_stem(case.show.name)}-{config_hash(made)}")
    with run_folder(final, "review") as folder:
        progress = Progress("review")
        try:
            found = review(case.show, policy, profile, case.habits, case.others, case.bounds, case.draws, s.alerts, progress)
        finally:
            progress.close()
        pictures = _pictures(folder, found, s) if s.figure != "none" else []
        text = page(found, _command(words), case.at, case.notes, pictures)
        (folder / "review.md").write_text(text, encoding="utf-8")
        _write(folder, found, words)
        facts = {
            "command": ["stockcue", "review", *words],
            "loop": case.show.loop,
            "config": made,
            "config_hash": config_hash(made),
        }
        write_manifest(folder, facts)
    print(_printed(found), flush=True)
    print(f"\nrun folder: {final} (page: review.md, proposal: proposal.yaml)", flush=True)
    return final


def _command(words: Sequence[str]) -> str:
    """The command that makes the page again, wherever to."""
    return " ".join(["stockcue", "review", *(word for word in words if not word.startswith("out="))])


# -- what is reviewed -------------------------------------------------------------------------------------------


def _policy(config: Mapping[str, Any]) -> Policy:
    policies = policies_from(config["strategy"], config["gate"], config["operations"])
    if len(policies) != 1:
        raise SettingError(f"review judges the one setting that was in use, and {len(policies)} are chosen; name it, as in "
                           "strategy=smart")  # fmt: skip
    return policies[0]


def _rehearsed(s: Settings, config: Mapping[str, Any], policy: Policy) -> Case:
    for name in ("cues", "stock", "sku", "zone", "start", "end"):
        if getattr(s, name) not in ("", None):
            raise SettingError(f"{name}= says how to read a recording, and none is named; add stream=PATH or leave it out")
    scenario = from_plain(config["scenario"])
    scenario = replace(scenario, feed=_feed(config["feed"], scenario.feed))
    show = rehearsed(scenario, s.seed, s.replicate)
    others = [rehearsed(scenario, s.seed, s.replicate + k) for k in range(1, s.shows + 1)]
    from sim.engine.simulate import play
    from sim.setup.policies import make_policy

    own = of_run(play(show.stage, make_policy("silent")), show.name)
    earlier = [_earlier(s, path)[0] for path in _paths(s)]
    tried = (
        f"is tried on replicates {s.replicate + 1} to {s.replicate + s.shows}" if s.shows else "was tried on no other (shows=0)"
    )
    notes = [f"A rehearsed show: replicate {s.replicate} of scenario {scenario.name}, seed {s.seed}; the proposal {tried}."]
    return Case(show, others, [], [], (own, earlier), _clock, notes)


def _clock(t_s: float) -> str:
    """A moment of a show without a calendar.

    >>> _clock(3725.4)
    '1:02:05'
    """
    whole = int(t_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _recorded(s: Settings, config: Mapping[str, Any], policy: Policy) -> Case:
    loaded, world = _loaded(s, s.stream), _world(config["scenario"])
    stream = loaded.stream
    feed, made = _feed(config["feed"], stream.feed()), impute(stream, s.bin_s)
    bounds = recorded(made, s.seed, s.replicate, feed, world)
    earlier, others = [], []
    for path in _paths(s):
        habits, other = _earlier(s, path)
        earlier.append(habits)
        if other is not None:
            theirs = _feed(config["feed"], other.stream.feed())
            others.append(recorded(impute(other.stream, s.bin_s), s.seed, s.replicate, theirs, world, (LIKELY,))[LIKELY])
    notes = [caption(stream, made), *(f"Assumed: {words}." for words in ASSUMPTIONS), *_read(loaded), *_declared(world)]
    draws = [recorded(made, s.seed, s.replicate + k, feed, world, (LIKELY,))[LIKELY] for k in range(1, s.shows + 1)]
    notes.append(f"Times are on the recording's clock; it starts at {stream.at(0.0)}.")
    shown = list(bounds.values())
    return Case(bounds[LIKELY], others, shown, draws, (of_stream(stream), earlier), lambda t: _time_of_day(stream.at(t)), notes)


def _time_of_day(text: str) -> str:
    """The time of day of a calendar time; other clocks as they are.

    >>> _time_of_day("2026-06-18T20:02:03.500000+08:00"), _time_of_day("63.5")
    ('20:02:03', '63.5')
    """
    found = re.search(r"[T ](\d\d:\d\d:\d\d)", text)
    return found[1] if found else text


def _read(loaded: Loaded) -> list[str]:
    return [
        f"{row['file']}: {row['rows']} rows, {row['used']} used, {row['set_aside']} set aside, {row['rejected']} rejected"
        for row in loaded.counts.to_dict("records")
    ]


def _declared(world: Scenario | None) -> list[str]:
    """What the shop behind the recording is taken to be."""
    if world is None:
        return []
    return [f"The shop behind the recording is taken to be: ledger {world.ledger.mode}, hold {world.ledger.hold_s:g} s; other "
            "parts as declared with scenario= and scenario.KEY=, else without leaks."]  # fmt: skip


def _paths(s: Settings) -> list[str]:
    given = s.earlier if isinstance(s.earlier, list) else [] if s.earlier in (None, "") else [s.earlier]
    return [str(path) for path in given]


def _earlier(s: Settings, path: str) -> tuple[Habits, Loaded | None]:
    """An earlier show: the folder of its review, or its recording."""
    if Path(path).is_dir() and (Path(path) / "manifest.json").is_file():
        return saved(Path(path)), None
    whole = replace(s, cues="", start="", end="", stock=None if Path(path).is_dir() or path == "example" else s.stock)
    loaded = _loaded(whole, path)
    return of_stream(loaded.stream), loaded


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60] or "show"


def _made(s: Settings, policy: Policy, profile: Profile, case: Case) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    from sim.jobs.folder import checksums

    paths = [s.stream, s.cues, s.stock, *_paths(s)]
    files = [EXAMPLE if path == "example" else Path(path) for path in paths if isinstance(path, str) and path]
    made = {**described([policy], profile), "scenario": plain(case.show.stage.scenario), "inputs": checksums(files)}
    return made | {"settings": {k: v for k, v in asdict(s).items() if k not in ("out", "figure", "figure_sku")}}


# -- what is left behind ----------------------------------------------------------------------------------------


def _pictures(folder: Path, r: Review, s: Settings) -> list[str]:
    from sim.app.pictures import save as draw
    from sim.report.figures.blame import blame_figure
    from sim.report.figures.timeline import timeline

    skus = [k.id for k in r.show.stage.scenario.skus]
    lost = r.blame.lost.cost
    sku = int(lost.argmax()) if s.figure_sku == "auto" else skus.index(s.figure_sku)
    why = "the SKU that lost most" if s.figure_sku == "auto" else f"figure_sku={s.figure_sku}"
    draw(timeline(r.run, sku, f"{basis(r)}; shown: {why}"), folder / "timeline.png")
    draw(blame_figure(r.blame, skus, f"{r.show.name} · strategy {r.policy.name}", basis(r)), folder / "blame.png")
    return ["timeline.png", "blame.png"]


def tables(r: Review) -> dict[str, pd.DataFrame]:
    """The findings as tidy tables: one row per alert; per cause, kind and SKU; per change; per change and show."""
    skus = [k.id for k in r.show.stage.scenario.skus]
    split = [
        {"show": r.show.name, "loop": r.show.loop, "bound": r.show.bound, "sku": skus[k], "kind": kind, "cause": cause,
         "units": float(r.blame.units[c, n, k])}
        for k in range(len(skus)) for n, kind in enumerate(KINDS) for c, cause in enumerate(CAUSES)
    ]  # fmt: skip
    changes = [
        {"setting": c.knob.key, "option": c.knob.option, "now": c.knob.now, "value": c.value, "unit": c.knob.unit, "far": c.far,
         "kind": r.search.kind, "share": r.search.share, **(asdict(c.result) if c.result else {})}
        for c in r.search.changes
    ]  # fmt: skip
    rests = [
        {"word": p.change.knob.word(p.change.value), "stands": p.stands, **row} for p in r.considered for row in p.rows + p.bounds
    ]
    drifted = [asdict(d) for d in r.drift]
    rows = {"alerts": r.alerts, "blame": split, "changes": changes, "evidence": rests, "drift": drifted}
    return {name: pd.DataFrame(found) for name, found in rows.items() if found}


def _write(folder: Path, r: Review, words: Sequence[str]) -> None:
    for name, table in tables(r).items():
        write_table(table, folder / f"{name}.parquet")
        write_csv(table, folder / f"{name}.csv")
    save(r.now, folder / FILE)
    write_proposal(folder / "proposal.yaml", r, proposal_words(r, words))


def _printed(r: Review) -> str:
    """The gist for a terminal."""
    b = r.search.before
    shares = sorted(zip(CAUSES, r.blame.cost.tolist(), strict=True), key=lambda pair: -pair[1])
    total = sum(cost for _, cost in shares)
    parts = [f"{cause} {cost / total:.0%}" for cause, cost in shares if total > 0 and cost / total >= 0.005]
    lines = [basis(r), f"{r.show.name}, {r.policy.name}: {b.oversold:,} units oversold, {b.missed:,} missed, net {b.net:,.0f} "
             f"CNY, {b.alerts} alerts", f"blame by cost: {', '.join(parts) or 'nothing was lost'}"]  # fmt: skip
    p = r.proposal
    if p is not None:
        found = f"{p.change.knob.word(p.change.value)}"
        return "\n".join([*lines, f"proposed: {found} (on {p.gain.n} other shows net {p.gain.mean:+,.0f} CNY a show)" if p.gain.n
                          else f"proposed: {found} (found on this one show, which proves little)"])  # fmt: skip
    return "\n".join([*lines, "proposed: keep the settings"])
