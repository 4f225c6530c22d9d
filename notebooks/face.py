# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A strategy of one's own, from a cell to a decision
#
# **中文摘要**:自己写一个策略:一个函数,看一个商品的读数,答一个级别。写在单元格里就能用:和自带的策略比一场、用两个进程搜一个参数、
# 画图、存盘、再读回来比较。
#
# A strategy is one function over readings of one item. It is defined here, rehearsed against a built-in one, searched over a
# range by two processes, drawn, saved and loaded again.

# %%
import tempfile
from pathlib import Path

import stockcue as sc

SHOWS = 6
LINE, COVER_S = 0, 0  # where the line it watches stands in its memory; its first setting


def fold(p, m, s):
    """Warn when stock covers less than cover_s seconds of the average pace so far."""
    m[LINE] = p[COVER_S] * s.orders / max(s.t, 1.0)
    if s.stock <= 0.3 * m[LINE]:
        return 3  # emergency: the standard playbook freezes
    return 2 if s.stock <= m[LINE] else 0


PACE = sc.Strategy(
    "pace",
    "covers some seconds of the average pace",
    fold,
    params=(sc.Param("cover_s", 120.0, 1.0, 7200.0, "s", "seconds of average sales the stock must cover"),),
)

# %% [markdown]
# The first show that ships with the tool, with readings every two seconds.

# %%
show = sc.scenario("first_show", feed={"period_s": 2.0})
result = sc.rehearse(show, [PACE, "fixed_count"], shows=SHOWS)
print(result)

# %% [markdown]
# What one show looked like, and what its ledger held at the end.

# %%
run = sc.play(show, PACE)
print(run)
print(run.paths(run.skus[0]).tail(1).T.to_string(header=False))
picture = run.plot(run.skus[0])

# %% [markdown]
# How much cover? Two processes play the range; stopped, the same call would go on where it was.

# %%
place = Path(tempfile.mkdtemp())
cover = {"pace": {"strategy": PACE, "cover_s": sc.log(15, 900)}}
sweep = sc.sweep(show, cover, shows=SHOWS, points=4, workers=2, out=place / "cover")
BEST = sweep.table.sort_values("J").iloc[0]
print(sweep.table[["candidate", "strategy.pace.cover_s", "net", "J", "oversold_units"]].to_string(index=False))
print(sweep.verdict[0])

# %% [markdown]
# The best of the range beside the default, on the same shoppers: the difference is paired.

# %%
tuned = sc.policy(PACE, label="pace", cover_s=float(BEST["strategy.pace.cover_s"]))
again = sc.rehearse(show, [tuned, "fixed_count"], shows=SHOWS, figure="none").save(place / "tuned")
LOADED = sc.load(place / "tuned")
print(sc.compare(result, LOADED))
