"""The kind of fault behind a rejected row."""

from __future__ import annotations

import re


def why(reason: str) -> str:
    """The reason without the row's own figures.

    >>> why("time 'soon' is not a time such as 2026-06-18 20:00:00"), why("qty -3 is not positive")
    ('time is not a time', 'qty is not positive')
    >>> why("there is no type 'gift'; did you mean 'git'?")
    'there is no type'
    """
    kind = re.sub(r"( such as |; did you mean |; known: |: a refund| \(line | \(\S+ line ).*", "", reason, flags=re.DOTALL)
    kind = re.sub(r"^(there is no (?:type|cue|shape)) .*", r"\1", kind, flags=re.DOTALL)
    kind = re.sub(r"^(\w+) .* (was (?:there|declared) already)$", r"\1 \2", kind, flags=re.DOTALL)
    if kind.startswith("has "):
        return kind
    return re.sub(r""" ('.*'|".*"|-?\d[\d,.]*)(?= |$)""", "", kind, count=1, flags=re.DOTALL)
