# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Tiers: one rule for all, or settings for each tier
#
# **中文摘要**:引流款宁可早报不可超卖,利润款要把毛利和库存成本放在一起算,长尾款一条简单规则。这里先搜一条"所有商品同一个设置",
# 再搜"三个层级各自一个",用没参与搜索的场次比较;再给利润款算上库存占用成本,看最好的设置往哪边移。
#
# The same family of strategies, searched with one setting for all and with one for each tier.

# %%
import stockcue as sc

SHOWS = 16
VALUES = [40, 150, 400]

# %% [markdown]
# One line in units for all items, or one for each tier: every combination plays the same shows. The best of each is chosen on
# one half of the shows and judged on the other.

# %%
EACH = {
    f"{t}/{p}/{n}": sc.policy("fixed_count", label=f"{t}/{p}/{n}",
                              by_tier={"traffic": {"units": t}, "profit": {"units": p}, "longtail": {"units": n}})
    for t in VALUES for p in VALUES for n in VALUES
}  # fmt: skip
ALIKE = [f"{v}/{v}/{v}" for v in VALUES]
score = {"name": "balanced", "holding": 0.2}
trials = sc.sweep("first_show", EACH | {"silent": "silent"}, shows=SHOWS, score=score, workers=1).trials


def judged(net) -> dict[str, tuple[str, float]]:
    """The best alike and the best by tier, traffic/profit/longtail [units], and what each gains on shows that had no say."""
    table = trials.assign(net=net).pivot_table("net", "replicate", "candidate")
    gain, half = table.sub(table["silent"], axis=0).drop(columns="silent"), SHOWS // 2
    best = {"one for all": gain[ALIKE].iloc[:half].mean().idxmax(), "by tier": gain.iloc[:half].mean().idxmax()}
    return {how: (name, gain[name].iloc[half:].mean()) for how, name in best.items()}


# %% [markdown]
# Where stock costs nothing to hold, and where an unsold unit of a profit item costs a fifth of its price (capital, storage, a
# season that ends). The cost is a term of its own, so one sweep tells both.

# %%
COSTS = {"stock costs nothing to hold": trials["net"] + trials["cost_holding"], "holding costs a fifth": trials["net"]}
FOUND = {what: judged(net) for what, net in COSTS.items()}
for what, found in FOUND.items():
    print(what)
    for how, (name, gain) in found.items():
        print(f"  {how}: {name} units, gain {gain:,.0f} CNY a show")

# %% [markdown]
# What each tier is for shows in the account: oversold units of the traffic driver, missed units of the profit items.

# %%
best = {how: EACH[name] for how, (name, _gain) in FOUND["stock costs nothing to hold"].items()}
result = sc.rehearse("first_show", [sc.policy(p, label=how) for how, p in best.items()], shows=SHOWS, figure="none")
TIERS = {sku.id: sku.tier for sku in sc.scenario("first_show").skus}
items = result.items.assign(tier=result.items["sku"].map(TIERS))
print(items.groupby(["strategy", "tier"])[["ordered_units", "oversold_units"]].mean().round(1).to_string())
