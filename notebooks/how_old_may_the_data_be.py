# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # How old may the data be?
#
# **中文摘要**:行业里说,库存数据晚几十秒,预警就没有意义。用一场付款减库存的秒杀来量:数据晚 0.5 到 60 秒,机器按报童分位冻结,
# 还剩多少超卖。再让库存、订单、加购、流量各自单独变旧:订单必须新;库存旧了影响小得多;加购和流量旧了几乎没影响。
# 一分钟才读一次,和晚一分钟差不多;一半读数丢了,只有订单有些影响。
#
# The field says: stock data tens of seconds old makes a warning worthless. A flash sale whose stock leaves on payment, and
# machines that freeze.

# %%
import stockcue as sc

SHOWS = 12
AGES_S = (0.5, 5.0, 15.0, 30.0, 60.0)
SOURCES = ("stock", "orders", "carts", "traffic")
FREEZERS = ("newsvendor_freeze", "smart")
TEAMS = {"silent": "silent"} | {name: sc.policy(name, operations="freeze_only") for name in FREEZERS}

# %% [markdown]
# The same shoppers for every age: only the feed's lag changes. The shows are `certain`: without what differs from show to show by
# nature.


# %%
def units(late: dict):
    """Mean units oversold and missed a show [units], a row a team, when readings are ``late``."""
    show = sc.scenario("seckill_paydeduct", spread="certain", feed=late)
    trials = sc.sweep(show, TEAMS, shows=SHOWS, workers=1).trials
    return trials.groupby("candidate")[["oversold_units", "missed_units"]].mean()


# %%
BY_AGE = [units({"lag_s": age}) for age in AGES_S]
TABLE = {name: [float(rows["oversold_units"][name]) for rows in BY_AGE] for name in TEAMS}
print(f"{'oversold units at data age':<28}" + "".join(f"{age:>8g} s" for age in AGES_S))
for name, row in TABLE.items():
    print(f"{name:<28}" + "".join(f"{u:>10.1f}" for u in row))

# %% [markdown]
# A deal rises in seconds. With second-level data the freeze comes in time; with data half a minute old it comes when the pulse
# is over, and the warning is worth little more than silence.

# %% [markdown]
# ## Which figure must be fresh?
# Stock, orders, carts and traffic may come from different systems. Here one of them is a minute old, is read once a minute, or
# loses half of its readings, and the others are fresh every second.

# %%
WAYS = {"a minute old": {"lag_s": 60.0}, "once a minute": {"period_s": 60.0}, "half are lost": {"loss_p": 0.5}}
BY_SOURCE = {way: [units({source: late}) for source in SOURCES] for way, late in WAYS.items()}
FRESH = BY_AGE[0]
for metric in ("oversold_units", "missed_units"):
    print(f"{metric:<36}" + "".join(f"{s:>10}" for s in (*SOURCES, "none")))
    for way, found in BY_SOURCE.items():
        for name in FREEZERS:
            row = [float(rows[metric][name]) for rows in (*found, FRESH)]
            print(f"{way + ', ' + name:<36}" + "".join(f"{u:>10.1f}" for u in row))
    print()

# %% [markdown]
# Orders must be fresh: they tell the rate, and without it the pulse is over before it is seen. Old *stock* is another thing:
# a strategy that knows its age allows for what went since, so it hardly oversells more, and may stop early instead. Carts and
# traffic may be old; what they tell comes through the orders a little later. Once a minute is about as bad as a minute old. Of
# lost readings those of orders matter: where every second one is missing, 20 to 30 units more are oversold.
