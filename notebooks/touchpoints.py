# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---


# %% [markdown]
# # Touchpoints: the host says there is stock, the cart refuses
#
# **中文摘要**:后台、主播大屏、商品页、购物车各显示一个库存数。它们不一致时,主播还在讲卖完的货,顾客看得见却下不了单。
# 逐个触点变旧,量一场里"显示有货却失败"的次数、主播对着空货讲的次数、最后少留的钱;再看超卖到底是触点造成的,还是下单校验造成的。
#
# Four items of 500, each pitched four times in a row; stock leaves on order and the checkout knows it, so nothing can oversell:
# stale figures annoy, and take air from what could be sold.

# %%
import pandas as pd

import stockcue as sc

SHOWS = 12
AGES = (5.0, 30.0, 300.0)
POINTS = ("product_page", "cart", "host_screen")
COLUMNS = ["shown_but_failed", "refused_attempts", "pitched_empty", "oversold_units", "net"]


def means(stale_s: float = 0.0, looks: bool = True, team: str = "silent", back: float = 0.2, **ages: float) -> pd.Series:
    """Means a show; ages: of the touchpoints [s], 0 where nothing is said. stale_s: of what the checkout reads. back: refused
    shoppers who buy later or something else."""
    points = {point: {"lag_s": ages.get(point, 0.0), "period_s": 0.0} for point in (*POINTS, "back_office")}
    show = sc.scenario(
        "oversell_story", name="touchpoints", ledger={"mode": "deduct_on_order"}, leaks={"poll_s": 0.0, "stale_read_s": stale_s},
        host={"checks_screen": looks}, touchpoints=points,
    )  # fmt: skip
    score = {"name": "balanced", "recapture": back}
    scores = sc.rehearse(show, [team], shows=SHOWS, score=score, figure="none").scores
    return scores.loc[scores["strategy"] == team, COLUMNS].mean()


# %% [markdown]
# One touchpoint at a time grows old; nobody acts.

# %%
TOUCH = {"all fresh": means()} | {f"{point} {age:g} s old": means(**{point: age}) for point in POINTS for age in AGES}
print(pd.DataFrame(TOUCH).T.round(1).to_string())

# %% [markdown]
# The host's screen matters where he looks at it; the back office where a person watches it; the checkout, and no screen, decides
# what is oversold. A host who talks on about what is gone turns more shoppers away; the account takes it that a fifth of them buy
# later, and that alone makes it look like a gain.

# %%
OTHERS = {
    "all fresh, the host looks": TOUCH["all fresh"],
    "all fresh, the host does not look": means(looks=False),
    "the host looks, nobody refused comes back": means(back=0.0),
    "the host does not look, nobody refused comes back": means(looks=False, back=0.0),
    "a person watches the back office, fresh": means(team="manual_polling"),
    "a person watches it, 5 min old": means(team="manual_polling", back_office=300.0),
    "the checkout reads stock 30 s old": means(stale_s=30.0),
}
HOST = pd.DataFrame(OTHERS).T
print(HOST.round(1).to_string())
