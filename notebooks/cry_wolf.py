# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Cry wolf: what more alerts do to those who hear them
#
# **中文摘要**:六十个商品、一个会累的中控。同一个检测器,按每小时最多几条来限量,从 3 条到不限。报警越多,被理会的比例越低,
# 信任随着误报往下走;留下的钱先升后平。再把"所有级别都弹窗"换成分级(初级站内信、中级推送、高级电话),看清静多少、少赚多少。
#
# Sixty items, one operator who tires. One detector, held to so many alerts an hour; then levels with channels of their own.

# %%
import stockcue as sc

SHOWS = 10
RATES = (2, 4, 8, 16, 32, 0)


def heard(team: dict):
    """Means a show: notices an operator-hour, share of them minded, units won, gain over silence [CNY]."""
    trials = sc.sweep("operator_overload", team, shows=SHOWS, workers=1).trials
    trials["gain"] = trials["net"] - trials["net_silent"]
    means = trials.groupby("candidate", sort=False)[["notices_per_operator_hour", "notices", "alerts_handled", "gain"]].mean()
    means.insert(1, "minded %", 100 * means["alerts_handled"] / means["notices"])
    return means.drop(columns=["notices", "alerts_handled"]).round(1)


# %% [markdown]
# By budget of alerts an hour (0: no limit). The playbook tells people everything: a pop-up, and a request for stock by hand.

# %%
BOOK = {"watch": [{"what": "notify", "channel": "popup"}], "prepare": [{"what": "restock", "channel": "popup", "amount": "lack"}],
        "emergency": [{"what": "restock", "channel": "popup", "amount": "lack"}], "resolved": []}  # fmt: skip
NAMES = {f"{n} an hour" if n else "no limit": n for n in RATES}
TEAMS = {
    name: sc.policy("gamma_poisson", label=name, operations=BOOK, gate={"budget_per_hour": n, "budget_all": 1.0 if n else 0.0})
    for name, n in NAMES.items()
}
ALERTS = heard(TEAMS)
print(ALERTS.to_string())

# %% [markdown]
# The same operator if people never doubted and never tired, and if they only doubted: how much of the loss is trust.

# %%
for model in ("ideal", "matching", "fatigue"):
    show = sc.scenario("operator_overload", staff={"human_model": model})
    trials = sc.sweep(show, {"no limit": TEAMS["no limit"], "silent": "silent"}, shows=SHOWS, workers=1).trials
    trials = trials[trials["candidate"] == "no limit"]
    print(f"{model:<9} minded {100 * trials['alerts_handled'].sum() / trials['notices'].sum():.0f} %, "
          f"gain {(trials['net'] - trials['net_silent']).mean():,.0f} CNY a show")  # fmt: skip

# %% [markdown]
# Levels with channels and response times of their own (`graded`: in-site; push and pop-up; a call) against pop-ups for all.

# %%
BOOKS = {name: sc.policy("tiered", label=name, operations=name) for name in ("human", "graded", "notify_only", "email")}
LEVELS = heard(BOOKS)
print(LEVELS.to_string())
