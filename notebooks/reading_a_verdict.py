# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Reading a verdict
#
# **中文摘要**:一张结果表怎么读。每个数都带 95 % 区间;"best / worse / 分不清"由同一批顾客的配对差决定,不看均值大小;账目逐项列出,
# 加起来就是净收益;表下面的句子说明哪些损失这些场次里看不到、还要再播多少场才分得清;最后看报警本身值多少钱。
#
# One rehearsal, and what its table can and cannot decide.

# %%
import stockcue as sc

SHOWS = 30
result = sc.rehearse("first_show", ["smart", "newsvendor_freeze", "fixed_count"], shows=SHOWS, figure="none")
print(result)

# %% [markdown]
# **The order of the means is not the verdict.** All strategies met the same shoppers, so the differences are paired; only where
# the interval of a difference lies beyond 0 is somebody called worse. With fewer shows less can be told apart:

# %%
few = sc.rehearse("first_show", ["smart", "newsvendor_freeze", "fixed_count"], shows=max(2, SHOWS // 6), figure="none")
WIDTH = {shows: (r.table["net_high"] - r.table["net_low"]).mean() for shows, r in ((len(few.scores) // 4, few), (SHOWS, result))}
for shows, width in WIDTH.items():
    print(f"{shows} shows: an interval of net is {width:,.0f} CNY wide on average")
print(*few.verdict[:4], sep="\n")

# %% [markdown]
# **The account, term by term.** Gains less costs are net; a term that decides everything rests on one price, and that price
# is an assumption until it is yours.

# %%
terms = [c for c in result.scores if c.startswith(("net_shipped", "net_recaptured", "cost_"))]
ACCOUNT = result.scores.groupby("strategy")[[*terms, "net"]].mean().round(0)
print(ACCOUNT.loc[:, (ACCOUNT != 0).any()].T.to_string())

# %% [markdown]
# **What rests on assumptions**, by confidence: H official or computed, M several sources, L one claim, A assumed.

# %%
print(result.assumptions["confidence"].value_counts().to_string())

# %% [markdown]
# **What the alerts were worth**: every chain of alerts left out in turn, the same show played again without it.

# %%
print(result.chains.groupby("strategy")["worth"].value_counts().unstack(fill_value=0).to_string())
print(result.chains.groupby("strategy")["worth_cny"].describe()[["min", "50%", "max"]].round(0).to_string())
