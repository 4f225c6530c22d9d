# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Two of the three classic mistakes: one number for every item, and orders without carts
#
# **中文摘要**:误区一,所有商品同一个警戒数字:慢的太早、快的太晚。误区二,只看订单不看加购:加购领先下单,但转化率天差地别。
# 两条都用同一批顾客量一遍:给每个商品自己的线值多少钱;加购在转化正常和"加购海市蜃楼"的直播间里各值多少钱。
#
# (The third, set once and never reviewed, has a lesson of its own.)

# %%
import stockcue as sc

SHOWS = 16
BUY = {"prepare": [{"what": "restock", "by": "auto", "amount": "lack"}], "emergency": [{"what": "freeze", "by": "auto"}],
       "resolved": [{"what": "reopen", "by": "auto"}]}  # fmt: skip


def gains(show, teams):
    """Net against silence [CNY a show], units missed and oversold, alerts; a row a team."""
    trials = sc.sweep(show, teams, shows=SHOWS, workers=1).trials
    trials["gain"] = trials["net"] - trials["net_silent"]
    return trials.groupby("candidate", sort=False)[["gain", "missed_units", "oversold_units", "alerts"]].mean()


# %% [markdown]
# **One number for every item.** Five numbers, each for all items, beside lines that know the item: a share of its stock, and
# what it sells in the next two minutes.

# %%
NUMBERS = {f"{n} units for all": sc.policy("fixed_count", label=f"{n} units for all", units=n) for n in (20, 50, 100, 200, 400)}
OWN = {
    "15 % of its stock": sc.policy("percent_of_stock", label="15 % of its stock", share=0.15),
    "its next 2 minutes": sc.policy("cover_time", label="its next 2 minutes", window_min=5, horizon_min=2),
}
ONE = {name: gains(name, NUMBERS | OWN) for name in ("first_show", "pitch_cycle")}
for name, table in ONE.items():
    print(f"{name}\n{table.round(1).to_string()}\n")
    number, own = table["gain"].iloc[:5], table["gain"].iloc[5:]
    print(f"the best number, {number.idxmax()}, gains {number.max():,.0f}; the worst {number.min():,.0f}; "
          f"{own.idxmax()} {own.max():,.0f}\n")  # fmt: skip

# %% [markdown]
# **Orders only.** The same detector with carts (`cart_lead`, conversion learnt) and without them (all orders taken for direct
# ones), in a room where most orders come through the cart, and in one where a pitch fills ten times as many carts of which
# three in a thousand order. All ask a machine for what they expect to lack, so only what they see differs.

# %%
CARTS = {
    "carts, conversion learnt": sc.policy("cart_lead", label="carts, conversion learnt", operations=BUY, direct_share=0.2),
    "carts, 6 % taken for granted": sc.policy("cart_lead", label="carts, 6 % taken for granted", operations=BUY, learn=0,
                                              direct_share=0.2),
    "orders only": sc.policy("cart_lead", label="orders only", operations=BUY, learn=0, direct_share=1.0, prior_hits=0.001,
                             prior_misses=1e6),
}  # fmt: skip
through = sc.scenario("first_show", name="most through the cart", shoppers={"direct_share": 0.2, "cart_conversion": 0.3},
                      supply={"lead_median_s": 60.0})  # fmt: skip
LEAD = {show if isinstance(show, str) else show.name: gains(show, CARTS) for show in (through, "cart_mirage")}
for name, table in LEAD.items():
    print(f"{name}\n{table.round(1).to_string()}\n")
