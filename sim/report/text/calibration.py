"""A calibration in words: parameter table, model choice, how well it fits, what could not be found."""

from __future__ import annotations

from collections.abc import Sequence

from sim.calibrate.fit import Calibrated
from sim.calibrate.parameters import Parameter
from sim.report.text.fit import base_words, covered, delay_words, funnel_words, natural_words, response_words, short, statement
from sim.report.text.layout import aligned, markdown, number
from sim.words import N_, _, columns

PARAMETER_HEAD = N_("setting | fitted | 95 % interval | unit | default | source")
MODEL_HEAD = N_("model | parameters | log-likelihood | held out | behind the best")
MEANING = {
    "poisson": N_("Poisson, no cues"),
    "cue": N_("cue responses 脉冲"),
    "room": N_("cues and a moving room"),
    "hawkes": N_("self-excitation 从众"),
    "both": N_("cues and self-excitation"),
}
FIT_HEAD = N_("window [s] | windows | counts: variance / mean | residuals | sd if the model holds")
BAND_HEAD = N_("window | inside | of | share | 95 % interval")
STREAM_HEAD = N_("stream | span [s] | orders | bins [s] | cues | stretches shut")


def parameter_rows(parameters: Sequence[Parameter]) -> list[list[str]]:
    """The table of fitted settings."""
    return [
        [".".join(p.at), short(p.value), f"[{short(p.low)}, {short(p.high)}]", _(p.unit), f"{p.default:g}", p.source]
        for p in parameters
    ]


def model_rows(fit: Calibrated) -> list[list[str]]:
    """The table of models tried; the chosen one is marked."""
    rows = []
    for t in fit.choice.tried:
        behind = _("best") if t.behind == 0 else f"{number(t.behind, 1)} ± {number(t.error, 1)}"
        mark = " *" if t.name == fit.choice.chosen else ""
        rows.append([_(MEANING[t.name]) + mark, str(t.parameters), number(t.loglik, 1), number(t.held_out, 1), behind])
    return rows


def fit_rows(fit: Calibrated) -> list[list[str]]:
    """Dispersion by window."""
    return [
        [f"{d.window_s:g}", f"{d.windows:,}", number(d.raw, 2), number(d.residual, 2), number(d.noise, 2)]
        for d in fit.dispersions
    ]


def band_rows(fit: Calibrated) -> list[list[str]]:
    """The same as text."""
    return [
        [
            _("{n:g} min").format(n=r["window_s"] / 60),
            str(r["inside"]),
            str(r["of"]),
            f"{100 * r['share']:.0f} %",
            f"[{100 * r['low']:.0f}, {100 * r['high']:.0f}]",
        ]
        for r in covered(fit)
    ]


def head(fit: Calibrated, missing: Sequence[str]) -> list[str]:
    """The first lines of the scenario file."""
    streams = ", ".join(s.name for s in fit.shows)
    return [
        _("Scenario fitted by stockcue calibrate to {streams}: {orders:,} orders.").format(
            streams=streams, orders=fit.grid.orders()
        ),
        _("Settings without a comment are facts of the show or hold no figure; everything not named keeps StockCue's default."),
        *missing,
    ]


def printed(fit: Calibrated, parameters: Sequence[Parameter], missing: Sequence[str]) -> str:
    """What a terminal shows."""
    shown = [p for p in parameters if p.at[0] != "skus"]
    lines = aligned([columns(PARAMETER_HEAD)[:-1], *(row[:-1] for row in parameter_rows(shown))], (1, 4))
    lines += ["", *aligned([columns(MODEL_HEAD), *model_rows(fit)], (1, 2, 3, 4)), "", *fit.choice.words, ""]
    return "\n".join([*lines, *base_words(fit), *natural_words(fit), "", *statement(fit), "", *missing])


def report(fit: Calibrated, parameters: Sequence[Parameter], missing: Sequence[str], pictures: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    titles = {"responses.png": _("responses to cues"), "residuals.png": _("residuals"), "bands.png": _("predictive bands")}
    shown = {name: f"![{titles[name]}]({name})" for name in pictures}
    parts = [
        _("# Calibration on {streams}").format(streams=", ".join(s.name for s in fit.shows)),
        repeat,
        *_read(fit),
        *_settings(fit, parameters, shown.get("responses.png", "")),
        _("## What varies by nature, and what is not known"),
        *_list(natural_words(fit)),
        _("## Which model"),
        _(
            "{blocks} stretches, each left out of the fit in turn; * chosen: the simplest within one standard error of the best."
        ).format(blocks=fit.choice.blocks),
        "\n".join(markdown(columns(MODEL_HEAD), model_rows(fit), (1, 2, 3, 4))),
        *_list(list(fit.choice.words)),
        _("## How well it fits"),
        *_list(statement(fit)),
        "\n".join(markdown(columns(FIT_HEAD), fit_rows(fit), range(5))),
        shown.get("residuals.png", ""),
        "\n".join(markdown(columns(BAND_HEAD), band_rows(fit), range(1, 5))) if fit.bands else "",
        shown.get("bands.png", ""),
        _("## What the record does not say"),
        *_list(missing),
        _(
            "`scenario.yaml` is the scenario, with the joint uncertainty of its settings; `fit.json` has every figure of "
            "this page, `parameters.csv` the table, `manifest.json` versions, inputs and checksums."
        ),
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _read(fit: Calibrated) -> list[str]:
    """The streams that were fitted."""
    streams = [[s.name, number(s.span_s), f"{s.orders.total():,}", f"{s.bin_s:g}" if s.bin_s else _("events"), str(len(s.cues)),
                str(len(s.shut))] for s in fit.shows]  # fmt: skip
    return [
        "\n".join(markdown(columns(STREAM_HEAD), streams, (1, 2, 3, 4, 5))),
        _(
            "Stretches shut (sold out 售罄, frozen, or not counted) are left out of every likelihood: what was not offered "
            "says nothing about demand."
        ),
    ]


def _settings(fit: Calibrated, parameters: Sequence[Parameter], picture: str) -> list[str]:
    """What was fitted, and what is to be known of it."""
    delays = delay_words(_("Cart to order 加购→下单"), fit.converting) + delay_words(_("Order to payment 下单→支付"), fit.paying)
    return [
        _("## Fitted settings"),
        "\n".join(markdown(columns(PARAMETER_HEAD), parameter_rows(parameters), (1, 4))),
        _("Of a cue's effect only the product of `buy_rate` and `peak` can be seen: the commonest kind keeps its default peak."),
        *_list(base_words(fit)),
        *_list(response_words(fit)),
        picture,
        *_list(delays + funnel_words(fit)),
    ]


def _list(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {line}" for line in lines)] if lines else []
