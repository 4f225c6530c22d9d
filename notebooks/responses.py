# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # What an alert sets off: freeze, delist, lower exposure, release in stages; and what the room says of it
#
# **中文摘要**:同一条线,五种响应:冻结、下架、降曝光、分批上库存、什么也不做。再打开一个假设:被拒的人会在弹幕里抱怨、去问客服,
# 别的商品也跟着少卖。这个假设默认关着,因为录下来的直播里弹幕和订单几乎不相关;打开它,看哪一种响应的好处变大。
#
# One line, five playbooks, on the same shoppers; then with an assumption switched on: a sell-out is talked about.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 24
RESPONSES = {"freeze": "freeze_only", "delist": "delist", "lower exposure, then freeze": "throttle",
             "release in stages, then freeze": "staged", "nothing": "none"}  # fmt: skip
TEAMS = {name: sc.policy("tiered", label=name, operations=book) for name, book in RESPONSES.items()}
# A quarter of each stock is hidden at first, for those who release in stages.
HIDDEN = {sku.id: {"held_back": sku.stock // 4} for sku in sc.scenario("first_show").skus}
TALK = {"on": True, "put_off": 0.1}


def kept(**changes) -> pd.DataFrame:
    """Gain over nobody acting [CNY a show] and units, by response."""
    trials = sc.sweep(sc.scenario("first_show", **changes), TEAMS, shows=SHOWS, workers=1).trials
    trials["gain"] = trials["net"] - trials["net_silent"]
    return trials.groupby("candidate", sort=False)[
        ["gain", "oversold_units", "missed_units", "annoyances", "cost_service"]
    ].mean()


# %% [markdown]
# All stock on offer from the start; then a quarter of it hidden.

# %%
OPEN, STAGED = kept(), kept(skus=HIDDEN)
print(OPEN.round(1).to_string(), "\n")
print(STAGED.round(1).to_string())

# %% [markdown]
# The chat talks: a tenth of shoppers turns away while it does, one refused shopper in ten asks customer service.

# %%
CHAT = kept(chat=TALK)
print(CHAT.round(1).to_string())
print("\nwhat each response gains more where the room talks than where it does not [CNY a show]")
print((CHAT["gain"] - OPEN["gain"]).round(0).to_string())
