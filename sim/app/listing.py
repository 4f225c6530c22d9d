"""What there is to choose from, and whether a strategy keeps the contract: the text of ``stockcue list`` and ``check``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios.contract import Scenario
from sim.report.text.layout import aligned, width
from sim.setup.options import first_line, options
from sim.words import N_, _, columns, no_such
from strategies.contract import TIER_NAMES, Param, Signal, Strategy

GROUPS = ("operations", "gate", "score", "feed", "experiment", "mappings")
"""Folders of ``conf`` whose files are options; their first line says what they are."""
SETTING = {"mappings": "mapping"}
"""The setting that chooses from a kind, where it has another name."""
KINDS = ("scenarios", "strategies", *GROUPS)


class ListError(ValueError):
    """Something was asked for that is not there; the message is one sentence."""


def of_kind(kind: str, folders: Sequence[str] = ()) -> dict[str, Path]:
    """Options of a kind, name to file, those in a team's own folders among them."""
    return options(kind, folders)


def catalogue(words: Sequence[str], folders: Sequence[str] = ()) -> str:
    """Everything in one line each; with a kind only that kind; with a name that one in full. folders: options of a team's own."""
    if not words:
        return "\n\n".join(_kind(kind, folders) for kind in KINDS)
    return "\n\n".join(_kind(word, folders) if word in KINDS else _one(word, folders) for word in words)


def lines(kind: str, folders: Sequence[str] = ()) -> dict[str, str]:
    """Name to its one line, for one kind."""
    if kind == "scenarios":
        from scenarios import registry as scenarios

        return {name: _(scenarios.first_line(name)) for name in scenarios.names()}
    if kind == "strategies":
        from strategies import registry

        return {name: _(registry.load(name).summary) for name in registry.names()}
    return {name: _(first_line(path)) for name, path in of_kind(kind, folders).items()}


def _kind(kind: str, folders: Sequence[str]) -> str:
    printed = lines(kind, folders)
    column = max(map(width, printed), default=0)
    rows = [f"  {name}{' ' * (column - width(name))}  {line}" for name, line in printed.items()]
    return "\n".join([kind, *rows])


def _one(name: str, folders: Sequence[str]) -> str:
    from scenarios import registry as scenarios
    from strategies import registry as strategies

    if name == "signal":
        return _signal()
    if name in scenarios.names():
        return _scenario(scenarios.load(name))
    if name in strategies.names() or name.endswith(".py"):
        return _strategy(strategies.load(name))
    held = [kind for kind in GROUPS if name in of_kind(kind, folders)]
    if held:
        return "\n\n".join(
            f"{SETTING.get(kind, kind)}={name}\n{of_kind(kind, folders)[name].read_text(encoding='utf-8').rstrip()}"
            for kind in held
        )
    known = [*KINDS, "signal", *scenarios.names(), *strategies.names(), *(n for kind in GROUPS for n in of_kind(kind, folders))]
    raise ListError(no_such("name", name, known))


def _signal() -> str:
    """What a strategy's third argument has, from the contract itself."""
    import ast
    import inspect

    body = ast.parse(textwrap.dedent(inspect.getsource(Signal))).body[0]
    assert isinstance(body, ast.ClassDef)
    rows = [
        (a.target.id, str(d.value.value))
        for a, d in zip(body.body, body.body[1:], strict=False)
        if isinstance(a, ast.AnnAssign)
        and isinstance(a.target, ast.Name)
        and isinstance(d, ast.Expr)
        and isinstance(d.value, ast.Constant)
    ]
    head = _("signal: what a strategy's fold(p, m, s) is told in s, one reading of one item")
    return "\n".join([head, "", *_table(("s.", _("what it is")), [(n, " ".join(str(text).split())) for n, text in rows])])


def _strategy(strategy: Strategy) -> str:
    head = [
        f"strategy={strategy.name}  {_(strategy.summary)}",
        _("meant for operations={playbook}").format(playbook=strategy.playbook),
    ]
    tiers = [
        _("for {tier}: {values}").format(
            tier=f"{tier} {TIER_NAMES[tier]}", values=_(", ").join(f"{k}={v:g}" for k, v in values.items())
        )
        for tier, values in strategy.by_tier.items()
    ]
    if not strategy.params:
        return "\n".join([*head, _("no settings")])
    return "\n".join(
        [
            *head,
            *tiers,
            "",
            *_table(columns(N_("setting | default | bounds | unit | meaning | source")), map(_param, strategy.params)),
        ]
    )


def _param(p: Param) -> tuple[str, ...]:
    unit = _(p.unit) if p.unit else ""
    return (p.name, f"{p.default:g}", f"{p.low:g}..{p.high:g}", unit, _(p.meaning), f"{_(p.source)} ({p.confidence})")


def _scenario(show: Scenario) -> str:
    head = [
        _("scenario={name}  {duration_s:g} min").format(name=show.name, duration_s=show.duration_s / 60),
        *textwrap.wrap(_(show.lesson), 110),
    ]
    skus = [(s.id, s.tier, f"{s.stock}", f"{s.price:g}", f"{s.safety_stock}") for s in show.skus]
    sets = [(b.id, f"{b.price:g}", " + ".join(f"{p.units} {p.sku}" for p in b.parts)) for b in show.bundles]
    cues = [(f"c{k:02d}", f"{c.at_s:g}", c.sku, c.kind, f"{c.kernel().peak:g}") for k, c in enumerate(show.cues, 1)]
    enter = show.audience.arrivals_per_min
    facts = _("ledger {mode}, feed every {period_s:g} s, {enter:g} viewers enter a minute").format(
        mode=show.ledger.mode, period_s=show.feed.period_s, enter=enter
    )
    text = [*head, facts, "", *_table(columns(N_("sku | tier | stock [units] | price [CNY] | safety stock")), skus)]
    if sets:
        text += ["", *_table(columns(N_("bundle | price [CNY] | parts")), sets)]
    if cues:
        text += ["", *_table(columns(N_("cue | at [s] | sku | kind | peak [x]")), cues)]
    return "\n".join([*text, "", _("all settings: stockcue rehearse scenario={name} --cfg").format(name=show.name)])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return ["  " + line for line in aligned([head, *rows])]


def checked(words: list[str]) -> tuple[str, bool]:
    """The findings of the contract suite on strategies by name or file, and whether none of them is a failure."""
    from sim.conformance.check import FAILURE, check
    from strategies import registry

    if not words:
        raise ListError(_("check needs a strategy: a name, a .py file, or all"))
    text, good = [], True
    for source in registry.names() if words == ["all"] else words:
        findings = check(registry.load(source))
        bad = [f for f in findings if not f.ok and f.kind == FAILURE]
        good = good and not bad
        verdict = _("breaks {n} of {n2} rules").format(n=len(bad), n2=len(findings)) if bad else _("keeps the contract")
        text += [f"{source}: {verdict}", *_findings(findings, {True: "ok", False: "warning"}, FAILURE), ""]
    return "\n".join(text[:-1]), good


def _findings(findings: Iterable[Any], words: Mapping[bool, str], failure: str) -> list[str]:
    marks = ["BROKEN" if not f.ok and f.kind == failure else words[f.ok] for f in findings]
    return [f"  {mark:<8}{f.name:<20}{f.detail}" for mark, f in zip(marks, findings, strict=True)]
