"""Playbooks that ship with the project: what a team does at each level. ``conf/operations`` can change any of it."""

from __future__ import annotations

from sim.core.response import Action, Playbook

NOTICE = Action("notify", "person", "popup")
AUTO_FREEZE = Action("freeze", "auto")
AUTO_REOPEN = Action("reopen", "auto")

PLAYBOOKS = {
    "standard": Playbook(
        "standard",
        watch=(NOTICE,),
        prepare=(Action("host_prompt", "person", "popup"), Action("restock", "person", "popup")),
        emergency=(AUTO_FREEZE, Action("host_prompt", "auto"), NOTICE),
        resolved=(AUTO_REOPEN,),
    ),
    "human": Playbook(
        "human",
        watch=(NOTICE,),
        prepare=(Action("host_prompt", "person", "popup"), Action("restock", "person", "popup")),
        emergency=(Action("freeze", "person", "popup"), Action("host_prompt", "person", "popup")),
        resolved=(Action("reopen", "person", "popup"),),
    ),
    "notify_only": Playbook(
        "notify_only",
        watch=(Action("notify", "person", "push"),),
        prepare=(Action("restock", "person", "push"),),
        emergency=(Action("freeze", "person", "push"),),
        resolved=(Action("reopen", "person", "push"),),
    ),
    "by_hand": Playbook(
        "by_hand",
        prepare=(Action("restock", "person", "own_eyes"),),
        emergency=(Action("freeze", "person", "own_eyes"),),
        resolved=(Action("reopen", "person", "own_eyes"),),
    ),
    "freeze_only": Playbook("freeze_only", emergency=(AUTO_FREEZE,), resolved=(AUTO_REOPEN,)),
    "none": Playbook("none"),
}
"""standard: machines freeze, people restock and talk to the host; human: the same, all by people; notify_only: app push
to people; by_hand: a person looking at the figures himself; freeze_only: the machine freezes, nothing else; none."""
