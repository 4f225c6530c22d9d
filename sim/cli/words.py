"""The words of a command line, before Hydra sees them: what was chosen, what belongs to which strategy, what needs quotes.

A word is ``key=value`` in Hydra's syntax. Three keys choose by name or by file (scenario, strategy, experiment); they are
taken out here, because their options are Python records and users' files rather than YAML.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class WordError(ValueError):
    """A command line that cannot be understood; the message is one sentence."""


@dataclass
class Words:
    """``chosen``: the last value of each choosing key. ``rest``: what Hydra is to read, in order. ``show``: only to be shown."""

    chosen: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    show: bool = False


PATHS = ("out", "stream", "earlier", "cues", "stock", "start", "end", "zone", "files", "mapping")
"""Settings whose values may be anything a file system or a clock allows: quoted unless the user did."""
_PLAIN = re.compile(r"[\w./\-+:@$%*, {}()\[\]]*", re.ASCII)
_WORD = re.compile(r"(?P<prefix>\+\+|\+|~)?(?P<key>[^=\s]+)(=(?P<value>.*))?", re.DOTALL)


def hint(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, else the known words.

    >>> hint("replicate", ["replicates", "seed"])
    "; did you mean 'replicates'?"
    """
    options = [str(k) for k in known]
    near = difflib.get_close_matches(str(word), options, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known are {', '.join(options)}" if options else ""


def split(words: Iterable[str], verb: str, choosing: Iterable[str]) -> Words:
    """Take the choosing words out; quote what Hydra's grammar would stumble over."""
    made = Words()
    for word in words:
        if word == "--cfg":
            made.show = True
            continue
        prefix, key, value = parts(word, verb)
        if not prefix and key in choosing and value is not None:
            made.chosen[key] = unquoted(value)
        else:
            made.rest.append(prefix + key + ("" if value is None else f"={quoted(key, value)}"))
    return made


def parts(word: str, verb: str) -> tuple[str, str, str | None]:
    """Prefix (``+``, ``++``, ``~`` or none), key and value of a word."""
    found = _WORD.fullmatch(word)
    if word.startswith("-"):
        raise WordError(f"{verb} has no option {word!r}; settings are written key=value, see stockcue {verb} --help")
    if found is None or (found["value"] is None and found["prefix"] != "~"):
        raise WordError(f"{word!r} is not of the form key=value; see stockcue {verb} --help")
    if found["key"].split(".")[0] == "hydra":
        raise WordError(f"{verb} runs without Hydra's own settings; leave out {word!r}")
    if found["prefix"] == "~" and "." not in found["key"]:
        raise WordError(f"{found['key']!r} cannot be taken away as a whole; set it, or leave it out to keep its default")
    return found["prefix"] or "", found["key"], found["value"]


def unquoted(value: str) -> str:
    """A value without the quotes round it."""
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def quoted(key: str, value: str) -> str:
    """A value Hydra can read: in quotes if it is a path or holds characters its grammar does not know."""
    text = value.strip()
    if not text or text[0] in "'\"[{" or (key not in PATHS and _PLAIN.fullmatch(text)) or text == "null":
        return value
    return "'" + text.replace("'", "\\'") + "'"


def listed(value: str) -> list[str]:
    """Entries of ``a``, ``a,b`` or ``[a,b]``.

    >>> listed("[smart, ./mine.py]")
    ['smart', './mine.py']
    """
    text = value.strip()
    text = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return [entry for entry in (unquoted(part) for part in text.split(",")) if entry]


def labelled(entries: Iterable[str]) -> dict[str, str]:
    """Label to strategy: ``low:fixed_count`` is labelled low, ``smart`` itself, ``./mine.py`` by its stem.

    >>> labelled(["low:fixed_count", "./mine.py"])
    {'low': 'fixed_count', 'mine': './mine.py'}
    """
    found: dict[str, str] = {}
    for entry in entries:
        given = re.fullmatch(r"([A-Za-z]\w+):(.+)", entry)
        label, source = (given[1], given[2]) if given else (re.sub(r"\W", "_", stem(entry)), entry)
        if label in found:
            raise WordError(f"two strategies are called {label!r}; label them, as in strategy=[low:{label},high:{label}]")
        found[label] = source
    if not found:
        raise WordError("strategy= names no strategy; see stockcue list")
    return found


def stem(entry: str) -> str:
    """The name a file's strategy goes by: the file's, without folder and .py."""
    return re.split(r"[/\\]", entry)[-1].removesuffix(".py") if entry.endswith(".py") else entry


def addressed(rest: Iterable[str], labels: Mapping[str, str], verb: str) -> list[str]:
    """Words about settings of a strategy with the strategy's label put in: ``strategy.co=60`` is about the only one chosen."""
    made = []
    for word in rest:
        prefix, key, value = parts(word, verb)
        path = key.split(".")
        if path[0] == "strategy" and len(path) > 1:
            if path[1] not in labels:
                if len(labels) > 1:
                    raise WordError(_whose(key, path[1], labels))
                path.insert(1, next(iter(labels)))
            # Tiers are free to be added; the strategy's registry checks their names and bounds.
            prefix = "++" if len(path) > 2 and path[2] == "by_tier" and not prefix else prefix
        made.append(prefix + ".".join(path) + ("" if value is None else f"={value}"))
    return made


def _whose(key: str, first: str, labels: Mapping[str, str]) -> str:
    from strategies import registry

    near = difflib.get_close_matches(first, list(labels), n=1, cutoff=0.7)
    if near and key.count(".") > 1:
        return f"no strategy called {first!r} is chosen; did you mean {near[0]!r}?"
    if key.count(".") > 1 and first in registry.names():
        return f"strategy {first!r} is not chosen; add it to strategy=[{','.join(labels)}], or leave out {key}"
    setting = key.removeprefix("strategy.")
    return f"{len(labels)} strategies are chosen; say whose setting it is, as in strategy.{next(iter(labels))}.{setting}"


def chooses(word: str, groups: Mapping[str, Iterable[str]], verb: str) -> bool:
    """Whether a word picks an option of a group; an option that is not there is refused here."""
    prefix, key, value = parts(word, verb)
    if prefix or key not in groups:
        return False
    if value not in (known := list(groups[key])):
        raise WordError(f"{key} has no option {value!r}{hint(str(value), known)}")
    return True


def laid_over(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what is given put over it, group by group.

    >>> laid_over({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    made = dict(base)
    for key, value in given.items():
        below = made.get(str(key))
        made[str(key)] = laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return made


def fault(word: str, tree: Any, verb: str) -> str | None:
    """What is wrong with a word's key, as a sentence, given the settings there are; None if nothing is."""
    prefix, key, _ = parts(word, verb)
    node, path = tree, key.split("@")[0].split(".")
    for depth, part in enumerate(path):
        if not isinstance(node, Mapping):
            return f"{'.'.join(path[:depth])} is a single value and has no setting {part!r}"
        if part not in node:
            if prefix in ("+", "++") and depth:
                return None
            where = ".".join(path[:depth]) or verb
            return f"{where} has no setting {part!r}{hint(part, _flat(node, part))}"
        node = node[part]
    if isinstance(node, Mapping) and node and not prefix:
        return f"{key} is a group of settings; set one of them, as in {key}.{next(iter(node))}=..."
    return None


def _flat(node: Mapping[str, Any], part: str) -> list[str]:
    """Names to guess among; a long list of them is not read out."""
    names = [str(name) for name in node]
    return names if len(names) <= 40 or difflib.get_close_matches(part, names, n=1, cutoff=0.5) else names[:40]
