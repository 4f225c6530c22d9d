# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Three generations, by day and by night
#
# **中文摘要**:第一代,一个人盯后台,十来个商品,会累,后半夜最差;第二代,固定线加邮件;第三代,实时算线、机器冻结、弹窗叫人。
# 同一批顾客,白天和凌晨各播一遍,5 个商品和 30 个商品各播一遍,看每一代留下多少钱、超卖多少。
#
# Each with the hands it is meant for: own eyes; e-mail to people; a machine and pop-ups. The night show starts at two.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 16


def generations(line: float) -> dict:
    """The teams; ``line``: what the person and the fixed rule compare with [units]."""
    return {
        "1 a person watching": sc.policy("manual_polling", label="1 a person watching", units=line),
        "1 the same, never tired": sc.policy(
            "manual_polling", label="1 the same, never tired", units=line, fatigue=0, night_loss=0
        ),
        "2 fixed line, e-mail": sc.policy("fixed_count", label="2 fixed line, e-mail", units=line, operations="email"),
        "3 smart": sc.policy("smart", label="3 smart"),
        "3 smart, by e-mail": sc.policy("smart", label="3 smart, by e-mail", operations="email"),
    }


def split(many: int, hour: float):
    """The first show, each of its five items split into ``many`` with a share of stock and demand, from ``hour`` on."""
    show, skus = sc.scenario("first_show"), {}
    for sku in show.skus:
        for k in range(many):
            skus[f"{sku.id}-{k}"] = {
                "stock": sku.stock // many, "tier": sku.tier, "price": sku.price, "margin": sku.margin,
                "appeal": sku.appeal / many, "safety_stock": sku.safety_stock // many, "popularity": sku.popularity / many,
            }  # fmt: skip
    cues = [(cue.at_s + 2.0 * k, f"{cue.sku}-{k}", cue.kind) for cue in show.cues for k in range(many)]
    return sc.scenario({
        "name": f"{5 * many} items, {'night' if hour < 6 else 'day'}", "lesson": "generations", "duration_s": 3600.0,
        "skus": skus, "start_hour": hour,
        "cues": {f"c{k:03d}": dict(zip(("at_s", "sku", "kind"), cue, strict=True)) for k, cue in enumerate(cues)},
        "audience": {"arrivals_per_min": 4500.0}, "ledger": {"mode": "deduct_on_payment", "late_payment": "accept"},
        "leaks": {"stale_read_s": 1.0}, "supply": {"requestable": 0.5, "lead_median_s": 720.0}, "host": {"slip_s": 8.0},
    })  # fmt: skip


# %%
GAIN, UNITS = {}, {}
for many in (1, 6):
    for hour in (14.0, 2.0):
        show = split(many, hour)
        trials = sc.sweep(show, generations(200.0 / many), shows=SHOWS, workers=1).trials
        trials["gain"] = trials["net"] - trials["net_silent"]
        GAIN[show.name] = trials.pivot(index="replicate", columns="candidate", values="gain")
        UNITS[show.name] = trials.groupby("candidate", sort=False)[["oversold_units", "missed_units"]].mean()

# %% [markdown]
# Gain over nobody acting [CNY a show], its mean and that of the middle show: one show in many has a crowd that no plan foresaw,
# and decides the mean. Units oversold and missed.

# %%
for name, gain in GAIN.items():
    print(name, UNITS[name].assign(gain=gain.mean(), middle=gain.median()).round(0).to_string(), "", sep="\n")

# %% [markdown]
# What the night costs each generation, on the same shoppers: attention falls towards four o'clock, for the watcher and for
# whoever reads notices. The watcher tires with time on duty too: beside him stands one who does not.

# %%
for items in ("5 items", "30 items"):
    lost = GAIN[f"{items}, day"] - GAIN[f"{items}, night"]
    print(f"{items}: what the night costs [CNY a show]")
    print(pd.DataFrame({"mean": lost.mean(), "middle show": lost.median(), "worst show": lost.max()}).round(0).to_string(), "\n")
