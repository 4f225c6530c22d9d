"""What a caller hears while a verb is at work: nothing, a function of his own, or lines and bars on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sim.core.export import for_terminal
from sim.words import N_, _

QUIET_S = 10.0
"""Without a terminal a line this often is enough,"""
WAITED_S = 1.0
"""and one for the first of what somebody waited for so long, or that says what came of it."""

COUNTED = {
    "shows": N_("{some} shows"), "runs": N_("{some} runs"), "trials": N_("{some} trials"), "points": N_("{some} points"),
    "draws": N_("{some} draws"), "rows": N_("{some} rows"), "steps": N_("{some} steps"), "strategies": N_("{some} strategies"),
    "recordings": N_("{some} recordings"), "review": N_("{some} of the review"),
}  # fmt: skip
"""How far a stage has come, by the unit it counts in."""

Tell = Callable[[int, int, str], None]
"""(done, of, what): how far a stage has come; ``of`` is 0 where nobody knows how many there are."""


def aloud(text: str, stream: Any) -> None:
    """A line while something is at work. Nobody may be there to hear it, and what is at work goes on."""
    with suppress(OSError, ValueError):  # a full disk, a closed pipe, a closed stream
        print(for_terminal(text), file=stream, flush=True)


class Listener:
    """Hears nothing, and is what others are made from."""

    def say(self, sentence: str) -> None:
        """What is about to be done, before it is."""

    def note(self, sentence: str) -> None:
        """Something that happened on the way and should be known."""

    def stage(self, unit: str) -> Tell:
        """The next stage, counted in ``unit``; the one before is over."""
        return lambda done, of, what: None

    def found(self, text: str) -> None:
        """What was found, once it lies in its folder; pictures and page are still to come."""

    def close(self) -> None:
        """All stages are over."""


class Caller(Listener):
    """Passes how far a stage has come to a function of the caller's."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def stage(self, unit: str) -> Tell:
        """The caller's own function, whatever the unit."""
        return self.tell


class Terminal(Listener):
    """Announcements to standard output (or where ``out`` is), notes and progress to standard error."""

    def __init__(self, out: Any = None) -> None:
        self.out, self.now = out, Progress("")
        self.shown = ""

    def say(self, sentence: str) -> None:
        """A line of standard output."""
        aloud(sentence, self.out or sys.stdout)

    def note(self, sentence: str) -> None:
        """A line of standard error, above the bar where there is one."""
        self.now.note(sentence)

    def stage(self, unit: str) -> Tell:
        """A bar of its own."""
        self.now.close()
        self.now = Progress(unit)
        return self.now

    def found(self, text: str) -> None:
        """To standard output, for a command. Where it cannot be told now, it is told with what comes last."""
        self.close()
        if self.out is None:
            with suppress(OSError, ValueError):
                print(for_terminal(text), flush=True)
                self.shown = for_terminal(text) + "\n"

    def close(self) -> None:
        """Leave the line to whoever writes next."""
        self.now.close()


def listener(progress: Listener | Tell | bool | None) -> Listener:
    """Who hears: a listener as it is, a function (done, of, what), True: bars on standard error, None: nobody."""
    if isinstance(progress, Listener):
        return progress
    if progress is True:
        return Terminal(sys.stderr)
    return Caller(progress) if callable(progress) else Listener()


def counted(some: str, unit: str) -> str:
    """So many of a unit; one that a verb names itself stands behind its number.

    >>> counted("3/8", "shows"), counted("3/8", "fresh shows")
    ('3/8 shows', '3/8 fresh shows')
    """
    return _(COUNTED[unit]).format(some=some) if unit in COUNTED else f"{some} {unit}"


class Progress:
    """How far a long run has come: a bar on a terminal, a line now and then elsewhere. Always on standard error."""

    def __init__(self, unit: str) -> None:
        self.unit, self.last, self.began = unit, 0.0, time.monotonic()
        self.bar: Any = None
        self.first: int | None = None
        self.since, self.done = self.began, -1
        self.terminal = sys.stderr.isatty()

    def __call__(self, done: int, of: int, what: str) -> None:
        # What an earlier, interrupted run has done says nothing about today's rate, nor does time in which nothing was done, such
        # as that of compiling; what begins again has a rate of its own.
        opening, now = self.first is None, time.monotonic()
        anew = opening or done <= self.done
        first = self.done == 0 < done
        awaited = first and now - self.began > WAITED_S
        if anew:
            self.first, self.since = done, now
        self.done = done
        if self.terminal:
            with suppress(OSError):
                bar = self._bar(of)
                if anew:
                    bar.initial, bar.start_t = done, time.time()  # by the clock of tqdm
                bar.n = done
                bar.set_postfix_str(what, refresh=True)
            return
        if opening or awaited or (first and what) or done in (0, of) or now - self.last > QUIET_S:
            self.last = now
            some = f"{done:,}/{of:,}" if of else f"{done:,}"
            pace = self._spent(now) if first and done == 1 else self._pace(done, of, now)  # one alone is no pace
            sentence = _("{far}, {what} ({pace})") if what else _("{far} ({pace})")
            aloud(sentence.format(far=counted(some, self.unit), what=what, pace=pace), sys.stderr)

    def note(self, text: str) -> None:
        """A line of its own, above the bar where there is one."""
        if self.bar is not None:
            with suppress(OSError):
                self.bar.write(text, file=sys.stderr)
        else:
            aloud(text, sys.stderr)

    def _pace(self, done: int, of: int, now: float) -> str:
        """Time so far and, once something is done, rate and time to go."""
        spent_s = now - self.since
        rate = (done - (self.first or 0)) / spent_s if spent_s > 0 else 0.0
        if not (rate > 0 and done < of):
            return self._spent(now)
        sentence = _("{spent}, {rate:,.3g}/s, {s:.0f} s to go")
        return sentence.format(spent=self._spent(now), rate=rate, s=(of - done) / rate)

    def _spent(self, now: float) -> str:
        """Time so far."""
        return _("{n:.0f} s").format(n=now - self.began)

    def _bar(self, of: int) -> Any:
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(
                total=of or None,
                initial=self.first or 0,
                unit=f" {counted('', self.unit).strip()}",
                file=sys.stderr,
                dynamic_ncols=True,
            )
        self.bar.total = of or None
        return self.bar

    def close(self) -> None:
        """Leave the line to whoever writes next."""
        if self.bar is not None:
            with suppress(OSError):
                self.bar.close()
