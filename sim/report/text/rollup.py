"""Several reviews in words and as tables: nights, settings' history, proposals and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.text.layout import aligned, markdown, number
from sim.words import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

BECAME = {
    "taken": N_("taken up"), "other": N_("changed otherwise"), "left": N_("left as it was"), "open": N_("still open"),
}  # fmt: skip
"""What the next night made of a proposal."""


def sentences(nights: pd.DataFrame, history: pd.DataFrame, proposals: pd.DataFrame) -> list[str]:
    """What the nights say together."""
    share = 100 * nights["net"].sum() / nights["net_hindsight"].sum()
    text = _(
        "{n} nights kept {net} CNY a night, {share:.0f} % of what hindsight would have; {oversold} units oversold, "
        "{missed} missed."
    )
    texts = [text.format(n=len(nights), net=number(nights["net"].mean()), share=share, oversold=number(nights["oversold"].sum()),
                         missed=number(nights["missed"].sum()))]  # fmt: skip
    changed = history["night"].nunique()
    texts.append(
        ngettext("Settings changed before {n} night.", "Settings changed before {n} nights.", changed).format(n=changed)
        if changed
        else _("No setting was changed over these nights.")
    )
    drifted = nights[nights["drifted"] != ""]
    text = _("Drift beyond chance on {k} of {n} nights: {which}.")
    texts.append(
        text.format(
            k=len(drifted),
            n=len(nights),
            which=_("; ").join(f"{r.night} ({_shown(str(r.drifted))})" for r in drifted.itertuples()),
        )
        if len(drifted)
        else _("No night differed from earlier ones beyond chance, as far as the reviews were given any.")
    )
    counts = proposals["became"].value_counts()
    text = _("Of {n} proposals {taken} were taken up, {other} changed otherwise, {left} left, {open} are open.")
    texts.append(
        text.format(n=len(proposals), **{k: int(counts.get(k, 0)) for k in BECAME})
        if len(proposals)
        else _("Nothing was proposed.")
    )
    return [*texts, _coverage(nights)]


def _coverage(nights: pd.DataFrame) -> str:
    """How often rehearsed bands held."""
    known = nights[nights["held_of"] > 0]
    if known.empty:
        return _("No review was held against a rehearsal (rehearsal=FOLDER), so nothing is known of its bands.")
    held, of = int(known["held"].sum()), int(known["held_of"].sum())
    text = _("Rehearsed bands held {held} of {of} figures ({share:.0f} %) on {n} nights, where {expected:.0f} % is right.")
    expected = 100 * (known["held_expected"] * known["held_of"]).sum() / of
    return text.format(held=held, of=of, share=100 * held / of, n=len(known), expected=expected)


def _shown(drifted: str) -> str:
    """Names of figures that drifted, in the reader's language."""
    return _(", ").join(_(name) for name in drifted.split(", "))


def night_table(nights: pd.DataFrame) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows of the nights."""
    head = (_("night"), _("net [CNY]"), _("GMV"), _("left on the table"), _("of hindsight"), _("oversold"), _("missed"),
            _("alerts"), _("useful"), _("harmful"), _("most to blame"), _("drifted"), _("bands held"))  # fmt: skip
    rows = [
        [str(r["night"]), *(number(r[k]) for k in ("net", "gmv", "J")),
         f"{100 * r['net'] / r['net_hindsight']:.0f} %" if r["net_hindsight"] > 0 else "-",
         number(r["oversold"]), number(r["missed"]), number(r["alerts"]), number(r["useful"]), number(r["harmful"]),
         f"{_(r['blame'])} {r['blame_share']:.0%}" if r["blame"] else "-", _shown(r["drifted"]) if r["drifted"] else "-",
         f"{r['held']} / {r['held_of']}" if r["held_of"] else "-"]
        for r in nights.to_dict("records")
    ]  # fmt: skip
    return head, rows


def history_table(history: pd.DataFrame) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows of what was changed."""
    rows = [[r["night"], r["setting"], r["was"] or "-", r["is"] or "-"] for r in history.to_dict("records")]
    return (_("before night"), _("setting"), _("was"), _("is")), rows


def proposal_table(proposals: pd.DataFrame) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows of the proposals."""
    rows = [
        [r["night"], r["change"], number(r["claimed"]), _(BECAME[r["became"]]), r["now"] or "-"]
        for r in proposals.to_dict("records")
    ]
    return (_("after night"), _("proposed"), _("claimed [CNY a show]"), _("what became of it"), _("next night")), rows


def _tables(
    nights: pd.DataFrame, history: pd.DataFrame, proposals: pd.DataFrame
) -> list[tuple[str, tuple[str, ...], list[list[str]], tuple[int, ...]]]:
    """Title, head, rows, columns set right of every table that has rows."""
    tables = [
        (_("Nights"), *night_table(nights), tuple(range(1, 10))), (_("Settings' history"), *history_table(history), ()),
        (_("Proposals"), *proposal_table(proposals), (2,)),
    ]  # fmt: skip
    return [table for table in tables if table[2]]


def printed(nights: pd.DataFrame, history: pd.DataFrame, proposals: pd.DataFrame, texts: Sequence[str]) -> str:
    """For a terminal."""
    parts = [
        line for _t, head, rows, right in _tables(nights, history, proposals) for line in ("", *aligned([head, *rows], right))
    ]
    return "\n".join([*parts[1:], "", *texts])


def page(nights: pd.DataFrame, history: pd.DataFrame, proposals: pd.DataFrame, texts: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    parts = [_("# Nights together"), repeat, "\n".join(f"- {line}" for line in texts)]
    for title, head, rows, right in _tables(nights, history, proposals):
        parts += [f"## {title}", "\n".join(markdown(head, rows, right))]
    return "\n\n".join(parts) + "\n"
