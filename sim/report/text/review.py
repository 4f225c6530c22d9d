"""Sentences of a review that need care: what a finding does and does not show."""

from __future__ import annotations

import math

from sim.core.export import for_markdown
from sim.postmortem.blame import HANDS
from sim.postmortem.drift import BY_SHOW, ERROR
from sim.postmortem.review import Proposal, Review
from sim.postmortem.smallest_change import FAR
from sim.report.text.layout import number
from sim.stats.paired import Difference

LEAKS = {
    "stale_read_s": "checkout reads a view that is late (L3)", "poll_s": "checkout's view is polled (L4)",
    "erp_mode": "the ERP writes old totals over the record (L6)", "record_error_p": "records are wrong (L7)",
    "overlist_share": "more is listed than there is (L8)", "late_callback_p": "payment callbacks come late (L9)",
    "duplicate_p": "orders are created twice (L10)", "edits_per_show": "people type over the record (L12)",
    "lost_release_p": "closed orders do not give their units back (U1)",
}  # fmt: skip


def safe(words: str) -> str:
    """A name from outside as plain words in a Markdown table or paragraph (cells get their bars escaped later)."""
    return for_markdown(words).replace("\\|", "|").replace("`", "'")


def in_code(words: str) -> str:
    """Words as code, which a page shows as they are.

    >>> in_code("a `b` <c>")
    "`a 'b' <c>`"
    """
    return f"`{' '.join(words.split()).replace('`', chr(39))}`"


def basis(r: Review) -> str:
    """What the figures of a review are figures of."""
    if r.show.loop == "closed":
        return f"CLOSED LOOP: recorded orders may be refused; demand nobody recorded is imputed ({r.show.bound or 'likely'})"
    return "REHEARSED: a model's show, no recording"


def open_leaks(r: Review) -> list[str]:
    """The leaks the show has, in words."""
    show = r.show.stage.scenario
    clean = type(show.leaks)()
    found = [words for name, words in LEAKS.items() if getattr(show.leaks, name) not in (getattr(clean, name), "delta")]
    return [*found, *(["sales channels learn each other's sales late (L5)"] if any(c.lag_s > 0 for c in show.channels) else [])]


def no_change(r: Review) -> list[str]:
    """Why no single setting saves the show."""
    before = r.search.before
    if before.oversold + before.missed == 0:
        return ["Nothing was oversold and nothing missed: there is nothing to save."]
    share = r.search.share
    words = [f"**No single setting would have saved even {100 * share:.0f} % of the {r.search.kind} units** at no lower net; "
             f"{r.search.tried} values were tried, each setting up to {2**7} times more or less, and who acts."]  # fmt: skip
    if r.mended is not None and r.mended > 0:
        words.append(f"Close the leak first: {'; '.join(open_leaks(r))}. Without it this show would have earned "
                     f"{number(r.mended)} CNY more with nobody acting than it did under {r.policy.name}.")  # fmt: skip
    return words


def what_it_takes(p: Proposal, r: Review) -> str:
    """One change as a sentence."""
    k, after = p.change.knob, p.change.result
    far = f"{p.change.far:.1f} doublings away" if not k.whole else "one step"
    note = ": that is another setting, not a small change" if p.change.far > FAR and not k.whole else ""
    loss = "" if after is None else (f"; this show would have oversold {after.oversold:,} and missed {after.missed:,} units "
                                     f"(as it was {r.search.before.oversold:,} and {r.search.before.missed:,})")  # fmt: skip
    return f"`{k.word(p.change.value)}` (now {k.now:g} {k.unit}, {far}{note}){loss}" if not k.option else (
        f"`{k.word(p.change.value)}` (now {r.policy.playbook.name}){loss}"
    )  # fmt: skip


def weight(p: Proposal, r: Review) -> str:
    """What the evidence for a change is worth."""
    n, g = p.gain.n, p.gain
    c = p.claim
    luck = (f"**Claimed: {number(c.mean)} CNY a show [{number(c.low)}, {number(c.high)}]**, over {c.n} {c.on}, where it gained "
            f"{number(c.found)} on average; shrunk because it was chosen. ")  # fmt: skip
    if p.luck.n > 1:
        spread = f"{number(p.luck.mean)} CNY [{number(p.luck.low)}, {number(p.luck.high)}]"
        luck += (f"Over {p.luck.n} other draws of what this recording does not say (payments, people) net changes by {spread}: "
                "the same shoppers with other luck. ")  # fmt: skip
    return luck + _over_shows(n, g, r)


def _over_shows(n: int, g: Difference, r: Review) -> str:
    if n == 0:
        return ("**It rests on this one show, on which it was found. One show proves little:** give earlier ones (earlier=[...]) "
                "or rehearse it before it is used.")  # fmt: skip
    kind = "other rehearsed shows" if r.show.loop != "closed" else "earlier shows (closed loop)"
    if n == 1:
        return f"On the one other show net changes by {number(g.mean)} CNY; two shows prove little."
    sure = "beyond chance" if g.low > 0 else "**not beyond chance: rehearse it first**"
    return (f"Over {n} {kind} net changes by {number(g.mean)} CNY a show [{number(g.low)}, {number(g.high)}] (95 %), {sure}; it "
            "was found on this show, and these had no part in finding it, only in refusing changes that lose there.")  # fmt: skip


def costs(p: Proposal) -> str:
    """What a change costs on the other shows: units of both kinds and alerts, before and after."""
    if not p.rows:
        return ""
    mean = {k: sum(row[k] for row in p.rows) / len(p.rows) for k in p.rows[0] if k.endswith(("_before", "_after"))}
    names = ("oversold", "missed", "alerts")
    parts = [f"{name} {number(mean[f'{name}_before'], 1)} → {number(mean[f'{name}_after'], 1)}" for name in names]
    return f"Per show there: {', '.join(parts)}."


def drift_notes(r: Review) -> list[str]:
    """What has to be said under the drift table."""
    if not r.earlier:
        return ["No earlier show was given (earlier=[...]), so nothing can be said about drift."]
    tested = [d for d in r.drift if math.isfinite(d.p)]
    count = f"{len(r.earlier)} earlier show{'s' if len(r.earlier) > 1 else ''}; {len(tested)} of {len(r.drift)} figures tested"
    words = [f"{count}, p after Holm: the chance of any false alarm in this table is {ERROR:.0%} at most, where the tests' "
             "assumptions hold."]  # fmt: skip
    if tested and any(d.test != BY_SHOW for d in tested):
        words.append("With fewer than three earlier shows, blocks of five minutes are compared. They are not independent and "
                     "shows always differ a little, so this cries drift too readily: take it as a reason to look.")  # fmt: skip
    return words


def order_note() -> str:
    """How the split was made, in two sentences."""
    hands = ", ".join(HANDS)
    return (f"Leaks are closed first; then {hands} share by Shapley value; then the threshold is held against the best lines one "
            "could have known; what remains is demand. Shares add up exactly; a share below zero spared units of one kind at the "
            "price of the other. Alone: units saved if only this had been ideal.")  # fmt: skip
