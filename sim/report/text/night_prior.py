"""Several nights in words: what they say of the next, and how the answer settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import aligned, markdown
from sim.words import N_, _, columns

if TYPE_CHECKING:
    from sim.calibrate.night_prior import NightForecast

HEAD = N_("quantity | nights | mean | known to | next night 90 % | after one night | held")
RIGHT = (1, 3, 4, 5)


def last(steps: Sequence[NightForecast]) -> list[NightForecast]:
    """The prior after all nights, of every quantity."""
    return [s for s in steps if not s.next]


def rows(steps: Sequence[NightForecast]) -> list[list[str]]:
    """One row per quantity: what all nights say, and how much less one night said."""
    cells = []
    for s in last(steps):
        own = [one for one in steps if one.quantity == s.quantity]
        first = own[0].prior
        tried = [one.inside for one in own if one.next]
        mean = f"{math.exp(s.prior.mean):.3g}" if s.quantity.startswith(("lift", "tier")) else f"{math.exp(s.prior.mean):.2e}/s"
        held = _("{k} of {n}").format(k=int(sum(tried)), n=len(tried))
        cells.append([
            s.quantity, str(s.prior.nights), mean, _factor(s.prior.known(0.95), s.prior.mean),
            _factor(s.prior.band(), s.prior.mean), _factor(first.band(), first.mean), held,
        ])  # fmt: skip
    return cells


def _factor(band: tuple[float, float], mean: float) -> str:
    return f"x{math.exp(band[0] - mean):.2f}..{math.exp(band[1] - mean):.2f}"


def sentences(steps: Sequence[NightForecast], odd: Sequence[tuple[str, str, float]]) -> list[str]:
    """How the answer settled, measured on nights that had not been seen, and which nights contradict the others."""
    lines = []
    for quantity, night, times in odd:
        text = _(
            "{night} contradicts the other nights: its {quantity} is {times} times theirs, farther off than they or recorded "
            "nights let it be; look at its zone, its stock and its cues, or leave it out of stream=. It was fitted with the "
            "others, which widens bands."
        )
        lines.append(text.format(night=night, quantity=quantity, times=f"{times:.2g}"))
    scored = [s for s in steps if s.next]
    if not scored:
        return lines
    inside = sum(s.inside for s in scored)
    text = _("Of {n} forecasts of a night from those before it, {k} held at 90 %.")
    lines.append(text.format(n=len(scored), k=int(inside)))
    most = max(s.prior.nights for s in scored)
    if most >= 3:
        # Early and late are compared on the quantities that have both.
        half = most // 2
        early = [s.score for s in scored if s.prior.nights <= half]
        late = [s.score for s in scored if s.prior.nights > half]
        narrow = [s.prior.band() for s in last(steps)]
        wide = [next(o.prior.band() for o in steps if o.quantity == s.quantity) for s in last(steps)]
        share = float(np.median([(b[1] - b[0]) / (a[1] - a[0]) for a, b in zip(wide, narrow, strict=True)]))
        text = _(
            "The more nights, the better: log density given to the next night {early} after 1 to {half} nights, {late} after "
            "more; the band for the next night is {share} times as wide (log scale) as after the first night. What is left is "
            "how nights differ."
        )
        worse = _(
            "More nights did not forecast better here: log density given to the next night {early} after 1 to {half} nights, "
            "{late} after more; the band is {share} times as wide (log scale) as after the first night."
        )
        better = np.mean(late) > np.mean(early)
        lines.append((text if better else worse).format(early=f"{np.mean(early):.2f}", late=f"{np.mean(late):.2f}", half=half,
                                                       share=f"{share:.2f}"))  # fmt: skip
    return lines


def printed(steps: Sequence[NightForecast], lines: Sequence[str]) -> str:
    """For a terminal."""
    return "\n".join([_("Across nights"), *aligned([columns(HEAD), *rows(steps)], RIGHT), "", *lines])


def page(steps: Sequence[NightForecast], lines: Sequence[str]) -> str:
    """A section of ``report.md``."""
    parts = [
        _("## Across nights"),
        "\n".join(markdown(columns(HEAD), rows(steps), RIGHT)),
        *lines,
        _(
            "Level: orders a second (by viewer where viewers are known) outside cues. Lift: orders inside the responses to cues "
            "of a kind over outside. Tier: its share of the level. Known to: 95 % of the mean over nights. `nights.csv` has all."
        ),
    ]
    return "\n" + "\n\n".join(parts) + "\n"
