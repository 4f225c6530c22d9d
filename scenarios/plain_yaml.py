"""YAML that a user gives, read within bounds: no aliases (184 bytes of them make a gigabyte), no deep nesting, no huge files."""

from __future__ import annotations

from typing import Any

from sim.words import _

MOST = 4_000_000
"""Most characters of a file."""
DEEPEST = 30
"""Most lists and maps inside each other."""


def must_be_bounded(text: str, where: str, fault: type[ValueError] = ValueError) -> None:
    """``fault`` with one sentence about ``where`` if a text is no YAML, or beyond the bounds. Nothing is built of it."""
    import yaml

    if len(text) > MOST:
        raise fault(_("{where} has more than {most:,} characters; make it smaller").format(where=where, most=MOST))
    depth, wrong = 0, ""
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                wrong = f"uses an alias (*{str(event.anchor)[:30]}); write out what it stands for"
            elif depth > DEEPEST:
                wrong = f"nests more than {DEEPEST} lists and maps in each other; write it flatter"
            if wrong:
                break
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        wrong = f"is not YAML: {' '.join(str(error).split())[:200]}"
    if wrong:
        raise fault(f"{where} {wrong}")


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
    ({'a': [1, 2]}, {'a': datetime.date(2026, 6, 18)})
    >>> plain_yaml("a: &b [1]\\nc: *b", "x.yaml")
    Traceback (most recent call last):
    ValueError: x.yaml uses an alias (*b); write out what it stands for
    """
    import yaml

    must_be_bounded(text, where, fault)
    try:
        return spoken(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise fault(_("{where} is not YAML: {split}").format(where=where, split=" ".join(str(error).split())[:200])) from None
