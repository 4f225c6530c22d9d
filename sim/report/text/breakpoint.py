"""Where a setting breaks, in words and as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.report.text.layout import aligned, markdown, number
from sim.report.text.limits import certificate, limit
from sim.report.text.unseen import unseen
from sim.stats.certify import CERTIFIED, REFUTED, Certificate
from sim.study.breakpoint import Breakpoint, Breaks, Point
from sim.words import N_, _, columns

HEAD = N_("strategy | dial | holds up to | breaks by | unit | net [CNY] | GMV | left on the table | setting")
RIGHT = (2, 3, 5, 6, 7)


def sentences(results: Mapping[str, Breaks]) -> list[str]:
    """One sentence a strategy and dial; one for a strategy that breaks the limits before any dial is turned."""
    lines = []
    for name, f in results.items():
        if f.as_it_is.state == REFUTED:
            lines.append(_as_it_is(name, f.as_it_is))
        lines += [f"{name}: {words(b)}" for b in f.dials.values()]
    return lines


def all_sentences(results: Mapping[str, Breaks], shows: int) -> list[str]:
    """All that is said: the sentences, and what ``shows`` a point may not have shown."""
    return [*sentences(results), unseen(shows, None)]


def words(b: Breakpoint) -> str:
    """One sentence on a dial."""
    last, first = b.points[-1], b.points[0]
    why = next((_first_broken(p) for p in b.points if p.severity == b.breaks), "")
    text = _sentence(b).format(
        dial=b.dial.name,
        meaning=_(b.dial.meaning),
        unit=b.dial.unit,
        least=first.severity,
        most=last.severity,
        holds=b.holds,
        breaks=b.breaks,
        why=why,
        broken=_broken(first.certificate),
        certificate=certificate(first.certificate),
    )
    if not b.contradictions:
        return f"{text}."
    odd = ", ".join(f"{x:g}" for x in b.contradictions)
    return _(
        "{sentence}; but certified again at {severities} {unit}: harm does not grow evenly here, look at every point."
    ).format(sentence=text, severities=odd, unit=b.dial.unit)


def _sentence(b: Breakpoint) -> str:
    """What can be said of a dial, before its figures are put in."""
    if b.points[0].state == REFUTED:
        return _("{dial} ({meaning}): the limits are broken already at {least:g} {unit} ({broken})")
    if all(p.state == CERTIFIED for p in b.points):
        return _("{dial} ({meaning}): certified up to the largest severity tried, {most:g} {unit}")
    if np.isnan(b.breaks) and np.isnan(b.holds):
        return _(
            "{dial} ({meaning}): at {least:g} {unit}, the least looked at, {certificate}, not refuted up to {most:g} {unit}; "
            "more shows would tell"
        )
    if np.isnan(b.breaks):
        return _("{dial} ({meaning}): certified up to {holds:g} {unit}, not refuted up to {most:g} {unit}; more shows would tell")
    if np.isnan(b.holds):
        return _(
            "{dial} ({meaning}): breaks by {breaks:g} {unit} at the latest ({why}); at {least:g} {unit}, the least looked at, "
            "{certificate}"
        )
    return _("{dial} ({meaning}): holds up to {holds:g} {unit}, breaks by {breaks:g} {unit} ({why})")


def _first_broken(p: Point) -> str:
    """The limit a refuted point is furthest beyond."""
    c = max((c for c in p.certificate.checks if c.state == REFUTED), key=lambda c: c.value / max(c.limit, 1e-12))
    return limit(c, p.certificate.shows)


def _broken(c: Certificate) -> str:
    """All limits that are broken."""
    return _("; ").join(limit(check, c.shows) for check in c.checks if check.state == REFUTED)


def _as_it_is(name: str, c: Certificate) -> str:
    """A strategy that breaks the limits as it is, and how to look at those it does not break."""
    fine = [check.name for check in c.checks if check.state != REFUTED]
    only = f"[{','.join(fine)}]" if len(fine) > 1 else "".join(fine)
    if not fine:
        return _("{strategy}: the limits are broken before any dial is turned ({broken}).").format(
            strategy=name, broken=_broken(c)
        )
    return _("{strategy}: the limits are broken before any dial is turned ({broken}); only={names} looks at what is not.").format(
        strategy=name, broken=_broken(c), names=only
    )


def rows(results: Mapping[str, Breaks]) -> list[list[str]]:
    """Cells under HEAD: a row a strategy and dial."""

    def cell(x: float, otherwise: str) -> str:
        return otherwise if np.isnan(x) else f"{x:g}"

    cells = []
    for name, f in results.items():
        if f.as_it_is.state == REFUTED:
            cells.append([name, _("none"), _("nowhere"), _("as it is"), "", *map(number, f.money), ""])
        for b in f.dials.values():
            ends = cell(b.holds, _("nowhere")), cell(b.breaks, _("never seen"))
            cells.append([name, b.dial.name, *ends, _(b.dial.unit), *_money(f.money, b), b.dial.setting])
    return cells


def _money(now: Sequence[float], b: Breakpoint) -> list[str]:
    """Net, GMV and J as it is, and where it breaks or, where that was never seen, at the worst tried."""
    worst = next((p for p in b.points if p.severity == b.breaks), b.points[-1])
    return [f"{number(a)} → {number(z)}" for a, z in zip(now, worst.money, strict=True)]


def _meaning() -> str:
    """What the money in the table is of."""
    return _(
        "net, GMV, left on the table: means a show as it is → where it breaks, or at the worst tried where that was never seen. "
        "Left on the table is held against hindsight in the same world, so across worlds net counts."
    )


def head(scenario: str, limits: str, shows: int, confidence: float) -> str:
    """What was looked at, how surely."""
    text = _("{scenario}: where limits {limits} break; {shows} shows a point, {sure:g} % sure")
    return text.format(scenario=scenario, limits=limits, shows=shows, sure=100 * confidence)


def printed(title: str, results: Mapping[str, Breaks], texts: Sequence[str]) -> str:
    """For a terminal."""
    return "\n".join(["", title, "", *aligned([columns(HEAD), *rows(results)], RIGHT), "", *texts, _meaning()])


def page(scenario: str, played: str, results: Mapping[str, Breaks], texts: Sequence[str], pictures: Sequence[str]) -> str:
    """``report.md``. played: what was looked at and how to repeat it. pictures: as far as they are drawn."""
    parts = [
        _("# Breakpoints of {scenario}").format(scenario=scenario),
        played,
        "\n".join(markdown(columns(HEAD), rows(results), RIGHT)),
        "\n".join(f"- {line}" for line in [*texts, _meaning()]),
        *(f"![{_('breakpoints')}]({name})" for name in pictures),
        _(
            "Holds: the largest severity at which every limit of the set is certified, and at every milder one tried; "
            "breaks: the smallest at which one is refuted. Between them more shows would be needed. One dial is turned at a "
            "time."
        ),
    ]
    return "\n\n".join(parts) + "\n"
