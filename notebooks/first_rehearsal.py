# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A first rehearsal
#
# **中文摘要**:选一场直播、几个预警策略,先在电脑里播几十遍,看谁留下的钱多、超卖多少、少卖多少、吵不吵。表里每个数都带区间,
# 最后几句话说明能不能下结论。
#
# Three calls: a show, some strategies, a result. All meet the same shoppers; `silent`: nobody acts.

# %%
import stockcue as sc

SHOWS = 8
result = sc.rehearse("first_show", ["smart", "fixed_count", "newsvendor_freeze"], shows=SHOWS)
print(result)

# %% [markdown]
# The same as a table: one row a strategy, best first; `_low` and `_high` are the ends of 95 % intervals.

# %%
print(result.table[["strategy", "net", "net_low", "net_high", "J"]].round(0).to_string(index=False))

# %% [markdown]
# One show in full: what the shelf held, what the alert engine saw, what it said.

# %%
PICTURE = result.plot()
run = sc.play("first_show", "smart", seed=3)
print(run.alerts.head().to_string(index=False))
