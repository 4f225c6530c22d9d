# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # On a cluster
#
# **中文摘要**:扫描可以交给多个进程或一个集群(dask、ray)去算。谁来算不影响一个数:同一份表,逐字节相同;中途停了,同一个调用接着算。
#
# A study is cut into chunks by its size alone; whoever plays a chunk gives the same figures.

# %%
import stockcue as sc

SHOWS = 12
lines = {"fixed_count": {"units": sc.log(20, 400)}}
alone = sc.sweep("first_show", lines, points=4, shows=SHOWS, workers=1)
print(alone.table[["candidate", "strategy.fixed_count.units", "net", "oversold_units"]].to_string(index=False))

# %% [markdown]
# The same by two processes of this machine. With a scheduler at hand it would be
# `sc.sweep(..., engine="dask", address="tcp://10.0.0.5:8786")`; see *A sweep on more than one machine*.

# %%
shared = sc.sweep("first_show", lines, points=4, shows=SHOWS, workers=2)
SAME = alone.trials.equals(shared.trials)
print(f"every figure of {len(alone.trials)} trials equal: {'yes' if SAME else 'NO'}")

# %% [markdown]
# The seal of the table says so as well: it is the same file.

# %%
print(*(r.manifest["files"]["trials.parquet"][:16] for r in (alone, shared)))
