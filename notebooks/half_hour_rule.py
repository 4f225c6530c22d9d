# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Is 1.5 times the next 30 minutes the right line?
#
# **中文摘要**:文章推荐"警戒线 = 预计未来 30 分钟销量的 1.5 倍",窗口取 15、30 或 60 分钟。这里把它放进三种直播间,
# 同固定线、按库存比例的线、其他看速度的策略比净收益。有秒杀的直播间,30 分钟的销量比全部库存还多,线一开播就在库存之上:
# 作为"该补货了"还行,作为"该冻结了"就太早。所以要紧的不是窗口,而是到线做什么:剩线的二十分之一才冻(自带设置)、四分之一就冻、
# 换成"未来 2 分钟",再加上已下单未付款的件数(自带设置),各量一遍。结论见每张表下面一句。
#
# The article's dynamic line is the strategy `cover_time`. It is held against a fixed line and others, each with the
# playbook it is meant for, on the same shoppers: at the line people ask for stock, at a share of it (a twentieth as it ships) the
# machine freezes. The rule as it is told counts what is left (`unpaid_weight=0`); as it ships it also counts units ordered and
# not yet paid, where stock leaves on payment.

# %%
import stockcue as sc

SHOWS = 12
TEAMS = [
    *(sc.policy("cover_time", label=f"1.5 x 30 min, window {w}", window_min=w, unpaid_weight=0) for w in (15, 30, 60)),
    sc.policy("cover_time", label="1.5 x 30 min, frozen at a quarter", emergency_share=0.25, unpaid_weight=0),
    sc.policy("cover_time", label="1.5 x 2 min, frozen at a quarter", window_min=5, horizon_min=2, emergency_share=0.25,
              unpaid_weight=0),
    sc.policy("cover_time", label="1.5 x 30 min and what is unpaid"),
    "fixed_count", "percent_of_stock", "window_forecast", "gamma_poisson", "newsvendor_freeze",
]  # fmt: skip

# %% [markdown]
# Net against nobody acting [CNY a show], oversold and missed units.

# %%
GAIN = {}
for name in ("first_show", "pitch_cycle", "quiet_longtail"):
    teams = {team if isinstance(team, str) else team.name: team for team in TEAMS}
    trials = sc.sweep(name, teams, shows=SHOWS, workers=1).trials
    trials["gain"] = trials["net"] - trials["net_silent"]
    means = trials.groupby("candidate")[["gain", "oversold_units", "missed_units", "notices"]].mean()
    GAIN[name] = means["gain"].sort_values(ascending=False)
    print(f"{name}: gain in CNY a show\n{means.loc[GAIN[name].index].round(1).to_string()}")
    thirty = GAIN[name][[team.name for team in TEAMS[:3]]]
    print(f"the rule, whatever its window: {thirty.min():,.0f} to {thirty.max():,.0f}; "
          f"{sum(GAIN[name] > thirty.max())} of {len(TEAMS) - 3} others gain more\n")  # fmt: skip

# %% [markdown]
# Thirty minutes of sales are the whole stock of a flash item: the line stands above it from the first second. As a word to ask
# for stock that is early, which pays where the lead is long; as a line to freeze at it stops the sale.

# %%
run = sc.play("first_show", TEAMS[0])
flash = run.skus[0]
LINE = run.readings(flash)
print(f"{flash}: the line was above the stock in {100 * (LINE['line'] > LINE['stock']).mean():.0f} % of readings")
