# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A live feed beside its replay
#
# **中文摘要**:同一套策略,一边对着录下来的整场回放,一边一行一行地接实时数据,报警应当一字不差。这里把自带的一场录像变成逐行数据,
# 喂给实时引擎,再逐条比对。上线之前先这样"影子运行",不会动库存。
#
# Strategies are folds over readings, so the same code runs in a rehearsal, in a replay and on a live feed.

# %%
import stockcue as sc

TEAMS = ["smart", "fixed_count"]
night = sc.read("example", zone="Asia/Shanghai")
replay = sc.replay(night, TEAMS, feed_lines="write")
print(replay.table[["strategy", "sku", "sellouts", "warned", "lead_median_s", "alerts"]].to_string(index=False))
replay.plot()

# %% [markdown]
# The replay has left the show as lines, as a producer would send them. They go through the live engine, which knows the stock
# and the run of show beforehand, and nothing of what comes.

# %%
place, when = replay.folder, replay.manifest["nights"][0]
print(*(place / "feed.jsonl").read_text("utf-8").splitlines()[:3], sep="\n")
live = sc.shadow(
    place / "feed.jsonl", TEAMS, stock=place / "feed_stock.jsonl", cues=place / "feed_cues.jsonl", start=when["start"],
    end=when["end"], zone="Asia/Shanghai", period_s=1.0, lag_s=0.5,
)  # fmt: skip
print(live)
print(live.alerts[["n", "strategy", "sku", "at", "level_name", "stock", "line"]].head().to_string(index=False))

# %% [markdown]
# Held against the replay, alert by alert.

# %%
recorded = (place / "alerts.jsonl").read_text("utf-8")
SAME = recorded == (live.folder / "alerts.jsonl").read_text("utf-8")
print(f"replay: {len(recorded.splitlines())} lines, live: {len(live.alerts)}; equal byte for byte: {'yes' if SAME else 'NO'}")

# %% [markdown]
# What the live engine knows of every item now: what exported Prometheus rules read at `prometheus_port=`.

# %%
for sku, figures in live.manifest["metrics"]["items"].items():
    print(sku, figures)
