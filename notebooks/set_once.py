# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # The third mistake: set once, never reviewed
#
# **中文摘要**:误区三,设好就不管。十二周的直播慢慢变样:人越来越多(或越来越少),热度从一款挪到另一款。同一条警戒线,
# 第一周选好再也不动;每周复盘一次,按上周的场次重选;每场播完就按上一场重选;或者每场播完按至今所有场次重选。
# 各值多少钱,和"每周事后才知道的最好"差多少,一并量出来。看一场就改,等于追着运气跑。
#
# Twelve weeks, some shows each. The room grows or shrinks, and what people come for moves from one item to another.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 5
WEEKS = 12


def week(k: int, growth: float):
    """Week ``k``: the room grows by ``growth`` a week, and, where it does, the mask's appeal passes to the serum."""
    moved = k / (WEEKS - 1) * (growth != 0)
    return sc.scenario(
        "first_show", name=f"week {k + 1}", audience={"arrivals_per_min": 4500.0 * (1 + growth) ** (k - WEEKS / 2)},
        skus={"mask-5pk": {"appeal": 1.0 - 0.5 * moved}, "serum-30ml": {"appeal": 0.6 + moved}},
    )  # fmt: skip


LINES = {"fixed_count": {"units": [15, 60, 240, 480]}}

# %% [markdown]
# Every line plays every show of every week, so each way to review is a way to read one table. A week is judged by its
# shows; a review knows only shows before it.


# %%
def reviewed(net: pd.DataFrame) -> pd.Series:
    """Net [CNY a show] of each way to review. net: a row per show in order, a column per line."""
    first, shows = net.iloc[:SHOWS].mean().idxmax(), range(SHOWS, len(net))
    weekly = [net.iloc[k // SHOWS * SHOWS - SHOWS : k // SHOWS * SHOWS].mean().idxmax() for k in shows]
    each = [net.iloc[k - 1].idxmax() for k in shows]
    so_far = [net.iloc[:k].mean().idxmax() for k in shows]
    ways = {"never": [first] * len(shows), "weekly": weekly, "after each show, the last one decides": each,
            "after each show, all so far decide": so_far}  # fmt: skip
    made = {way: sum(net.iloc[k][line] for k, line in zip(shows, lines, strict=True)) / len(shows) for way, lines in ways.items()}
    return pd.Series(made | {"best of each week, known afterwards": _best(net)})


def _best(net: pd.DataFrame) -> float:
    weeks = [net.iloc[k : k + SHOWS].mean().max() for k in range(SHOWS, len(net), SHOWS)]
    return sum(weeks) / len(weeks)


# %%
WORTH, SWEEPS = {}, {}
for growth in (0.0, 0.12, -0.12):
    SWEEPS[growth] = sc.sweep([week(k, growth) for k in range(WEEKS)], LINES, shows=SHOWS, workers=1)
    trials = SWEEPS[growth].trials
    net = trials.pivot_table("net", ["world", "replicate"], "candidate", sort=False)
    WORTH[f"{growth:+.0%}"] = reviewed(net) - reviewed(net)["never"]
print("what a way to review keeps a show, beyond never reviewing [CNY], by growth of the room a week")
print(pd.DataFrame(WORTH).round(0).to_string())

# %% [markdown]
# The walk-forward table of the growing room: chosen by the weeks so far, judged on the next.

# %%
WALK = sc.walk(SWEEPS[0.12])
print(WALK)
