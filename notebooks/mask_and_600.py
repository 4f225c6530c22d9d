# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Two anecdotes: the mask that lost 40 %, and 600 sold of 500
#
# **中文摘要**:文章里的两个故事。面膜:线设得太高,开播半小时就"库存告急"并停卖,GMV 少了近 40%。超卖:500 件卖出 600 件。
# 两个数字都能重现,但都要一个前提:前者要"告急就停卖"且线高到库存的四成;后者要直播间几分钟才同步一次库存、主播卖完还在讲。
# 换掉前提,数字就不见了。
#
# Each story is played with its assumptions, then with one of them taken away at a time.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 20
SIDE = {"profit": {"units": 50}, "longtail": {"units": 50}}
BOOKS = {
    "selling stops at the line": {"emergency_share": 1.0, "operations": "freeze_only"},
    "the line asks for stock": {"operations": {"prepare": [{"what": "restock", "by": "auto"}], "emergency": []}},
}

# %% [markdown]
# **The mask.** 6,000 boxes; a line in units, and what it sets off. GMV against nobody acting [%], when the mask first closed.

# %%
TEAMS = {
    f"{units}, {what}": sc.policy("fixed_count", label=f"{units}, {what}", units=units, by_tier=SIDE, **book)
    for what, book in BOOKS.items()
    for units in (120, 600, 2400)
}
SPREADS = {"as shows spread": "recorded", "every show as planned": "certain"}
MASK = pd.DataFrame()
for what, spread in SPREADS.items():
    show = sc.scenario("mask_story", spread=spread)
    trials = sc.sweep(show, {"silent": "silent"} | TEAMS, shows=SHOWS, workers=1).trials
    gmv = trials.groupby("candidate", sort=False)["gmv"].mean()
    MASK[what] = 100 * (gmv / gmv["silent"] - 1)
print(MASK.round(1).to_string())

# %%
run = sc.play("mask_story", TEAMS["2400, selling stops at the line"])
mask = run.paths("face-mask-box")
print(f"first closed {mask.loc[mask['closed'] > 0, 't_s'].min() / 60:.0f} min into the show, "
      f"with {mask['left'].iloc[-1]:,.0f} boxes left at its end")  # fmt: skip
run.plot("face-mask-box")

# %% [markdown]
# **600 of 500.** Four items of 500; somebody looks at the figures every few minutes. One assumption at a time is taken away.

# %%
WITHOUT = {
    "as told": {},
    "stock leaves on order, not on payment": {"ledger": {"mode": "deduct_on_order"}},
    "the room knows its stock at once (no poll of 5 min)": {"leaks": {"poll_s": 0.0}},
    "the host looks at his screen": {"host": {"checks_screen": True}},
    "late money is refunded": {"ledger": {"late_payment": "refund"}},
    "all of these": {"ledger": {"mode": "deduct_on_order", "late_payment": "refund"}, "leaks": {"poll_s": 0.0},
                     "host": {"checks_screen": True}},
}  # fmt: skip
rows = {}
for what, changes in WITHOUT.items():
    show = sc.scenario("oversell_story", name="told", **changes)
    found = sc.sweep(show, {"manual_polling": {}, "newsvendor_freeze": {}}, shows=SHOWS, workers=1).trials
    means = found.groupby("candidate")[["sold_units", "oversold_units"]].mean() / 4
    rows[what] = {"sold of 500, a person watches": 500 + means["oversold_units"]["manual_polling"],
                  "sold of 500, the machine freezes": 500 + means["oversold_units"]["newsvendor_freeze"]}  # fmt: skip
STORY = pd.DataFrame(rows).T
print(STORY.round(0).to_string())
