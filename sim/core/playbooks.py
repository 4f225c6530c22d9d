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
        prepare=(Action("restock", "person", "popup"),),
        emergency=(AUTO_FREEZE, NOTICE),
        resolved=(AUTO_REOPEN,),
    ),
    "prompted": Playbook(
        "prompted",
        watch=(NOTICE,),
        prepare=(Action("host_prompt", "person", "popup"), Action("restock", "person", "popup")),
        emergency=(AUTO_FREEZE, Action("host_prompt", "auto"), NOTICE),
        resolved=(AUTO_REOPEN,),
    ),
    "human": Playbook(
        "human",
        watch=(NOTICE,),
        prepare=(Action("restock", "person", "popup"),),
        emergency=(Action("freeze", "person", "popup"),),
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
    "graded": Playbook(
        "graded",
        watch=(Action("notify", "person", "in_site"),),
        prepare=(Action("restock", "person", "push"), NOTICE),
        emergency=(AUTO_FREEZE, Action("notify", "person", "call")),
        resolved=(AUTO_REOPEN,),
    ),
    "email": Playbook(
        "email",
        watch=(Action("notify", "person", "email"),),
        prepare=(Action("restock", "person", "email"),),
        emergency=(Action("freeze", "person", "email"),),
        resolved=(Action("reopen", "person", "email"),),
    ),
    "throttle": Playbook(
        "throttle",
        prepare=(Action("lower_exposure", "auto", value=0.5),),
        emergency=(AUTO_FREEZE,),
        resolved=(AUTO_REOPEN,),
    ),
    "delist": Playbook("delist", emergency=(Action("delist", "auto"),), resolved=(AUTO_REOPEN,)),
    "staged": Playbook(
        "staged",
        watch=(Action("release", "auto", value=0.5),),
        prepare=(Action("release", "auto", value=0.5),),
        emergency=(AUTO_FREEZE,),
        resolved=(AUTO_REOPEN,),
    ),
    "none": Playbook("none"),
}
"""standard: machines freeze, people restock; prompted: the same, and the host's screen says 库存告急 (standard said so too, until
prompts were weighed by net: a host who drops an item early loses more than he saves); human: as standard, all by people;
notify_only: app push to people; by_hand: a person looking at the figures himself; freeze_only: the machine freezes, nothing
else; graded: each level its own channels and hands, 初级 in-site, 中级 app push and pop-up, 高级 a call, the machine freezes at
once; email: the second generation, people by e-mail; throttle: exposure is halved before anything is frozen; delist: the page
goes; staged: hidden units are released in two halves before anything is frozen; none."""
