"""The words of a command line: what chooses by name or by file, what sets a value, which options come before them.

A word is ``key=value``. Its key is cut into names here and its value read by ``grammar``, so that a name a user gave to a file,
a strategy or an item is never part of Hydra's syntax. Three keys choose (scenario, strategy, experiment); their options are
Python records and users' files.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sim.cli.wide import WIDE, meant
from sim.words import N_, _, did_you_mean, nearest, no_such


class WordError(ValueError):
    """A command line that cannot be understood; the message is one sentence."""


@dataclass
class Words:
    """``chosen``: the last value of each choosing key. ``rest``: the other words, in order. ``show``: only to be shown.
    ``folders``: where options of the user's own lie. ``foreign``: strategy files that an experiment chose, not the user."""

    chosen: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    show: bool = False
    folders: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def unknown(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Labels of strategies whose code is not to be run: those of other people's files, where settings are only shown."""
        return tuple(label for label, source in labels.items() if self.show and source in self.foreign)


class WordParts(NamedTuple):
    """A word: ``+``, ``++``, ``~`` or nothing, its key, and the text of its value (None: there is none)."""

    prefix: str
    key: str
    value: str | None


_SEVERAL, _NAMED = N_("stockcue sweep plays several values of a setting"), N_("the verb names the configuration")
_OWN, _LEAVE = N_("options of your own lie in a folder given with --config-dir"), N_("leave it out")
_SHOWS, _EVERYTHING = N_("--cfg shows the settings"), N_("--cfg shows everything")
HYDRA_OPTIONS = {
    "--multirun": _SEVERAL, "-m": _SEVERAL, "--config-name": _NAMED, "-cn": _NAMED, "--config-path": _OWN, "-cp": _OWN,
    "--info": _SHOWS, "--run": _LEAVE, "-r": _LEAVE, "--resolve": N_("--cfg always shows resolved values"),
    "--package": _EVERYTHING, "-p": _EVERYTHING,
}  # fmt: skip
"""Options of Hydra's command line that have no meaning here, and what to do instead."""
SEARCHPATH = "hydra.searchpath"
_WORD = re.compile(r"(?P<prefix>\+\+|\+|~)?(?P<key>[^=]+?)(=(?P<value>.*))?", re.DOTALL)
_LABEL = re.compile(r"(?P<label>[^\W\d][\w-]*):(?P<source>.+)")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def split(words: Iterable[str], verb: str, choosing: Iterable[str]) -> Words:
    """Take the choosing words and the options out."""
    sorted_words, given = Words(), deque(words)
    while given:
        word = given.popleft()
        if word.startswith("-"):
            _option(word, given, sorted_words, verb)
            continue
        prefix, key, value = parts(word, verb)
        if key == SEARCHPATH and value is not None:
            sorted_words.folders += [_place(entry) for entry in listed(value)]
        elif prefix in ("", "+", "++") and key in choosing and value is not None:
            if not unquoted(value):
                raise WordError(
                    _("{key}= names no {key}; give a name or a file, or leave it out; see stockcue list").format(key=key)
                )
            sorted_words.chosen[key] = unquoted(value)
        else:
            sorted_words.rest.append(word)
    return sorted_words


def named(words: Iterable[str], verb: str) -> tuple[list[str], list[str]]:
    """The names and the folders of options of a verb that takes names alone."""
    sorted_words, names, given = Words(), [], deque(words)
    while given:
        word = given.popleft()
        if word.startswith("-"):
            _option(word, given, sorted_words, verb)
        else:
            names.append(word)
    return names, sorted_words.folders


def shown_kind(word: str, following: deque[str]) -> str | None:
    """What ``--cfg [KIND]`` asks to see, its kind taken from the words that follow; None: the word is another. A bare --cfg may
    stand between the words.

    >>> shown_kind("--cfg", deque(["job", "seed=2"])), shown_kind("-c", deque(["seed=2"])), shown_kind("seed=2", deque())
    ('job', 'job', None)
    """
    name, _equals, value = word.partition("=")
    if name not in ("--cfg", "-c"):
        return None
    return value or (following.popleft() if following and following[0] in ("job", "hydra", "all") else "job")


def _option(word: str, following: deque[str], option: Words, verb: str) -> None:
    """An option of Hydra's: ``--cfg [job]`` and ``--config-dir FOLDER``, or a sentence on what to write instead."""
    name, _equals, value = word.partition("=")
    if kind := shown_kind(word, following):
        if kind in ("hydra", "all"):
            raise WordError(_("{verb} runs without Hydra's own settings; --cfg job shows those of {verb}").format(verb=verb))
        if kind != "job":
            raise WordError(_("--cfg={kind} shows nothing; --cfg job shows the settings of {verb}").format(kind=kind, verb=verb))
        option.show = True
    elif name in ("--config-dir", "-cd"):
        folder = value or (following.popleft() if following else "")
        if not folder:
            raise WordError(_("--config-dir needs a folder of options, as in --config-dir ours, with ours/gate/calm.yaml in it"))
        option.folders.append(_place(folder))
    elif name in HYDRA_OPTIONS:
        raise WordError(
            _("{verb} has no option {name!r}: {hydra_options}").format(verb=verb, name=name, hydra_options=_(HYDRA_OPTIONS[name]))
        )
    else:
        otherwise = _("; settings are written key=value, see stockcue {verb} --help").format(verb=verb)
        raise WordError(no_such("option", word, ["--cfg", "--config-dir", "--help"], verb, otherwise))


def _place(folder: str) -> str:
    """A folder of options, as it is or as Hydra writes it (file://...)."""
    if folder.startswith("pkg://"):
        raise WordError(
            _("{folder!r} is a Python package, and options are read from folders alone; give its path").format(folder=folder)
        )
    path = Path(folder.removeprefix("file://")).expanduser()
    if not path.is_dir():
        raise WordError(
            _("there is no folder of options {path!r}; give one that holds gate/, score/, operations/ or feed/").format(
                path=str(path)
            )
        )
    return str(path.resolve())


def parts(word: str, verb: str) -> WordParts:
    """What a word is made of."""
    from sim.cli.bare import bare

    if (odd := meant(word)) is not None:
        raise WordError(odd)
    match = _WORD.fullmatch(word)
    if word.startswith("-"):
        otherwise = _("; settings are written key=value, see stockcue {verb} --help").format(verb=verb)
        raise WordError(no_such("option", word, [], verb, otherwise))
    if match is None or (match["value"] is None and match["prefix"] != "~") or match["key"] != match["key"].strip():
        raise WordError(bare(word, verb))
    if match["key"].split(".")[0] == "hydra" and match["key"] != SEARCHPATH:
        raise WordError(_("{verb} runs without Hydra's own settings; leave out {word!r}").format(verb=verb, word=word))
    if match["prefix"] == "~" and "." not in match["key"]:
        raise WordError(
            _("{key!r} cannot be taken away as a whole; set it, or leave it out to keep its default").format(key=match["key"])
        )
    return WordParts(match["prefix"] or "", match["key"], match["value"])


def unquoted(value: str) -> str:
    """A value without the quotes round it."""
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def listed(value: str) -> list[str]:
    """Entries of ``a``, ``a,b`` or ``[a,b]``.

    >>> listed("[smart, ./mine.py]")
    ['smart', './mine.py']
    """
    text = value.strip()
    if text.startswith("[") != text.endswith("]"):
        raise WordError(
            _("{value!r} has a bracket that is not closed, or not opened; a list is written [a,b]").format(value=value)
        )
    text = text[1:-1] if text.startswith("[") else text
    return [entry for entry in (unquoted(part) for part in text.split(",")) if entry]


def labelled(entries: Iterable[str]) -> dict[str, str]:
    """Label to strategy: ``low:fixed_count`` is labelled low, ``smart`` itself, ``./mine.py`` by its stem.

    >>> labelled(["低:fixed_count", "./mine.py", "b:smart"])
    {'低': 'fixed_count', 'mine': './mine.py', 'b': 'smart'}
    """
    labels: dict[str, str] = {}
    for entry in entries:
        if (plain := entry.translate(WIDE)) != entry and not Path(entry).exists():
            raise WordError(
                _("{entry!r} has signs of a Chinese keyboard; write it as {plain!r}").format(entry=entry, plain=plain)
            )
        given = None if _DRIVE.match(entry) else _LABEL.fullmatch(entry)
        if given is None and ":" in entry and not _DRIVE.match(entry):
            raise WordError(_("{entry!r} has no label that can be used; a label begins with a letter, then come letters, "
                              "digits, _ and -, as in low:fixed_count").format(entry=entry))  # fmt: skip
        label, source = (given["label"], given["source"]) if given else (re.sub(r"\W", "_", stem(entry)), entry)
        if label in labels:
            raise WordError(
                _("two strategies are called {label!r}; label them, as in strategy=[low:{source},high:{source}]").format(
                    label=label, source=source
                )
            )
        labels[label] = source
    if not labels:
        raise WordError(_("strategy= names no strategy; see stockcue list"))
    return labels


def stem(entry: str) -> str:
    """The name a file's strategy goes by: the file's, without folder and .py."""
    return re.split(r"[/\\]", entry)[-1].removesuffix(".py") if entry.endswith(".py") else entry


def addressed(rest: Iterable[str], labels: Mapping[str, str], verb: str) -> list[str]:
    """Words about settings of a strategy with the strategy's label put in: ``strategy.co=60`` is about the only one chosen."""
    lines = []
    for word in rest:
        prefix, key, value = parts(word, verb)
        path = key.split(".")
        if path[0] == "strategy" and len(path) > 1 and labels and path[1] not in labels:
            if len(labels) > 1:
                raise WordError(_whose(key, path[1], labels, value or ""))
            path.insert(1, next(iter(labels)))
        lines.append(prefix + ".".join(path) + ("" if value is None else f"={value}"))
    return lines


def _whose(key: str, first: str, labels: Mapping[str, str], value: str) -> str:
    from strategies import registry

    near = nearest(first, labels)
    if near and key.count(".") > 1:
        return _("no strategy called {first!r} is chosen; did you mean {near!r}?").format(first=first, near=near)
    if key.count(".") > 1 and first in registry.names():
        return _("strategy {first!r} is not chosen; add it to strategy=[{labels}], or leave out {key}").format(
            first=first, labels=",".join(labels), key=key
        )
    setting = key.removeprefix("strategy.")
    name = setting.split(".")[-1]
    having = [label for label, source in labels.items() if name in {p.name for p in registry.load(source).params}]
    if not having:
        known = {p.name for source in labels.values() for p in registry.load(source).params}
        return _("none of the {n} strategies chosen has a setting {name!r}{did_you_mean}").format(
            n=len(labels), name=name, did_you_mean=did_you_mean(name, sorted(known))
        )
    text = (
        _(
            "{n} strategies are chosen and {name} is a setting of {having}; say whose setting it is, as in "
            "strategy.{one}.{setting}={value}, or choose one with strategy={source}"
        )
        if len(having) < len(labels)
        else _(
            "{n} strategies are chosen and all of them have it; say whose setting it is, as in "
            "strategy.{one}.{setting}={value}, or choose one with strategy={source}"
        )
    )
    return text.format(
        n=len(labels), name=name, having=", ".join(having), one=having[0], setting=setting, value=value, source=labels[having[0]]
    )


def laid_over(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what is given put over it, group by group.

    >>> laid_over({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    merged = dict(base)
    for key, value in given.items():
        below = merged.get(str(key))
        merged[str(key)] = laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
