"""What a shadow wrote, read back."""

import json
from pathlib import Path

import pytest

from sim.core import world as W
from sim.replay.shadow import state
from tests.replay.feeds import followed, small


def account(metrics):
    """Every line is in exactly one count."""
    lines = dict(metrics["lines"])
    read = lines.pop("read") + lines.pop("unfinished_bytes")
    assert sum(lines.values()) == read
    return {k: v for k, v in lines.items() if v}


def record(folder, name="a"):
    """Stock on record at the end, by SKU, from the state."""
    from sim.replay.shadow.state import load

    return load(folder / f"{name}.state")[1]["stock0"][:, W.RECORD].tolist()


def rejects(folder, name="a"):
    return [json.loads(text) for text in (folder / f"{name}.rejects").read_bytes().splitlines()]


def readings(folder, lines, **more):
    """Stock of the first SKU as the strategy saw it at each reading."""
    seen = []

    def spy(policy):
        def fold(params, memory, signal):
            if signal.price == 100.0:
                seen.append((round(signal.t, 3), signal.stock, signal.viewers, signal.orders))
            return 0

        return type("E", (), {"fold": staticmethod(fold), "stretch": staticmethod(stretch)})()

    from dataclasses import replace

    from sim.engine.stretch import stretch
    from sim.replay.shadow import show

    result = small(folder, **more)
    result = replace(result, skus=(replace(result.skus[0], price=100.0), result.skus[1]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(show, "engine_for", spy)
        _, metrics = followed(result, lines, folder)
    return seen, metrics


def said(folder):
    return [json.loads(text) for text in (folder / "a.jsonl").read_text().splitlines()]


class Killed(BaseException):
    """The process is gone; what it had in memory with it."""


def saved(folder: Path) -> dict:
    """What the state says."""
    return state.load(folder / "a.state")[0] if (folder / "a.state").exists() else {"offset": -1, "seq": -1}
