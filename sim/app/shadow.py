"""From the configuration of ``stockcue shadow`` to a running one."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.staffing import Feed
from sim import __version__
from sim.app.progress import Listener
from sim.jobs.identity import identity_of, own_files
from sim.replay.shadow import Plan, Shadow, Ways, plan, sentence
from sim.replay.shadow.sheets import cue_rows
from sim.setup.choices import described, policies_from
from sim.setup.settings import SettingError, settle
from sim.setup.settings import Shadow as Settings
from sim.words import _

GROUPS = ("strategy", "gate")
BINDING = ("zone", "start", "end", "length_s", "speedup", "clock", "period_s", "lag_s", "levels", "jump_s", "remember")
"""Settings that a state is bound to: with others it would have come to something else."""


def follow(config: Mapping[str, Any], told: Listener) -> dict[str, Any]:
    """Follow the feed until it ends or a signal stops it; returns the metrics."""

    def tell(text: str) -> None:
        told.note(_("stockcue shadow: {text}").format(text=text))

    s = settle(Settings, {key: value for key, value in config.items() if key not in GROUPS}, "shadow")
    made, where = planned(s, config), ways(s)
    if where.state:
        for policy in made.policies:
            identity_of(policy.strategy)
    shadow = Shadow(made, where, tell)
    before = {number: signal.signal(number, shadow.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        metrics = shadow.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    shadow.log("info", sentence(metrics))
    lines = metrics["lines"]
    if lines["rejected"] and not lines["used"]:
        tell(_("warning: not one line could be used; see why in the rejects"))
    if not metrics["ended"]:
        kept = _(
            "the feed has no end line yet, so readings were taken up to its last line only; the same command goes on from here"
        )
        tell(kept if s.out or s.state else _("the feed had no end line, so readings were taken up to its last line only"))
    return metrics


def planned(s: Settings, config: Mapping[str, Any]) -> Plan:
    """What is known before the first line."""
    policies = policies_from(config["strategy"], config["gate"], None)
    stock: Any = {str(k): v for k, v in s.stock.items()} if isinstance(s.stock, Mapping) else str(s.stock or "")
    feed = Feed(period_s=s.period_s, lag_s=s.lag_s)
    made = plan(policies, stock, {}, s.cues, s.zone, s.start, s.end, s.length_s, feed,
                speedup=s.speedup, levels=s.levels, jump_s=s.jump_s, remember=s.remember)  # fmt: skip
    bound = {"stockcue": __version__, **{name: getattr(s, name) for name in BINDING}, **described(policies)}
    bound.pop("operations")
    bound["skus"] = {k.id: {f: getattr(k, f) for f in ("stock", "tier", "price", "margin", "safety_stock")} for k in made.skus}
    bound["cues"] = cue_rows(made.cues)
    bound["own_files"] = own_files(policies)
    return Plan(**{**vars(made), "bound_to": bound})


def ways(s: Settings) -> Ways:
    """Where things go: beside ``out``, unless they are named."""
    out = Path(s.out).expanduser() if s.out else None
    stem = out.with_suffix("") if out else None

    def beside(given: str, ending: str) -> Path | None:
        return Path(given) if given else Path(f"{stem}{ending}") if stem else None

    made = Ways(s.input, out, beside(s.state, ".state"), beside(s.rejects, ".rejects.jsonl"), beside(s.metrics, ".metrics.json"),
                s.follow == "yes", s.clock == "wall", s.resend, s.idle_s, s.save_events, s.save_s, s.report_s, s.silent_s,
                s.prometheus_port, s.log)  # fmt: skip
    files = [str(p.resolve()) for p in (out, made.state, made.rejects, made.metrics) if p]
    if s.input != "-":
        files.append(str(Path(s.input).resolve()))
    twice = next((f for f in files if files.count(f) > 1), None)
    if twice:
        raise SettingError(
            _("{twice!r} is named for two things; give input=, out=, state=, rejects= and metrics= different files").format(
                twice=twice
            )
        )
    return made
