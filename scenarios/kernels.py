"""How demand answers a cue: the curve of each kind."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting, validate

KERNEL_SHAPES = ("gamma", "block", "exponential")


@dataclass(frozen=True)
class Kernel:
    """How demand answers one kind of cue: ``rate = base * peak * shape(u)``, u = seconds since the cue.

    gamma: ``(u/tau) exp(1 - u/tau)``; block: 1 up to tau, then ``exp(-(u - tau)/tau)``; exponential: ``exp(-u/tau)``; all
    end at duration.
    """

    shape: str = setting("gamma", "rise and decay, flat then decay, or decay at once", choices=KERNEL_SHAPES)
    peak: float = setting(2.4, "peak rate over the featured base rate", "x", 0, 1e4, "[PITCH]", "M")
    tau_s: float = setting(40.0, "time scale", "s", 0.1, 7200, "domain 2.4", "M")
    duration_s: float = setting(240.0, "end of the response", "s", 0.1, 86400, "domain 2.4", "M")
    viewer_lift: float = setting(1.0, "viewers drawn in, as a multiple", "x", 1, 100, "domain 2.4 福利 1.3", "A")

    def __post_init__(self) -> None:
        validate(self, "kernel")


KERNELS = {
    "pitch": Kernel("gamma", 2.4, 40.0, 240.0),
    "link_drop": Kernel("block", 12.0, 12.0, 60.0),
    "deal": Kernel("gamma", 25.0, 6.0, 30.0, 1.3),
    "countdown": Kernel("gamma", 25.0, 6.0, 30.0),
    "restock_call": Kernel("block", 6.0, 12.0, 60.0),
}
"""Defaults by cue kind; only the pitch has published evidence (M), the others are assumptions (A)."""
