"""Pictures of a decision: the ranking with intervals, the Pareto front with switch points, curves and maps over settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.report.figures import style
from sim.report.figures.style import _
from sim.report.text.layout import brief
from sim.report.text.ranking import apart, briefly
from sim.stats.selection import BEST, WORSE
from sim.study.decide import Decision
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.RED, style.BLACK)
MARKS = "osD^vPX"
"""Colour and marker by family, in order of appearance; shape tells as much as colour."""
SHORT, KEY = 44, 96
"""Most letters of a candidate beside an axis, and in a key below the picture."""


COLOUR = N_("J [CNY a show]; the dearest tenth in one colour")
LOWEST: dict[str, Any] = {"marker": "o", "ms": 15, "mfc": "none", "mec": style.RED, "mew": 2.2, "ls": ""}
"""A ring around the lowest: what is in it stays to be seen."""
AROUND = ((16, 14), (-24, 14), (16, -22), (-24, -22))
"""Where the numbers of marks stand, so that marks that lie on each other keep theirs apart [points]."""
EDGE = 0.12
"""Share of the picture that counts as its edge."""
DECADES = 30
"""Largest multiple of the least that an even axis shows."""


def looks(d: Decision) -> dict[str, tuple[str, str]]:
    """Family to (colour, marker)."""
    families = list(dict.fromkeys(c.family for c in d.plan.candidates))
    return {f: (FAMILY[k % len(FAMILY)], MARKS[k % len(MARKS)]) for k, f in enumerate(families)}


def label(d: Decision, k: int, most: int = SHORT) -> str:
    """A candidate's name and settings, short enough for an axis, or in ``most`` letters."""
    c = d.plan.candidates[k]
    told = apart([c.settings, *(d.plan.candidates[other].settings for other in d.leaders if other != k)])[0]
    settings = briefly(c.family, told)
    text = f"{c.name}: {settings}" if settings else c.name
    return style.text(text if len(text) <= most else f"{text[: most - 3]}...")


def ranking(d: Decision) -> Figure:
    """How far the leaders lie behind the best: paired differences with simultaneous intervals; colour says who is told apart."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    by_number = {s.candidate: s for s in d.selection.standings}
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.4, 1.6 + 0.34 * len(d.leaders)), layout="constrained")
        axes = figure.subplots()
        leaders = [by_number[k] for k in d.leaders]
        # Who is far behind would press all others together: he stands at the edge, with his figure.
        close = [s.high for s in leaders if s.state != WORSE and np.isfinite(s.high)]
        edge = 1.2 * max([*close, 2 * d.delta]) if len(close) > 1 else np.inf
        for y, s in enumerate(leaders):
            if s.behind > edge:
                axes.plot([edge], [y], marker=">", color=style.GREY, ms=8, ls="")
                axes.annotate(f"{s.behind:,.0f} ", (edge, y), xytext=(-8, 0), textcoords="offset points", ha="right", va="center")
                continue
            colour = style.GREEN if s.state == BEST else style.GREY if s.state == WORSE else style.BLUE
            shown = np.isfinite([s.low, s.high]).all() and s.state != BEST
            reach = [[s.behind - s.low], [s.high - s.behind]] if shown else None
            axes.errorbar([s.behind], [y], xerr=reach, fmt="D" if s.state == BEST else "o", color=colour, capsize=3, ms=6)
        axes.axvline(0, color=style.BLACK, lw=0.8)
        axes.axvspan(0, d.delta, color=style.YELLOW, alpha=0.35, lw=0)
        axes.set_yticks(range(len(d.leaders)), [label(d, k) for k in d.leaders])
        axes.invert_yaxis()
        axes.set_xlabel(_("J behind the best [CNY a show]"))
        axes.xaxis.set_major_formatter(style.plain_number)
        best = d.plan.candidates[d.selection.best].name
        axes.set_title(
            _("Paired difference to {best}, {confidence:g} % simultaneous intervals").format(
                best=style.text(best), confidence=100 * d.confidence
            ),
            loc="left",
        )
        handles = [_handle(*entry) for entry in _states()]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        return figure


def _states() -> list[tuple[str, str, str]]:
    """Mark, colour and meaning of who stands where in the ranking."""
    return [
        ("D", style.GREEN, _("best")), ("o", style.BLUE, _("not told apart, or within delta")), ("o", style.GREY, _("worse")),
        ("s", style.YELLOW, _("too small to matter (delta)")),
    ]  # fmt: skip


def _handle(mark: str, colour: str, words: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=mark, color=colour, ls="", label=words)


def _beside(n: int, points: np.ndarray, k: int) -> tuple[float, float]:
    """Where the number of a mark stands, inside the picture where the mark lies at its edge [points]."""
    low, high = points.min(axis=0), points.max(axis=0)
    place = (points[k] - low) / np.where(high > low, high - low, 1.0)
    right, up = (
        abs(a) * (1 if p < EDGE else -1 if p > 1 - EDGE else np.sign(a)) for a, p in zip(AROUND[n % 4], place, strict=True)
    )
    return float(right), float(up)


def pareto(d: Decision) -> Figure:
    """Oversold units against missed turnover, size by alerts; the front is filled, who is best at some cost ratio is named."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    look, points = looks(d), d.averages
    size = 14 + 90 * points[:, 2] / max(1e-9, points[:, 2].max())
    on_front = np.isin(np.arange(len(points)), d.front)
    named = list(dict.fromkeys(s.candidate for path in d.switches.values() for s in path)) or list(d.leaders[:1])
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.4, 5.6), layout="constrained")
        axes = figure.subplots()
        for family, (colour, mark) in look.items():
            own = np.array([c.family == family for c in d.plan.candidates])
            for which, fill in ((on_front, colour), (~on_front, "none")):
                keep = own & which
                axes.scatter(points[keep, 0], points[keep, 1] / 1000, s=size[keep], marker=mark, facecolors=fill,
                             edgecolors=colour, linewidths=0.9, alpha=0.85, zorder=3 if which is on_front else 2)  # fmt: skip
        for n, k in enumerate(named, 1):
            at = (points[k, 0], points[k, 1] / 1000)
            axes.annotate(str(n), at, xytext=_beside(n, points[:, :2], k), textcoords="offset points", weight="bold", zorder=4,
                          arrowprops={"arrowstyle": "-", "lw": 0.7, "shrinkA": 0, "shrinkB": 2})  # fmt: skip
        least = max(1.0, float(np.quantile(points[:, 0], 0.1)))
        if points[:, 0].max() > DECADES * least:
            axes.set_xscale("symlog", linthresh=least)
            axes.xaxis.set_major_formatter(style.plain_number)
        axes.set_xlabel(_("oversold units a show 超卖") if style.chinese_font() else _("oversold units a show"))
        axes.set_ylabel(_("missed turnover [1,000 CNY a show]"))
        axes.yaxis.set_major_formatter(style.plain_number)
        if points[:, 0].max() <= 0:
            axes.set_xlim(-0.03, 1)  # nobody oversold: no units below none
        axes.set_title(_("Pareto front (filled): oversells, missed turnover, alerts; larger marks send more alerts"), loc="left")
        handles = [_handle(mark, colour, style.text(family)) for family, (colour, mark) in look.items()]
        most = points[:, 2].max()
        for alerts in (0.0, most / 2, most) if most > 0 else ():
            key = _handle("o", style.GREY, _("{alerts:.3g} alerts a show").format(alerts=alerts))
            key.set_markersize((14 + 90 * alerts / most) ** 0.5)
            handles.append(key)
        figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 5))
        handles = [_handle("", style.BLACK, f"{n}  {label(d, k, KEY)}{_when(d, k)}") for n, k in enumerate(named, 1)]
        figure.legend(handles=handles, loc="outside lower left", ncols=1, handlelength=0)
        return figure


def _when(d: Decision, k: int) -> str:
    """For which costs of an oversold unit a candidate is the best."""
    for s in d.switches.get("oversell", ()):
        if s.candidate == k:
            return _(" (best where an oversold unit costs {start} to {stop} times as much as now)").format(
                start=brief(s.start), stop=brief(s.stop)
            )
    return ""


class Response(NamedTuple):
    """One figure over the points of a setting, float64 [point]: mean, half of its 95 % interval, least and most of any show."""

    mean: np.ndarray
    half: np.ndarray
    least: np.ndarray
    most: np.ndarray


def response(values: np.ndarray) -> Response:
    """A figure over the points of a setting. values: float64 [world, replicate, point]."""
    from sim.stats.paired import half_width

    mean = values.mean((0, 1))
    half = np.array([half_width(column) for column in values.mean(0).T]) if values.shape[1] > 1 else np.zeros_like(mean)
    return Response(mean, half, values.min((0, 1)), values.max((0, 1)))


def curve(x: np.ndarray, figures: dict[str, Response], key: str, title: str) -> Figure:
    """Figures over one setting: mean with 95 % interval, best and worst show of any world; net first."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(8.4, 1.2 + 2.0 * len(figures)), layout="constrained")
        panels = np.atleast_1d(figure.subplots(len(figures), 1, sharex=True))
        for axes, (name, of) in zip(panels, figures.items(), strict=True):
            axes.fill_between(x, of.least, of.most, color=style.GREY, alpha=0.25, lw=0, label=_("best to worst show"))
            axes.fill_between(
                x,
                np.maximum(of.mean - of.half, of.least),
                of.mean + of.half,
                color=style.SKY,
                alpha=0.6,
                lw=0,
                label=_("95 % interval of the mean"),
            )
            axes.plot(x, of.mean, color=style.BLUE, lw=1.4, label=_("mean"))
            axes.set_ylabel(name)
            axes.yaxis.set_major_formatter(style.plain_number)
        highest = int(np.argmax(next(iter(figures.values())).mean))
        for axes in panels:
            axes.axvline(
                x[highest], color=style.RED, lw=0.9, ls="--", label=_("highest mean net, at {x:.3g}").format(x=x[highest])
            )
        panels[-1].set_xlabel(style.text(key))
        panels[0].set_title(style.text(title), loc="left")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        return figure


def heatmap(x: np.ndarray, y: np.ndarray, z: np.ndarray, keys: tuple[str, str], title: str) -> Figure:
    """A figure over two settings as colour, z float64 [y, x]; NaN stays white. The lowest is marked."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(7.4, 5.4), layout="constrained")
        axes = figure.subplots()
        axes.grid(False)
        top = float(np.nanquantile(z, 0.9))
        image = axes.imshow(np.minimum(z, top), origin="lower", aspect="auto", cmap="viridis_r")
        axes.set_xticks(range(len(x)), [_short(v) for v in x], rotation=45, ha="right")
        axes.set_yticks(range(len(y)), [_short(v) for v in y])
        row, column = np.unravel_index(int(np.nanargmin(z)), z.shape)
        axes.plot([column], [row], **LOWEST)
        axes.set_xlabel(style.text(keys[0]))
        axes.set_ylabel(style.text(keys[1]))
        axes.set_title(_("{title} (ring: lowest)").format(title=style.text(title)), loc="left")
        figure.colorbar(image, label=_(COLOUR), format=style.plain_number)
        return figure


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else style.text(str(value))


def scatter(x: np.ndarray, y: np.ndarray, cost: np.ndarray, keys: tuple[str, str], title: str) -> Figure:
    """The same where the settings lie anywhere: one mark a candidate, coloured by J."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(7.4, 5.4), layout="constrained")
        axes = figure.subplots()
        top = float(np.quantile(cost, 0.9))
        marks = axes.scatter(x, y, c=np.minimum(cost, top), cmap="viridis_r", s=42, edgecolors=style.BLACK, linewidths=0.3)
        best = int(np.argmin(cost))
        axes.plot([x[best]], [y[best]], **LOWEST)
        axes.set_xlabel(style.text(keys[0]))
        axes.set_ylabel(style.text(keys[1]))
        axes.set_title(_("{title} (ring: lowest)").format(title=style.text(title)), loc="left")
        for values, scale, axis in ((x, axes.set_xscale, axes.xaxis), (y, axes.set_yscale, axes.yaxis)):
            if values.min() > 0 and values.max() > DECADES * values.min():
                scale("log")
                axis.set_major_formatter(style.plain_number)
        figure.colorbar(marks, label=_(COLOUR), format=style.plain_number)
        return figure
