"""Rules as tests: what ``stockcue test`` reads, plays and says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.app.nouns import YAML, policy, read_yaml
from sim.conformance.rules import Test, faults, known, tests_of
from sim.conformance.series import RuleError
from sim.core.policy import Policy
from sim.report.text.rules import Outcome, outcome_lines
from sim.words import _, did_you_mean, no_such

ENTRIES = ("strategy", "settings", "gate", "interval", "duration", "start_hour", "items", "tests")
"""What a rules file may hold."""


def run_rules(words: Sequence[str], told: Callable[[str], None] = lambda text: None) -> tuple[str, bool]:
    """Run rules files and folders of them: what to print, and whether all passed. ``told``: hears whose code is run, before."""
    files = rules_files(words)
    # All are read before any is played: a fault in the last file is told at once.
    read = [(file, *rules_of(file, told)) for file in files]
    names = {str(file): one.name for file, one, _tests in read}
    outcomes = [Outcome(str(file), test.name, faults(one, test)) for file, one, tests in read for test in tests]
    return "\n".join(outcome_lines(outcomes, names)), not any(one.faults for one in outcomes)


def rules_files(words: Sequence[str]) -> list[Path]:
    """The files named, those in folders among them."""
    if not words:
        raise RuleError(_("test needs a file of rules or a folder of them, as in stockcue test rules/"))
    files: list[Path] = []
    for word in words:
        path = Path(word).expanduser()
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in YAML)
            if not inside:
                raise RuleError(_("the folder {path!r} holds no rules file (.yaml)").format(path=word))
            files += inside
        elif path.exists():  # a pipe or a device is refused where it is read
            files.append(path)
        else:
            beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            raise RuleError(no_such("rules file", word, [], otherwise=did_you_mean(path.name, beside)))
    return list(dict.fromkeys(files))


def rules_of(path: Path, told: Callable[[str], None]) -> tuple[Policy, list[Test]]:
    """The policy that a rules file tests, and its tests."""
    content = read_yaml(path, "rules")
    try:
        known(content, ENTRIES, _("a rules file"))
        return _policy(content, path.parent, told), tests_of(content)
    except ValueError as error:
        raise RuleError(_("{path}: {error}").format(path=str(path), error=error)) from None


def _policy(content: dict[str, Any], beside: Path, told: Callable[[str], None]) -> Policy:
    source = content.get("strategy")
    if not isinstance(source, str):
        raise RuleError(_("strategy must name a strategy, built-in or a .py file beside the rules, as in strategy: smart"))
    settings = content.get("settings") or {}
    if not isinstance(settings, dict):
        raise RuleError(
            _("settings must hold the strategy's settings by name, as in settings: {example}").format(example="{units: 50}")
        )
    place = beside / source
    named = str(place) if source.endswith(".py") and not Path(source).is_absolute() and place.is_file() else source
    if named.endswith(".py"):
        told(_("runs the code of {source}").format(source=named))
    return policy(named, gate=content.get("gate"), **settings)
