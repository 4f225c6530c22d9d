"""Sentences of a review that need care: what a finding does and does not show."""

from __future__ import annotations

import math

from scenarios.contract import Scenario
from sim.core.export import for_markdown
from sim.postmortem.blame import PLAYERS
from sim.postmortem.claim import SHOWS, Claim
from sim.postmortem.drift import BY_SHOW, ERROR
from sim.postmortem.losses import KINDS, MISSED, OVERSOLD
from sim.postmortem.review import Proposal, Review
from sim.postmortem.smallest_change import FAR
from sim.replay.impute import LIKELY
from sim.report.text.layout import number
from sim.report.text.unseen import unseen
from sim.stats.paired import Difference
from sim.words import N_, _, counted, ngettext

LEAKS = {
    "stale_read_s": N_("checkout reads a view that is late (L3)"), "poll_s": N_("checkout's view is polled (L4)"),
    "erp_mode": N_("the ERP writes old totals over the record (L6)"), "record_error_p": N_("records are wrong (L7)"),
    "overlist_share": N_("more is listed than there is (L8)"), "late_callback_p": N_("payment callbacks come late (L9)"),
    "duplicate_p": N_("orders are created twice (L10)"), "edits_per_show": N_("people type over the record (L12)"),
    "lost_release_p": N_("closed orders do not give their units back (U1)"),
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
        return _("CLOSED LOOP: recorded orders may be refused; demand nobody recorded is imputed ({bound})").format(
            bound=_(r.show.bound or LIKELY)
        )
    return _("REHEARSED: a model's show, no recording")


def open_leaks(r: Review) -> list[str]:
    """The leaks the show has, in words."""
    show = r.show.stage.scenario
    clean = type(show.leaks)()
    leaks = [_(words) for name, words in LEAKS.items() if getattr(show.leaks, name) not in (getattr(clean, name), "delta")]
    return [
        *leaks,
        *([_("sales channels learn each other's sales late (L5)")] if any(c.lag_s > 0 for c in show.channels) else []),
    ]


def no_change(r: Review) -> list[str]:
    """Why no single setting saves the show."""
    before = r.search.before
    if before.oversold + before.missed == 0:
        return [_("Nothing was oversold and nothing missed: there is nothing to save.")]
    saving = {KINDS[OVERSOLD]: _(
        "**No single setting would have saved even {share:.0f} % of the oversold units** at no lower net; {tried} values "
        "were tried, each setting up to {times} times more or less, and who acts."),
              KINDS[MISSED]: _(
                  "**No single setting would have saved even {share:.0f} % of the missed units** at no lower net; {tried} "
                  "values were tried, each setting up to {times} times more or less, and who acts.")}  # fmt: skip
    words = [saving[r.search.kind].format(share=100 * r.search.share, tried=r.search.tried, times=2**7)]
    if r.mended is not None and r.mended > 0:
        text = _(
            "Close the leak first: {leaks}. Without it this show would have earned {gain} CNY more with nobody acting than it "
            "did under {strategy}."
        )
        words.append(text.format(leaks=_("; ").join(open_leaks(r)), gain=number(r.mended), strategy=r.policy.name))
    return words


def what_it_takes(p: Proposal, r: Review) -> str:
    """One change as a sentence."""
    k, after, before = p.change.tunable, p.change.result, r.search.before
    word = k.word(p.change.value)
    if k.option:
        text = _("`{setting}` (now {now})").format(setting=word, now=r.policy.playbook.name)
    elif k.whole:
        text = _("`{setting}` (now {now:g} {unit}, one step)").format(setting=word, now=k.now, unit=_(k.unit))
    else:
        sentence = (
            _("`{setting}` (now {now:g} {unit}, {far:.1f} doublings away: that is another setting, not a small change)")
            if p.change.far > FAR
            else _("`{setting}` (now {now:g} {unit}, {far:.1f} doublings away)")
        )
        text = sentence.format(setting=word, now=k.now, unit=_(k.unit), far=p.change.far)
    if after is None:
        return text
    return _(
        "{change}; this show would have oversold {oversold:,} and missed {missed:,} units (as it was {was_oversold:,} and "
        "{was_missed:,})"
    ).format(change=text, oversold=after.oversold, missed=after.missed, was_oversold=before.oversold, was_missed=before.missed)


def claimed_on(c: Claim) -> str:
    """What a claim was proved on."""
    if c.on == SHOWS:
        return counted("{n} other show", "{n} other shows", c.n)
    return counted("{n} other draw of this show", "{n} other draws of this show", c.n)


def weight(p: Proposal, r: Review) -> str:
    """What the evidence for a change is worth."""
    c = p.claim
    parts = [
        _(
            "**Claimed: {mean} CNY a show [{low}, {high}]**, over {where}, where it gained {found} on average; shrunk because it "
            "was chosen."
        ).format(mean=number(c.mean), low=number(c.low), high=number(c.high), where=claimed_on(c), found=number(c.gain))
    ]
    if p.luck.n > 1:
        text = _(
            "Over {n} other draws of what this recording does not say (payments, people) net changes by {mean} CNY [{low}, "
            "{high}]: the same shoppers with other luck."
        )
        parts.append(text.format(n=p.luck.n, mean=number(p.luck.mean), low=number(p.luck.low), high=number(p.luck.high)))
    return " ".join([*parts, _over_shows(p.gain, r), *([unseen(p.gain.n, None)] if p.gain.n > 1 else [])])


def _over_shows(g: Difference, r: Review) -> str:
    if g.n == 0:
        return _(
            "**It rests on this one show, on which it was found. One show proves little:** give earlier ones (earlier=[...]) "
            "or rehearse it before it is used."
        )
    if g.n == 1:
        return _("On the one other show net changes by {mean} CNY; two shows prove little.").format(mean=number(g.mean))
    where = (
        _("Over {n} earlier shows (closed loop)") if r.show.loop == "closed" else _("Over {n} other rehearsed shows")
    ).format(n=g.n)
    text = (
        _(
            "{where} net changes by {mean} CNY a show [{low}, {high}] (95 %), beyond chance; it was found on this show, and "
            "these had no part in finding it, only in refusing changes that lose there."
        )
        if g.low > 0
        else _(
            "{where} net changes by {mean} CNY a show [{low}, {high}] (95 %), **not beyond chance: rehearse it first**; it was "
            "found on this show, and these had no part in finding it, only in refusing changes that lose there."
        )
    )
    return text.format(where=where, mean=number(g.mean), low=number(g.low), high=number(g.high))


def costs(p: Proposal) -> str:
    """What a change costs on the other shows: units of both kinds and alerts, before and after."""
    if not p.rows:
        return ""
    mean = {k: sum(row[k] for row in p.rows) / len(p.rows) for k in p.rows[0] if k.endswith(("_before", "_after"))}
    before, after = (
        {k: number(mean[f"{k}_{when}"], 1) for k in ("oversold", "missed", "alerts")} for when in ("before", "after")
    )
    return _(
        "Per show there: oversold {oversold} → {oversold2}, missed {missed} → {missed2}, alerts {alerts} → {alerts2}."
    ).format(**before, **{f"{k}2": v for k, v in after.items()})


def drift_notes(r: Review) -> list[str]:
    """What has to be said under the drift table."""
    if not r.earlier:
        return [_("No earlier show was given (earlier=[...]), so nothing can be said about drift.")]
    tested = [d for d in r.drift if math.isfinite(d.p)]
    n = len(r.earlier)
    text = ngettext(
        "{n} earlier show; {tested} of {of} figures tested, p after Holm: the chance of any false alarm in this table is "
        "{error:.0%} at most, where the tests' assumptions hold.",
        "{n} earlier shows; {tested} of {of} figures tested, p after Holm: the chance of any false alarm in this table is "
        "{error:.0%} at most, where the tests' assumptions hold.",
        n,
    )
    words = [text.format(n=n, tested=len(tested), of=len(r.drift), error=ERROR)]
    if tested and any(d.test != BY_SHOW for d in tested):
        words.append(
            _(
                "With fewer than three earlier shows, blocks of five minutes are compared. They are not independent "
                "and shows always differ a little, so this cries drift too readily: take it as a reason to look."
            )
        )
    return words


def order_note() -> str:
    """How the split was made, in two sentences."""
    hands = _(", ").join(_(name) for name in PLAYERS)
    return _(
        "Leaks are closed first; then {hands} share by Shapley value; then the threshold is held against the best "
        "lines one could have known; what remains is demand. Shares add up exactly; a share below zero spared units "
        "of one kind at the price of the other. Alone: units saved if only this had been ideal."
    ).format(hands=hands)


def rehearsed_note(scenario: str, seed: int, replicate: int, shows: int) -> str:
    """Which show was reviewed, and what the proposal is tried on."""
    text = (
        _(
            "A rehearsed show: replicate {replicate} of scenario {scenario}, seed {seed}; the proposal is tried on "
            "replicates {first} to {last}."
        )
        if shows
        else _(
            "A rehearsed show: replicate {replicate} of scenario {scenario}, seed {seed}; the proposal was tried on no other "
            "(shows=0)."
        )
    )
    return text.format(replicate=replicate, scenario=scenario, seed=seed, first=replicate + 1, last=replicate + shows)


def shop_behind(world: Scenario | None) -> list[str]:
    """What the shop behind a recording is taken to be."""
    if world is None:
        return []
    text = _(
        "The shop behind the recording is taken to be: ledger {mode}, hold {hold:g} s; other parts as declared with "
        "scenario= and scenario.KEY=, else without leaks."
    )
    return [text.format(mode=world.ledger.mode, hold=world.ledger.hold_s)]
