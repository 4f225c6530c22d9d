"""How far a long run has come: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

QUIET_S = 10.0
"""Without a terminal a line this often is enough."""


class Progress:
    """Called as ``progress(done, of, what)``."""

    def __init__(self, unit: str) -> None:
        self.unit, self.bar, self.last, self.began = unit, None, 0.0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def __call__(self, done: int, of: int, what: str) -> None:
        if self.terminal:
            self._bar(of).n = done
            self._bar(of).set_postfix_str(what, refresh=True)
            return
        now = time.monotonic()
        if done in (0, of) or now - self.last > QUIET_S:
            self.last = now
            print(f"{done}/{of} {self.unit}{f', {what}' if what else ''} ({now - self.began:.0f} s)", file=sys.stderr, flush=True)

    def _bar(self, of: int) -> Any:
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(total=of, unit=f" {self.unit}", file=sys.stderr, dynamic_ncols=True)
        return self.bar

    def close(self) -> None:
        """Leave the line to whoever writes next."""
        if self.bar is not None:
            self.bar.close()
