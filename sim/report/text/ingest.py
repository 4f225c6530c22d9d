"""The account of an ingest in words: one row a file, what was repaired, set aside and rejected."""

from __future__ import annotations

from collections import Counter

from sim.core.export import for_markdown
from sim.core.units import US
from sim.replay.ingest.canon import Head
from sim.replay.ingest.detect import PLAIN
from sim.replay.ingest.names import listed
from sim.replay.ingest.values import RULES
from sim.report.text.layout import NOTHING, aligned, markdown

HEAD = ("file", "read as", "clock", "rows", "accepted", "repaired", "set aside", "rejected", "out of order")
RIGHT = range(3, len(HEAD))
NAMED = 12
"""Columns without a use that are named."""


def cells(head: Head) -> list[list[str]]:
    """The account, one row a file; every row's figures add up to its rows."""
    keys = ("rows", "accepted", "repaired", "set_aside", "rejected", "out_of_order")
    return [
        [f["file"], f["mapping"], f["clock"] + (f" ({f['zone']})" if f["zone"] else "") or NOTHING, *(f"{f[k]:,}" for k in keys)]
        for f in head.files
    ]


def sentences(head: Head) -> list[str]:
    """What was repaired, set aside and rejected, what was not used, and what there is."""
    lines = []
    for f in head.files:
        if f.get("sure", "own") != "own" and f["mapping"] not in PLAIN:
            lines.append(f"{f['file']}: the layout {f['mapping']} is known from {f['source']} (certainty {f['sure']})")
        if f.get("unused"):
            some, n = f["unused"], f["unused_columns"]
            what = "column is" if n == 1 else "columns are"
            lines.append(f"{f['file']}: {n:,} {what} not used: {listed(some + [''] * (n - len(some)), NAMED)}")
    for key, word in (("repairs", "repaired"), ("aside", "set aside"), ("reasons", "rejected")):
        for f in head.files:
            found = Counter(f[key]).most_common()
            if found:
                lines.append(f"{f['file']}: {word}: " + ", ".join(f"{n:,} {what}" for what, n in found))
    used = sorted({name for f in head.files for name in f["repairs"]}, key=list(RULES).index)
    lines += [f"{name}: {RULES[name]}" for name in used]
    clock = head.own_clock
    width = {k: ("single events" if w == 0 else f"bins of {w:g} s") for k, w in head.bins.items()}
    kinds = ", ".join(f"{n:,} {k} ({width.get(k, 'single events')})" for k, n in head.kinds.items())
    span = (head.end_us - head.start_us) / US
    lines.append(f"stream {head.name}: {head.rows:,} facts: {kinds}")
    lines.append(f"from {clock.text(head.start_us)} to {clock.text(head.end_us)}, {span:,.0f} s; times {head.clock}, "
                 f"finest step {head.resolution_s:g} s")  # fmt: skip
    if head.declared:
        lines.append(
            f"stock is declared for {len(head.declared)} SKUs, {sum(d['stock'] for d in head.declared.values()):,} units"
        )
    lines += [f"{'check' if c['ok'] else 'CHECK FAILED'}: {c['check']}: {c['finding']}" for c in head.checks]
    return lines + list(head.notes)


def total(head: Head) -> str:
    """The sum every ingest must keep."""
    n = {k: sum(f[k] for f in head.files) for k in ("rows", "accepted", "repaired", "set_aside", "rejected")}
    return (f"{n['rows']:,} rows = {n['accepted']:,} accepted + {n['repaired']:,} repaired + {n['set_aside']:,} set aside + "
            f"{n['rejected']:,} rejected")  # fmt: skip


def printed(head: Head) -> str:
    """The account for a terminal."""
    return "\n".join([*aligned([HEAD, *cells(head)], RIGHT), "", total(head), *sentences(head)])


def report(head: Head, repeat: str) -> str:
    """The account as Markdown. repeat: how to make it again."""
    parts = [
        f"# Ingest of {for_markdown(head.name)}",
        repeat,
        "\n".join(markdown(HEAD, cells(head), RIGHT)),
        total(head) + ". Rejected rows are in rejects.csv (safe for spreadsheets) and, as they stood, in rejects.parquet.",
        "\n".join(f"- {for_markdown(line)}" for line in sentences(head)),
    ]
    return "\n\n".join(parts) + "\n"
