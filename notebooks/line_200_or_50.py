# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 500 units in two hours: a line of 200; a week's supply: a line of 50?
#
# **中文摘要**:经验说法是"500 件两小时卖完,警戒线设 200;够卖一周,设 50"。这里只有一个商品,500 件,没人讲解,报警就要求补 250 件,
# 换需求、换补货时长来量。结论:有条件成立。要卖 780 件而补货要 20 分钟,200 件正好;补货要 45 分钟,300 件更好;只要卖 580 件,
# 补货 45 分钟来不及回本,任何线都亏,不补最好。够卖一周的货,任何线都不动,也不花钱。决定线的是补货路上会卖掉多少,以及到底缺不缺货。
#
# The article's first rule. One item, 500 units, nobody pitches it; an alert asks for 250 more, which come after a lead.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 60
LINES = [25, 50, 100, 150, 200, 300]
RESTOCK = {"prepare": [{"what": "restock", "by": "auto"}], "emergency": []}


def shop(hours_of_stock: float, lead_min: float, spread: str = "recorded", **costs: float):
    """One item whose 500 units last so many hours at the mean pace; ``costs``: of a request [CNY]."""
    item = {"stock": 500, "popularity": 1.0}
    return sc.scenario(
        "ls1", name=f"lasts {hours_of_stock:g} h, lead {lead_min:g} min", duration_s=7200, cues=[], skus={"item": item},
        ledger={"mode": "deduct_on_order", "checks_stock": True}, spread=spread,
        audience={"arrivals_per_min": 276 / hours_of_stock}, supply={"requestable": 0.5, "lead_median_s": 60 * lead_min, **costs},
    )  # fmt: skip


# %% [markdown]
# What each line keeps, against nobody asking for anything: shows are the same for every line.


# %%
def table(show) -> pd.DataFrame:
    """Net against silence, missed units and notices by line."""
    teams = {str(line): sc.policy("fixed_count", label=str(line), units=line, operations=RESTOCK) for line in LINES}
    trials = sc.sweep(show, teams, shows=SHOWS, workers=1).trials
    trials["gain"] = trials["net"] - trials["net_silent"]
    return trials.groupby("candidate", sort=False)[["gain", "missed_units"]].mean()


FOUND = {(hours, lead): table(shop(hours, lead)) for hours, lead in [(1.3, 20), (1.3, 45), (1.75, 10), (1.75, 45), (168, 45)]}
for (hours, lead), rows in FOUND.items():
    print(f"500 units last {hours:g} h, a request takes {lead:g} min; gain in CNY a show, missed units")
    print(rows.round(1).T.to_string(), "\n")

# %% [markdown]
# The best line follows what sells during the lead; where little is lacking, or the lead is long, no line pays for its request.

# %%
BEST = {key: int(rows["gain"].idxmax()) for key, rows in FOUND.items()}
PAYS = {key: bool(rows["gain"].max() > 0) for key, rows in FOUND.items()}
for (h, m), line in BEST.items():
    print(f"lasts {h:g} h, lead {m:g} min: best line {line}, {'it pays' if PAYS[h, m] else 'no line pays'}")

# %% [markdown]
# What the best line is worth also depends on how shows spread and on what a request costs.

# %%
OTHER = {
    "every show as planned": {"spread": "certain"},
    "a request costs 400 CNY, not 100": {"request_cost": 400.0},
    "what came too much costs 30 CNY a unit, not 3": {"leftover": 30.0},
}
for what, changes in OTHER.items():
    gain = table(shop(1.3, 20, **changes))["gain"]
    print(f"lasts 1.3 h, lead 20 min, {what}: best line {gain.idxmax()}, {gain.max():,.0f} CNY a show; 200: {gain['200']:,.0f}")
