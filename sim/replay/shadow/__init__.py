"""Shadow mode: strategies on a live feed, with the engine, the gate and the ledger that a replay uses.

``plan(...)`` gathers what is known before the first line, ``Ways`` says where lines come from and where things go, and
``Shadow(plan, ways, tell).run()`` follows the feed. The protocol is in docs/howto/shadow.md.
"""

from sim.replay.shadow.loop import Shadow
from sim.replay.shadow.plan import ShowPlan, plan
from sim.replay.shadow.ways import Ways, sentence

__all__ = ["Shadow", "ShowPlan", "Ways", "plan", "sentence"]
