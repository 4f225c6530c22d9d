"""How far a long run has come: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

QUIET_S = 10.0
"""Without a terminal a line this often is enough."""


class Progress:
    """Called as ``progress(done, of, what)``; ``of`` is 0 where nobody knows how many there are."""

    def __init__(self, unit: str) -> None:
        self.unit, self.bar, self.last, self.began = unit, None, 0.0, time.monotonic()
        self.first: int | None = None
        self.terminal = sys.stderr.isatty()

    def __call__(self, done: int, of: int, what: str) -> None:
        # What an earlier, interrupted run has done says nothing about today's rate.
        opening = self.first is None
        self.first = done if self.first is None else self.first
        if self.terminal:
            self._bar(of).n = done
            self._bar(of).set_postfix_str(what, refresh=True)
            return
        now = time.monotonic()
        if opening or done in (0, of) or now - self.last > QUIET_S:
            self.last = now
            some = f"{done:,}/{of:,}" if of else f"{done:,}"
            text = f"{some} {self.unit}{f', {what}' if what else ''} ({self._pace(done, of, now - self.began)})"
            print(text, file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """A line of its own, above the bar where there is one."""
        if self.bar is not None:
            self.bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def _pace(self, done: int, of: int, spent_s: float) -> str:
        """Time so far and, once something is done, rate and time to go."""
        rate = (done - (self.first or 0)) / spent_s if spent_s > 0 else 0.0
        text = f"{spent_s:.0f} s"
        return f"{text}, {rate:,.3g}/s, {(of - done) / rate:.0f} s to go" if rate > 0 and done < of else text

    def _bar(self, of: int) -> Any:
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(total=of or None, initial=self.first or 0, unit=f" {self.unit}", file=sys.stderr, dynamic_ncols=True)
        self.bar.total = of or None
        return self.bar

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the line to whoever writes next."""
        if self.bar is not None:
            self.bar.close()
