"""The account of an ingest in words: one row a file, what was repaired, set aside and rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sim.core.export import for_markdown
from sim.core.units import US
from sim.replay.ingest.canon import Head
from sim.replay.ingest.detect import PLAIN
from sim.replay.ingest.names import listed
from sim.replay.ingest.values import RULES
from sim.report.text.layout import NOTHING, aligned, markdown
from sim.report.text.reasons import reason
from sim.words import N_, _, columns, ngettext

HEAD = N_("file | read as | clock | rows | accepted | repaired | set aside | rejected | out of order")
RIGHT = range(3, 9)
FACTS = (
    *(N_("order"), N_("cart"), N_("pay"), N_("cancel"), N_("restock"), N_("correction"), N_("level"), N_("viewers"), N_("enter")),
    *(N_("leave"), N_("view"), N_("click"), N_("fav"), N_("comment"), N_("stay"), N_("amount"), N_("cue"), N_("waiting")),
)
"""Kinds of facts, as they are told."""
NAMED = 12
"""Columns without a use that are named."""


def cells(head: Head) -> list[list[str]]:
    """The account, one row a file; every row's figures add up to its rows."""
    keys = ("rows", "accepted", "repaired", "set_aside", "rejected", "out_of_order")
    return [
        [
            f["file"],
            f["mapping"],
            _(f["clock"]) + (f" ({f['zone']})" if f["zone"] else "") or NOTHING,
            *(f"{f[k]:,}" for k in keys),
        ]
        for f in head.files
    ]


def sentences(head: Head) -> list[str]:
    """What was repaired, set aside and rejected, what was not used, and what there is."""
    lines = []
    for f in head.files:
        if f.get("sure", "own") != "own" and f["mapping"] not in PLAIN:
            lines.append(_("{file}: the layout {mapping} has certainty {sure}: {source}").format(**_four(f)))
        if f.get("unused"):
            some, n = f["unused"], f["unused_columns"]
            sentence = ngettext("{file}: {n:,} column is not used: {names}", "{file}: {n:,} columns are not used: {names}", n)
            lines.append(sentence.format(file=f["file"], n=n, names=listed(some + [""] * (n - len(some)), NAMED)))
    for key, sentence in (("repairs", _("{file}: repaired: {list}")), ("aside", _("{file}: set aside: {list}")),
                          ("reasons", _("{file}: rejected: {list}"))):  # fmt: skip
        for f in head.files:
            if f[key]:
                counts = _(", ").join(f"{n:,} {reason(what)}" for what, n in Counter(f[key]).most_common())
                lines.append(sentence.format(file=f["file"], list=counts))
    used = sorted({name for f in head.files for name in f["repairs"]}, key=list(RULES).index)
    lines += [f"{_(name)}: {_(RULES[name])}" for name in used]
    lines += _what_there_is(head)
    checks = {True: _("check: {check}: {finding}"), False: _("CHECK FAILED: {check}: {finding}")}
    lines += [checks[bool(c["ok"])].format(check=_(c["check"]), finding=c["finding"]) for c in head.checks]
    return lines + list(head.notes)


def _four(f: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": f["file"], "mapping": f["mapping"], "source": f["source"], "sure": _(f["sure"])}


def _what_there_is(head: Head) -> list[str]:
    """Facts, their span and the declared stock of a stream."""
    clock = head.own_clock
    width = {k: _("single events") if w == 0 else _("bins of {w:g} s").format(w=w) for k, w in head.bins.items()}
    kinds = ", ".join(f"{n:,} {_(k)} ({width.get(k, _('single events'))})" for k, n in head.kinds.items())
    lines = [
        _("stream {name}: {rows:,} facts: {kinds}").format(name=head.name, rows=head.rows, kinds=kinds),
        _("from {start} to {end}, {span:,.0f} s; times {clock}, finest step {step:g} s").format(
            start=clock.text(head.start_us),
            end=clock.text(head.end_us),
            span=(head.end_us - head.start_us) / US,
            clock=_(head.clock),
            step=head.resolution_s,
        ),
    ]
    if head.declared:
        n, units = len(head.declared), sum(d["stock"] for d in head.declared.values())
        lines.append(
            ngettext(
                "stock is declared for {n} SKUs, {units:,} units", "stock is declared for {n} SKUs, {units:,} units", n
            ).format(n=n, units=units)
        )
    return lines


def total(head: Head) -> str:
    """The sum every ingest must keep."""
    n = {k: sum(f[k] for f in head.files) for k in ("rows", "accepted", "repaired", "set_aside", "rejected")}
    return _(
        "{rows:,} rows = {accepted:,} accepted + {repaired:,} repaired + {set_aside:,} set aside + {rejected:,} rejected"
    ).format(**n)


def printed(head: Head) -> str:
    """The account for a terminal."""
    return "\n".join([*aligned([columns(HEAD), *cells(head)], RIGHT), "", total(head), *sentences(head)])


def report(head: Head, repeat: str) -> str:
    """The account as Markdown. repeat: how to make it again."""
    parts = [
        _("# Ingest of {name}").format(name=for_markdown(head.name)),
        repeat,
        "\n".join(markdown(columns(HEAD), cells(head), RIGHT)),
        total(head)
        + ". "
        + _("Rejected rows are in rejects.csv (safe for spreadsheets) and, as they stood, in rejects.parquet."),
        "\n".join(f"- {for_markdown(line)}" for line in sentences(head)),
    ]
    return "\n\n".join(parts) + "\n"
