"""From the configuration of ``stockcue shadow`` to a running one."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.staffing import Feed
from sim import __version__
from sim.app.frame import is_trying, tried
from sim.app.nouns import policies_of
from sim.app.progress import Listener
from sim.core.policy import Policy
from sim.jobs.identity import identity_of, own_files
from sim.replay.shadow import Plan, Shadow, Ways, plan, sentence
from sim.replay.shadow.sheets import cue_rows
from sim.replay.shadow.source import Source
from sim.setup.choices import described, policies_from
from sim.setup.settings import SettingError, settle
from sim.setup.settings import Shadow as Settings
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("strategy", "gate")
BINDING = ("zone", "start", "end", "length_s", "speedup", "clock", "period_s", "lag_s", "levels", "jump_s", "remember")
"""Settings that a state is bound to: with others it would have come to something else."""


@dataclass(frozen=True, eq=False)
class Followed:
    """What was said of a feed. lines: the lines out, as they were written. alerts: the same as a table, a row per alert (columns
    in ``docs/howto/shadow.md``). metrics: counts, items and lags, as in the metrics file."""

    lines: str
    alerts: pd.DataFrame
    metrics: Mapping[str, Any]

    def __str__(self) -> str:
        return sentence(self.metrics)


def shadow(feed: str | Path, policies: Any, *, stock: Any, out: str | Path | None = None, **settings: Any) -> Followed:
    """Run policies over a feed of JSON lines, from its first line to its last, as they run beside a live show.

    Parameters
    ----------
    feed : path
        A file of lines, such as ``feed.jsonl`` of a :func:`stockcue.replay` with ``feed_lines="write"``.
    policies : one or several policies
        See :func:`stockcue.policy`.
    stock : mapping or path
        Units by SKU, or a stock sheet.
    out : path
        Where alerts go, line by line, with state, rejects and metrics beside it; the same call goes on from there. None: nothing
        is left behind.
    **settings
        ``end`` or ``length_s`` (one of them is needed), ``start``, ``cues``, ``zone``, ``period_s``, ``lag_s`` [s], and the other
        settings of ``stockcue shadow``; ``follow="yes"`` waits for lines to come.

    Returns
    -------
    Followed
        ``.lines``, ``.alerts`` (a DataFrame) and ``.metrics``.

    Raises
    ------
    ValueError
        One sentence, where a setting does not hold or the feed cannot be used.
    """
    import pandas as pd

    with tempfile.TemporaryDirectory() as room:
        place = Path(room) / "alerts.jsonl" if out is None else Path(out).expanduser()
        given = {"input": str(feed), "stock": stock, "out": str(place), "follow": "no", "report_s": 0.0}
        s = settle(Settings, given | settings, "shadow")
        metrics = _live(s, policies_of(policies), lambda text: None).run()
        lines = place.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in lines.splitlines()]
    columns = ["n", "strategy", "sku", "t_s", "at", "level", "level_name", "stock", "line"]
    return Followed(lines, pd.DataFrame(rows, columns=None if rows else columns), metrics)


def follow(config: Mapping[str, Any], told: Listener) -> dict[str, Any]:
    """Follow the feed until it ends or a signal stops it; returns the metrics."""

    def tell(text: str) -> None:
        told.note(_("stockcue shadow: {text}").format(text=text))

    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "shadow")
    live = _live(s, policies_from(config["strategy"], config["gate"], None), tell)
    before = {number: signal.signal(number, live.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        metrics = live.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    live.log("info", sentence(metrics))
    lines = metrics["lines"]
    if lines["rejected"] and not lines["used"]:
        tell(_("warning: not one line could be used; see why in the rejects"))
    if not metrics["ended"]:
        kept = _(
            "the feed has no end line yet, so readings were taken up to its last line only; the same command goes on from here"
        )
        tell(kept if s.out or s.state else _("the feed had no end line, so readings were taken up to its last line only"))
    return metrics


def _live(s: Settings, policies: Sequence[Policy], tell: Any) -> Shadow:
    """A live show, ready to be followed."""
    made, where = planned(s, policies), ways(s)
    if where.state:
        for policy in made.policies:
            identity_of(policy.strategy)
    if is_trying():
        Source(where.source, False, tell).close()
    tried()
    return Shadow(made, where, tell)


def planned(s: Settings, policies: Sequence[Policy]) -> Plan:
    """What is known before the first line."""
    stock: Any = {str(k): v for k, v in s.stock.items()} if isinstance(s.stock, Mapping) else str(s.stock or "")
    feed = Feed(period_s=s.period_s, lag_s=s.lag_s)
    feed_plan = plan(policies, stock, {}, s.cues, s.zone, s.start, s.end, s.length_s, feed,
                speedup=s.speedup, levels=s.levels, jump_s=s.jump_s, remember=s.remember)  # fmt: skip
    bound = {"stockcue": __version__, **{name: getattr(s, name) for name in BINDING}, **described(policies)}
    bound.pop("operations")
    bound["skus"] = {
        k.id: {f: getattr(k, f) for f in ("stock", "tier", "price", "margin", "safety_stock")} for k in feed_plan.skus
    }
    bound["cues"] = cue_rows(feed_plan.cues)
    bound["own_files"] = own_files(policies)
    return Plan(**{**vars(feed_plan), "bound_to": bound})


def ways(s: Settings) -> Ways:
    """Where things go: beside ``out``, unless they are named."""
    out = Path(s.out).expanduser() if s.out else None
    stem = out.with_suffix("") if out else None

    def beside(given: str, ending: str) -> Path | None:
        return Path(given) if given else Path(f"{stem}{ending}") if stem else None

    paths = Ways(s.input, out, beside(s.state, ".state"), beside(s.rejects, ".rejects.jsonl"), beside(s.metrics, ".metrics.json"),
                s.follow == "yes", s.clock == "wall", s.resend, s.idle_s, s.save_events, s.save_s, s.report_s, s.silent_s,
                s.prometheus_port, s.log)  # fmt: skip
    files = [str(p.resolve()) for p in (out, paths.state, paths.rejects, paths.metrics) if p]
    if s.input != "-":
        files.append(str(Path(s.input).resolve()))
    twice = next((f for f in files if files.count(f) > 1), None)
    if twice:
        raise SettingError(
            _("{twice!r} is named for two things; give input=, out=, state=, rejects= and metrics= different files").format(
                twice=twice
            )
        )
    return paths
