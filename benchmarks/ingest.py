"""How fast exports are read, and in how much memory: an invented order export of ten million rows, one in fifty of them odd.

First that every row is accounted for, as many repaired and rejected as were made odd; only then the figures. The reading runs
in a process of its own, so that the memory is its own; the writing of the export is not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from sim.demand.streams import stream

ROWS, QUICK = 10_000_000, 1_000_000
PART = 500_000
TAB, DASH = ("", "\t"), "-"
START = np.datetime64("2026-06-18T20:00:00", "s")
LIMIT = 2 * 2**30
"""Memory the reading may take [bytes]."""

CHILD = """
import json, resource, sys, time
from pathlib import Path
from sim.replay.ingest.run import ingest
import pandera.pandas, pyarrow.parquet
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
made = ingest(sys.argv[1])
read = time.perf_counter()
made.write(Path(sys.argv[2]))
done = time.perf_counter()
made.close()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"file": made.head.files[0], "rows": made.head.rows, "read_s": read - began, "write_s": done - read,
                  "peak": 1024 * peak, "idle": 1024 * idle}))
"""


class Mismatch(RuntimeError):
    """The account of the reading is not what was written: nothing is timed."""


def write(path: Path, rows: int) -> dict[str, int]:
    """An order export: sub-order numbers, times of two hours (one in a hundred out of order), 300 SKUs; one row in a hundred
    with a tab and a dash, one in two hundred rejected. Returns how many were made odd."""
    rng = stream(10, "bench ingest")
    counts = {"repaired": 0, "rejected": 0}
    with path.open("w", encoding="utf-8") as file:
        file.write("order_id,sub_id,time,sku,qty,amount,status\n")
        for first in range(0, rows, PART):
            n = min(PART, rows - first)
            number = np.arange(first, first + n)
            second = (number * 7200) // rows
            late = rng.random(n) < 0.01
            second[late] = np.maximum(0, second[late] - rng.integers(1, 60, int(late.sum())))
            time = np.char.replace((START + second).astype(str), "T", " ")
            sku, qty = rng.integers(1, 301, n), rng.integers(1, 4, n)
            tab, bad = number % 100 == 7, number % 200 == 3
            lines = zip(number.tolist(), time.tolist(), sku.tolist(), qty.tolist(), tab.tolist(), bad.tolist(), strict=True)
            file.writelines(
                f"{TAB[t]}{7 * 10**17 + k // 2},{8 * 10**17 + k},{at},SKU-{s:03d},{0 if b else q},"
                f"{DASH if t else round(9.9 * q, 2)},paid\n"
                for k, at, s, q, t, b in lines
            )
            counts["repaired"] += int(tab.sum())
            counts["rejected"] += int(bad.sum())
    return counts


def main(argv: list[str] | None = None) -> int:
    """Print rows a second and peak memory; ``--quick``: a tenth of the rows."""
    rows = QUICK if "--quick" in (argv or []) else ROWS
    with tempfile.TemporaryDirectory(prefix="stockcue-bench-") as folder:
        path = Path(folder) / "orders.csv"
        print(f"writing an export of {rows:,} rows", file=sys.stderr, flush=True)
        expected = write(path, rows)
        size = path.stat().st_size
        print(f"reading it ({size / 2**20:,.0f} MB)", file=sys.stderr, flush=True)
        rates = measured(path, Path(folder) / "orders.stream.parquet")
    account = rates["file"]
    if (
        account["rows"] != rows
        or any(account[k] != n for k, n in expected.items())
        or rates["rows"] != rows - expected["rejected"]
    ):
        raise Mismatch(f"{rows} rows with {expected} were written, and the account says {account}")
    spent = rates["read_s"] + rates["write_s"]
    print(
        f"{rows:,} rows, {size / 2**20:,.0f} MB of CSV; {account['repaired']:,} repaired, {account['rejected']:,} rejected "
        "as made"
    )
    print(f"judged in {rates['read_s']:.1f} s, sorted and written in {rates['write_s']:.1f} s: {rows / spent:,.0f} rows/s "
          f"({size / spent / 1e6:.0f} MB/s)")  # fmt: skip
    print(
        f"peak memory {rates['peak'] / 2**20:,.0f} MB (of it {rates['idle'] / 2**20:,.0f} MB before the first row); "
        "limit 2,048 MB"
    )
    return 0 if rates["peak"] <= LIMIT else 1


def measured(path: Path, out: Path) -> dict:
    """Ingest in a process of its own: its account, times [s] and memory [bytes]."""
    done = subprocess.run([sys.executable, "-c", CHILD, str(path), str(out)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
