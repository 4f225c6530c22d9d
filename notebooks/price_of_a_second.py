# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # What a second of each layer costs
#
# **中文摘要**:预警系统四层:采集、计算、规则、通知。每一层慢一秒,一场少留多少元?逐层加慢 5 秒和 15 秒,同一批顾客重播,
# 得出一张价目表(元/秒/场),带误差。机器冻结的商品,前几层每一秒都要钱;叫人的通知晚几秒,对要十几分钟才到的补货几乎没影响。
#
# One layer at a time is made slower, on the same shoppers; the price is the slope.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 30
DELAYS = (5.0, 15.0)
POPUP = {"delivery_s": 0.2, "ack_median_s": 8.0, "ack_p90_s": 30.0, "seen_p": 0.97, "law": "lognormal"}
LAYERS = {
    "collection": lambda d: ({"feed": {"lag_s": 0.5 + d}}, {}),
    "computing": lambda d: ({"feed": {"period_s": 1.0 + d}}, {}),
    "rules": lambda d: ({}, {"gate": {"for_s": d, "machine_for_s": d}}),
    "notification, a machine acts": lambda d: ({}, {"operations": {"auto_s": 1.0 + d}}),
    "notification, a person reads": lambda d: ({"staff": {"channels": {"popup": POPUP | {"delivery_s": 0.2 + d}}}}, {}),
}

# %% [markdown]
# Readings every second, half a second old, a gate without delay: that is where each layer stands before it is slowed. The
# middle of two readings is half a period old, so a second of computing is a second more between readings.


# %%
def net(show: str, strategy: str, changes: dict, team: dict) -> pd.Series:
    """Net of every show [CNY]."""
    scenario = sc.scenario(show, **changes)
    trials = sc.sweep(scenario, {strategy: sc.policy(strategy, **team), "silent": "silent"}, shows=SHOWS, workers=1).trials
    return trials.loc[trials["candidate"] == strategy].set_index("replicate")["net"]


def prices(show: str, strategy: str) -> pd.DataFrame:
    """What a second costs [CNY a show], with two standard errors of the paired difference."""
    start, rows = net(show, strategy, {}, {}), {}
    for layer, slower in LAYERS.items():
        lost = {d: (start - net(show, strategy, *slower(d))) / d for d in DELAYS}
        rows[layer] = {f"first {d:g} s": f"{x.mean():,.0f} ±{2 * x.sem():,.0f}" for d, x in lost.items()}
        LIST[show, layer] = lost[DELAYS[0]].mean()
    return pd.DataFrame(rows).T


# %%
LIST: dict[tuple[str, str], float] = {}
for show, strategy in (("first_show", "smart"), ("seckill_paydeduct", "newsvendor_freeze")):
    print(f"{show}, {strategy}: what a second costs, CNY a show\n{prices(show, strategy).to_string()}\n")
