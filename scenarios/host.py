"""The host 主播: how faithfully he follows the run of show, and what he does with what his screen says."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting, validate

MOVE_ON, FINISH, PUSH = ON_PROMPT = ("move_on", "finish", "push")
"""What a host does with a low-stock prompt 库存告急: drop the item now, end the pitch he is in and drop it then, or push the last
units ("only 50 left")."""


@dataclass(frozen=True)
class Host:
    """How faithfully the host follows the run of show 排品表, and how he reacts during it."""

    slip_s: float = setting(0.0, "standard deviation of a cue's time around plan", "s", 0, 3600, "GDQ: up to 5 min", "M")
    drop_p: float = setting(0.0, "share of planned cues left out", "", 0, 1)
    adlib_p: float = setting(0.0, "unplanned pitches, as a share of the planned number of cues", "", 0, 10)
    follow_p: float = setting(0.9, "chance that the host follows a low-stock prompt", "", 0, 1)
    reaction_s: float = setting(10.0, "from prompt on screen to the host acting", "s", 0, 600, "domain 3.4")
    checks_screen: bool = setting(True, "skips a cue whose item his screen shows as sold out")
    moves_on: bool = setting(True, "a host who drops an item pitches another at once")
    calls_restock: bool = setting(True, "the host announces arrived stock 返场 of an item that was missed, in a cue's time")
    on_prompt: str = setting(
        MOVE_ON, "with a prompt he drops the item at once, after its pitch, or pushes the last units", choices=ON_PROMPT
    )
    push_lift: float = setting(1.3, "a push lifts what is left of the cue to this many times its peak", "x", 1, 100)

    def __post_init__(self) -> None:
        validate(self, "host")
