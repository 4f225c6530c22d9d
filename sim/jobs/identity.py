"""What a user's strategy is: all that enters its answers, and its answers. A study that resumes mixes no two strategies.

Built-in strategies are part of the program, which has a checksum of its own (``program.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sim.conformance.check import answers
from sim.core.policy import Policy
from sim.jobs.serialise import origin_of
from sim.words import _
from strategies.contract import Strategy, StrategyError
from strategies.reach import Reach, reach
from strategies.registry import is_built_in


def own_files(policies: Iterable[Policy]) -> dict[str, str]:
    """The user's own files behind the policies and their checksums, helper modules and data too; under ``NAME: values`` one of
    the code and values a fold reaches, under ``NAME: answers`` one of its answers on fixed readings."""
    digests: dict[str, str] = {}
    for strategy in {id(p.strategy): p.strategy for p in policies if not is_built_in(p.strategy)}.values():
        origin = origin_of(strategy)
        main = origin.files[0][0]
        for name, content in origin.files:
            digests[name if name == main else f"{main}: {name}"] = hashlib.sha256(content).hexdigest()[:16]
        digests[f"{main}: values"] = reach(strategy.fold).fingerprint()[:16]
        digests[f"{main}: answers"] = answers_of(strategy)
    return digests


def identity_of(strategy: Strategy) -> str:
    """A text that is equal where a strategy is the same one, wherever its files lie. Raises a sentence where it has none, because
    a study that is taken up again would mix answers that do not belong together."""
    if is_built_in(strategy):
        return strategy.name
    files = tuple((name, hashlib.sha256(content).hexdigest()) for name, content in origin_of(strategy).files)
    return repr((files, _steady(strategy).fingerprint(), answers_of(strategy)))


def _steady(strategy: Strategy) -> Reach:
    """What the fold reaches, if that settles what it answers."""
    reached, name = reach(strategy.fold), strategy.name
    if reached.machine:
        raise StrategyError(
            _(
                "the strategy {name!r} {machine}: a fold that reads the machine, or keeps state of its own, may answer "
                "otherwise when what was begun is taken up again, and results would be mixed unseen; give it what it needs as "
                "settings and memory, or play it where nothing is taken up again: rehearse, or shadow without out= and state="
            ).format(name=name, machine=reached.machine[0])
        )
    if reached.odd:
        raise StrategyError(
            _("the strategy {name!r} uses {odd!r}, whose value cannot be told from another; use plain numbers").format(
                name=name, odd=reached.odd[0]
            )
        )
    if answers_of(strategy) != _answers(strategy):
        raise StrategyError(
            _("the strategy {name!r} answers the same readings now so, now otherwise; see stockcue check").format(name=name)
        )
    return reached


_known: dict[tuple[object, str, str], str] = {}


def answers_of(strategy: Strategy) -> str:
    """Sixteen hex digits of the answers on the fixed readings of ``stockcue check``, taken once for what the fold reaches now."""
    key = (strategy.fold, repr(strategy), reach(strategy.fold).fingerprint())
    if key not in _known:
        _known[key] = _answers(strategy)
    return _known[key]


def _answers(strategy: Strategy) -> str:
    return hashlib.sha256(repr(answers(strategy)).encode()).hexdigest()[:16]
