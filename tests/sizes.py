"""How much the long checks do: by default so little that ``pytest -m long`` ends in a quarter of an hour of one core;
``STOCKCUE_LONG=full`` takes what a release should pass, hours of it."""

import os

FULL = os.environ.get("STOCKCUE_LONG") == "full"


def sized(short: int, full: int, name: str = "") -> int:
    """How many. name: a variable of the environment that says it otherwise."""
    return int(os.environ.get(name) or (full if FULL else short))
