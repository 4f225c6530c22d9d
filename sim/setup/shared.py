"""Single settings that several verbs share, each told once: meaning, unit, bounds, default."""

from __future__ import annotations

from typing import Any

from scenarios.setting import setting


def seed(of: str = "first key of every random stream", most: float = 10**15) -> Any:
    """The seed. of: what it is the key of."""
    return setting(1, of, "", 0, most)


def uncertain() -> Any:
    """Whether shows draw their parameters."""
    return setting(False, "each show draws its parameters from the scenario's uncertainty (stockcue calibrate)")


def workers(default: int = 0) -> Any:
    """Processes; a verb that starts none unless it is asked to has 1."""
    auto = default == 0
    meaning = "processes; 0: one a core; results do not depend on it" if auto else "processes; results do not depend on it"
    return setting(default, meaning, "processes", 0 if auto else 1, 512)


def world_points(default: int, most: int) -> Any:
    """Worlds of a scenario with ranges."""
    return setting(default, "worlds of a scenario whose ranges are not listed values", "worlds", 1, most)


def bin_s() -> Any:
    """Steps of a moving room."""
    return setting(60.0, "steps in which the demand of a recorded room may move", "s", 1, 86400)


def zone() -> Any:
    """Of times without one."""
    return setting("", "what times without a zone are in, as in Asia/Shanghai or +08:00")


def sku() -> Any:
    """SKUs used."""
    return setting(None, "SKU or [list of them] used; null: all")


def speedup(of: str = "recorded seconds") -> Any:
    """Seconds of a source per second of the show."""
    return setting(1.0, f"{of} per second of the show", "x", 1e-6, 1e9)


def figure() -> Any:
    """Pictures or none."""
    return setting("all", "pictures, or none", choices=("all", "none"))
