"""What came of rules files, as text: a line a test, and for each fault its time, SKU, what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.conformance.rules import Fault
from sim.words import _
from strategies.contract import LEVEL_NAMES


class Outcome(NamedTuple):
    """One test of one file and its faults."""

    file: str
    test: str
    faults: Sequence[Fault]


def outcome_lines(outcomes: Sequence[Outcome], policy: dict[str, str]) -> list[str]:
    """The whole text. policy: file to the policy it tests."""
    lines: list[str] = []
    for file in dict.fromkeys(one.file for one in outcomes):
        lines.append(_("{file}: {policy}").format(file=file, policy=policy[file]))
        for one in (o for o in outcomes if o.file == file):
            lines.append("  " + (_("FAIL  {test}") if one.faults else _("ok    {test}")).format(test=one.test))
            lines += ["          " + fault_line(fault) for fault in one.faults]
    failed = sum(bool(one.faults) for one in outcomes)
    n = len(outcomes)
    sentence = _("tests: {n}, failed: {failed}") if failed else _("tests: {n}, all passed")
    return [*lines, "", sentence.format(failed=failed, n=n)]


def fault_line(fault: Fault) -> str:
    """A fault in one sentence.

    >>> fault_line(Fault("1", 425.0, "mask", "level", 2.0, 0.0))
    'at 7 min 5 s, mask: level expected 2 prepare 中级, got 0 calm'
    """
    sentence = _("at {at}, {sku}: {what} expected {expected}, got {got}")
    figures = (fault.expected, fault.got)
    expected, got = (f"{v:g}" if fault.what == "line" else f"{v:g} {LEVEL_NAMES[int(v)]}" for v in figures)
    return sentence.format(at=_clock(fault.at_s), sku=fault.sku, what=fault.what, expected=expected, got=got)


def _clock(t_s: float) -> str:
    minutes, rest = divmod(t_s, 60.0)
    return f"{minutes:.0f} min" + (f" {rest:g} s" if rest else "")
