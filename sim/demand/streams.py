"""The only maker of random generators.

A stream is named by what it is for: (seed, replicate, source, purpose). The same name gives the same numbers in
any process, in any order, however many workers; a new source disturbs no other. Names of SKUs and purposes
enter by checksum, so the order of a catalogue does not matter.
"""

from __future__ import annotations

import numpy as np

from sim.core.units import key_of


def stream(seed: int, *keys: int | str) -> np.random.Generator:
    """The generator called ``(seed, *keys)`` (PCG64 over a SeedSequence with that spawn key).

    >>> bool(stream(1, 0, "cue", 3).random() == stream(1, 0, "cue", 3).random())
    True
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(map(key_of, keys)))))
