# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The review of a night
#
# **中文摘要**:播完当晚复盘一页纸:丢的每一件货怪谁(漏洞、数据晚、反应慢、占着不付款、规则,还是需求本来就冒出来了),
# 每条报警还救得回什么,改动哪一个设置最小又最有用,以及和前几场比有没有变样。改动只在别的场次也站得住时才建议。
#
# A recorded night under the setting that was in use.

# %%
import stockcue as sc

SHOWS = 8
night = sc.read("example", zone="Asia/Shanghai")
review = sc.review(night, "fixed_count", shows=SHOWS, alerts=10 * SHOWS)
print(review)

# %% [markdown]
# Blame: the same shoppers again, with things made ideal one after another. Units add up exactly.

# %%
blame = review.blame[review.blame["units"] > 0]
print(blame[["sku", "kind", "cause", "units"]].to_string(index=False))
review.plot("blame")

# %% [markdown]
# What one changed setting would have done, on this night and on other draws of what nobody recorded.

# %%
print(review.changes.head(6).to_string(index=False))

# %% [markdown]
# The proposal is words of a command line: `stockcue rehearse experiment=proposal.yaml` plays it before it is used.

# %%
print((review.folder / "proposal.yaml").read_text("utf-8"))
