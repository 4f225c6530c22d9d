"""YAML that a user gives, read within bounds: no aliases (184 bytes of them make a gigabyte), no deep nesting, no huge files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from sim.words import _

MOST = 2_000_000
"""Most characters of a file."""
MOST_NODES = 50_000
"""Most names and values in it; a show of 2,000 items has some 30,000."""
DEEPEST = 30
"""Most lists and maps inside each other."""
FLOAT = r"""^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?
|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"""
"""A number with a point or an exponent: 1e3 is one, as on the command line; YAML 1.1 takes it for a text."""


def text_of(path: Path, where: str, fault: type[ValueError] = ValueError) -> str:
    """The text of a file; ``fault`` with one sentence about ``where`` if it is none, or longer than a settings file can be."""
    try:
        if path.exists() and not path.is_file():
            raise fault(_("{where} is a folder or a device; give a file").format(where=where))
        with path.open(encoding="utf-8-sig") as file:
            return file.read(MOST + 1)
    except OSError as error:
        raise fault(_("{where} cannot be read: {strerror}").format(where=where, strerror=error.strerror or error)) from None
    except UnicodeDecodeError as error:
        raise fault(_("{where} is not YAML: {split}").format(where=where, split=error)) from None


def must_be_bounded(text: str, where: str, fault: type[ValueError] = ValueError) -> None:
    """``fault`` with one sentence about ``where`` if a text is no YAML, or beyond the bounds. Nothing is built of it."""
    import yaml

    if len(text) > MOST:
        raise fault(_("{where} has more than {most:,} characters; make it smaller").format(where=where, most=MOST))
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            nodes += isinstance(event, yaml.NodeEvent)
            if isinstance(event, yaml.AliasEvent):
                sentence = _("{where} uses an alias (*{anchor}); write out what it stands for")
                raise fault(sentence.format(where=where, anchor=str(event.anchor)[:30]))
            if depth > DEEPEST:
                sentence = _("{where} nests more than {most} lists and maps in each other; write it flatter")
                raise fault(sentence.format(where=where, most=DEEPEST))
            if nodes > MOST_NODES:
                sentence = _("{where} holds more than {most:,} names and values; make it smaller")
                raise fault(sentence.format(where=where, most=MOST_NODES))
    except (yaml.YAMLError, RecursionError) as error:
        raise fault(_("{where} is not YAML: {split}").format(where=where, split=_short(error))) from None


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


@cache
def _loader() -> Any:
    """Builds plain data: numbers as the command line has them, a date as the text it is, a name given twice refused."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _value in node.value:
                if isinstance(key.value, str) and (key.tag, key.value) in seen:
                    sentence = _("the name {name!r} stands there twice").format(name=key.value[:60])
                    raise yaml.constructor.ConstructorError(None, None, sentence, key.start_mark)
                seen.add((key.tag, key.value if isinstance(key.value, str) else id(key)))
            return super().construct_mapping(node, deep=deep)

    no_date = {c: [(tag, rule) for tag, rule in rules if not tag.endswith(":timestamp")]
               for c, rules in base.yaml_implicit_resolvers.items()}  # fmt: skip
    Loader.yaml_implicit_resolvers = no_date
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(FLOAT, re.X), list("-+0123456789."))
    return Loader


def spoken(tree: Any) -> Any:
    """Data with the keys that YAML 1.1 takes for booleans as the words they are: a switch called ``on`` need not be quoted.

    >>> spoken({"herding": {True: True}})
    {'herding': {'on': True}}
    """
    if isinstance(tree, dict):
        words = {True: "on", False: "off"}
        return {words[k] if isinstance(k, bool) else k: spoken(v) for k, v in tree.items()}
    return [spoken(item) for item in tree] if isinstance(tree, list) else tree


def plain_yaml(text: str, where: str, fault: type[ValueError] = ValueError) -> Any:
    """The data of a YAML text; ``fault`` with one sentence about ``where`` if it is none or beyond the bounds.

    >>> plain_yaml("a: [1, 2]", "x.yaml"), plain_yaml("a: 2026-06-18", "x.yaml")
    ({'a': [1, 2]}, {'a': '2026-06-18'})
    >>> plain_yaml("a: [1e3, e3, -.5, 1_000, 1:30]", "x.yaml")
    {'a': [1000.0, 'e3', -0.5, 1000, 90]}
    >>> plain_yaml("a: &b [1]\\nc: *b", "x.yaml")
    Traceback (most recent call last):
    ValueError: x.yaml uses an alias (*b); write out what it stands for
    """
    import yaml

    must_be_bounded(text, where, fault)
    try:
        return spoken(yaml.load(text, Loader=_loader()))
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        raise fault(_("{where} is not YAML: {split}").format(where=where, split=_short(error))) from None
