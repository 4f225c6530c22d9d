# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # From a shop's exports to a setting
#
# **中文摘要**:把上一场的订单导出读进来,拟合出一场"像你家"的直播,再在它上面搜索警戒线,最后用没参与搜索的场次报告能多留多少钱。
# 全程四步:读入(每一行都有去向)、拟合(每个参数带区间)、搜索、复核。产物是一个可以直接加载的设置文件。
#
# Four calls: read, calibrate, tune, rehearse. The recording is the invented show that ships with the tool.

# %%
import stockcue as sc

SHOWS = 40
recording = sc.read("example", zone="Asia/Shanghai")
print(recording)

# %% [markdown]
# A scenario fitted to it: what the record says, with intervals; what it does not say keeps its default and is listed.

# %%
fitted = sc.calibrate(recording, name="friday", figure="all")
print(fitted.table.head(8).to_string(index=False))
fitted.plot()

# %% [markdown]
# Shows of that scenario draw their parameters anew from what the fit leaves open (`uncertain`), so a setting is not tuned to one
# value that happens to fit. Three sets of shows never meet: for the search, for judging finalists, for the figures reported.
# Stock can be had on request within a quarter of an hour, which no record says: it is put over the fit.

# %%
show = sc.scenario(fitted.folder / "scenario.yaml", supply={"requestable": 0.5, "lead_median_s": 900.0})
search = {"fixed_count": {"units": sc.log(5, 300)}, "smart": {"chance": sc.log(0.02, 0.6)}}
tuned = sc.tune(show, search, trials=16, shows=max(4, SHOWS // 4), judging=max(20, SHOWS), confirm=max(20, SHOWS), finalists=4,
                uncertain=fitted, workers=1)  # fmt: skip
print(*tuned.verdict, sep="\n")

# %% [markdown]
# The recommendation is a file that the next rehearsal takes; here it is beside the settings as they ship.

# %%
print((tuned.folder / "recommended.yaml").read_text("utf-8"))
