# %% [markdown]
# # How old may the data be?
# The field says: stock data tens of seconds old makes a warning worthless. Let us measure it on a flash sale whose stock
# leaves on payment, with the machine that freezes at the newsvendor quantile. Nothing here needs Hydra: a scenario is a
# frozen record, a policy an object, a run a function call. Run it as a script, or cell by cell.

# %%
from dataclasses import replace

import numpy as np

from scenarios.registry import load
from scenarios.spread import certain
from scenarios.staffing import SOURCES, Source
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.setup.policies import make_policy

REPLICATES = 12
AGES_S = (0.5, 5.0, 15.0, 30.0, 60.0)

# %% [markdown]
# The same shoppers for every age: only the feed's lag changes, so the tapes differ in when readings arrive and in
# nothing else. The shows are `certain`: without what differs from show to show by nature.


# %%
def units(age_s: float, strategy: str, source: str = "", metric: str = "oversold_units") -> np.ndarray:
    """Units oversold (or missed) per replicate when readings, or those of one ``source`` alone, are ``age_s`` old [units]."""
    base = certain(load("seckill_paydeduct"))
    late = {source: Source(lag_s=age_s)} if source else {"lag_s": age_s}
    scenario = replace(base, feed=replace(base.feed, **late))
    means = []
    for replicate in range(REPLICATES):
        stage = set_stage(scenario, draw_tape(scenario, seed=1, replicate=replicate))
        judge = Judge(play(stage, make_policy("silent")))
        means.append(judge.score(play(stage, make_policy(strategy, playbook="freeze_only")))[metric])
    return np.array(means)


# %%
TABLE = {name: [units(age, name).mean() for age in AGES_S] for name in ("silent", "newsvendor_freeze", "smart")}
print(f"{'oversold units at data age':<28}" + "".join(f"{age:>8g} s" for age in AGES_S))
for name, row in TABLE.items():
    print(f"{name:<28}" + "".join(f"{u:>10.1f}" for u in row))

# %% [markdown]
# A deal rises in seconds. With second-level data the freeze comes in time; with data half a minute old it comes when the pulse
# is over, and the warning is worth little more than silence.

# %% [markdown]
# ## Which figure must be fresh?
# Stock, orders, carts and traffic may come from different systems. Here one of them is a minute old and the others half a second.

# %%
OLD_S, FREEZERS = 60.0, ("newsvendor_freeze", "smart")
BY_SOURCE = {
    (metric, name): [units(OLD_S, name, s, metric).mean() for s in SOURCES] + [units(AGES_S[0], name, "", metric).mean()]
    for metric in ("oversold_units", "missed_units")
    for name in FREEZERS
}
print(f"{'a minute old':<36}" + "".join(f"{s:>10}" for s in (*SOURCES, "none")))
for (metric, name), row in BY_SOURCE.items():
    print(f"{metric + ', ' + name:<36}" + "".join(f"{u:>10.1f}" for u in row))

# %% [markdown]
# Orders must be fresh: they tell the rate, and without it the pulse is over before it is seen. Old *stock* is another thing:
# a strategy that knows its age allows for what went since, so it oversells no more but stops early and misses sales. Carts and
# traffic may be old; what they tell comes through the orders a little later.
