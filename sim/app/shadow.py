"""Shadow: strategies beside a real show on its live feed, which only say what they would alert."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

from scenarios.staffing import Feed
from sim import __version__
from sim.app.frame import Out, Task, followed, is_trying, settled
from sim.app.nouns import policies_of
from sim.app.progress import Listener, Tell, listener
from sim.app.result import Result, Statement
from sim.core.policy import Policy
from sim.jobs.identity import identity_of, own_files
from sim.replay.shadow import Shadow as Live
from sim.replay.shadow import ShowPlan, Ways, plan, sentence
from sim.replay.shadow.sheets import cue_rows
from sim.replay.shadow.source import LineSource
from sim.setup.choices import described
from sim.setup.settings import SettingError, ShadowSettings
from sim.words import _

BINDING = ("zone", "start", "end", "length_s", "speedup", "clock", "period_s", "lag_s", "levels", "jump_s", "remember")
"""Settings that a state is bound to: with others it would have come to something else."""


def shadow(
    feed: str | Path,
    policies: Any,
    *,
    stock: Any = None,
    cues: str | Path | None = None,
    zone: str | None = None,
    start: str | None = None,
    end: str | None = None,
    length_s: float | None = None,
    speedup: float | None = None,
    clock: str | None = None,
    period_s: float | None = None,
    lag_s: float | None = None,
    levels: str | None = None,
    jump_s: float | None = None,
    silent_s: float | None = None,
    remember: int | None = None,
    follow: bool | str = False,
    idle_s: float | None = None,
    resend: str | None = None,
    state: str | Path | None = None,
    rejects: str | Path | None = None,
    metrics: str | Path | None = None,
    save_events: int | None = None,
    save_s: float | None = None,
    prometheus_port: int | None = None,
    report_s: float | None = None,
    log: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Follow the live feed of a show, from its first line to its last: what each policy would alert, and nothing done.

    Parameters
    ----------
    feed : path
        JSON lines in a file that grows, such as ``feed.jsonl`` of a :func:`stockcue.replay` with ``feed_lines="write"``, or
        ``"-"`` for standard input.
    policies : one or several policies
        See :func:`stockcue.policy`.
    stock : mapping or path
        Declared stock: ``{sku: units}``, or a stock sheet.
    cues : path
        Cue sheet: the planned run of show.
    zone : str
        What times without a zone are in, and the zone alerts are written in, as in ``"Asia/Shanghai"``.
    start, end : str
        Start and planned end of the show, written like the feed's times; start None: its first line.
    length_s : float
        Planned length of the show, instead of ``end`` [s], 0 to 1e6; None or 0: ``end`` says it.
    speedup : float
        Seconds of the feed per second of the show [x], 1e-6 to 1e9; None: 1.
    clock : str
        What moves time: ``stream``, the feed's own times, or ``wall``; None: stream.
    period_s : float
        A reading every [s], 0.01 to 3600; None: 1.
    lag_s : float
        A reading arrives this much later [s], 0 to 3600; None: 0.5.
    levels : str
        What a stock level means: ``sales``, the record ``set`` right, or ``auto``, as the feed has orders; None: auto.
    jump_s : float
        A line this far ahead of all others waits for a second one [s], 1 to 1e9; None: 60.
    silent_s : float
        An alert of its own when no line has come for this long [s], 0 to 1e6, 0 being never; None: 60.
    remember : int
        Ids remembered at least, so that nothing counts twice, 1 to 1e7; None: 200,000.
    follow : bool
        Wait for more at the end of the file: True (the command's ``yes``) or False (``no``).
    idle_s : float
        Stop when no line has come for this long [s], 0 to 1e6; None or 0: never.
    resend : str
        What the input holds after a restart: ``start``, all of it; ``new``, only what is new; ``seq``, whatever has a seq above
        the last one. None: start.
    state, rejects, metrics : path
        State to go on from, lines that could not be used, counts and lags as JSON; None: beside ``out``.
    save_events : int
        Save the state after this many lines at the latest, 1 to 1e9; None: 20,000.
    save_s : float
        Save the state after this long at the latest [s], 0.01 to 3600; None: 5.
    prometheus_port : int
        Port on which Prometheus can scrape the metrics, 0 to 65,535; None or 0: none.
    report_s : float
        A line of metrics this often [s], 0 to 1e6, 0 being only at the end; None: 60.
    log : str
        What is said on the way: ``warning``, ``info`` or ``debug``; None: info.
    out : path
        File of the alerts, JSON lines; ``""``: standard output; None: they stay with the Result.
    progress : callable, bool
        True: what is said on the way goes to standard error.
    command : sequence of str
        Words of the command that asks.

    Returns
    -------
    Result
        ``.table`` and ``.alerts`` have a row per alert, ``.rejected`` one per line that could not be used (where they are files);
        ``.manifest["metrics"]``: counts, and lags [s].

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold, or a state was made with other settings.

    Notes
    -----
    Exactly once: what a state vouches for is neither lost nor said twice, whatever ends the process. docs/howto/shadow.md.
    """
    waits = ("yes" if follow else "no") if isinstance(follow, bool) else follow
    s = settled(
        ShadowSettings, "shadow", input=str(feed), stock=stock, cues=_text(cues), zone=zone, start=start, end=end,
        length_s=length_s, speedup=speedup, clock=clock, period_s=period_s, lag_s=lag_s, levels=levels, jump_s=jump_s,
        silent_s=silent_s,
        remember=remember, follow=waits, idle_s=idle_s, resend=resend,
        state=_text(state), rejects=_text(rejects), metrics=_text(metrics), save_events=save_events, save_s=save_s,
        prometheus_port=prometheus_port, report_s=report_s, log=log, out=_text(out),
    )  # fmt: skip
    teams, told = policies_of(policies), listener(progress)
    live_plan = planned(s, teams)
    task = Task("shadow", "shadow", live_plan.bound_to, out, command)
    where = ways(s, None if task.room is None else Path(task.room.name) / "alerts.jsonl")
    if where.state:
        for policy in teams:
            identity_of(policy.strategy)
    if is_trying():
        LineSource(where.source, False, told.note).close()
    files = {name: path for name, path in (("alerts", where.out), ("rejected", where.rejects)) if path}
    return followed(task, lambda: _lived(live_plan, where, bool(s.out or s.state), told), files)


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _lived(live_plan: ShowPlan, where: Ways, kept: bool, told: Listener) -> Statement:
    """Follow the feed until it ends or a signal stops it. kept: it can be gone on with."""

    def tell(text: str) -> None:
        told.note(_("stockcue shadow: {text}").format(text=text))

    live = Live(live_plan, where, tell)
    with _stopped_by_signals(live.stop):
        metrics = live.run()
    live.log("info", sentence(metrics))
    lines = metrics["lines"]
    last = []
    if lines["rejected"] and not lines["used"]:
        last.append(_("warning: not one line could be used; see why in the rejects"))
    elif lines["rejected"] > lines["used"]:
        text = _("warning: {n:,} of {read:,} lines could not be used; see why in the rejects")
        last.append(text.format(n=lines["rejected"], read=lines["read"]))
    if not metrics["ended"]:
        goes_on = _(
            "the feed has no end line yet, so readings were taken up to its last line only; the same command goes on from here"
        )
        last.append(goes_on if kept else _("the feed had no end line, so readings were taken up to its last line only"))
    for line in last:
        tell(line)
    return Statement(sentence(metrics), last=last, noted={"metrics": metrics})


@contextmanager
def _stopped_by_signals(stop: Callable[..., None]) -> Iterator[None]:
    """Ctrl-C and a polite kill end a show after the lines at hand; only a main thread hears signals."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def planned(s: ShadowSettings, policies: Sequence[Policy]) -> ShowPlan:
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
    return ShowPlan(**{**vars(feed_plan), "bound_to": bound})


def ways(s: ShadowSettings, otherwise: Path | None = None) -> Ways:
    """Where things go: beside ``out``, unless they are named. otherwise: where alerts go if nothing says."""
    out = Path(s.out).expanduser() if s.out else otherwise
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
