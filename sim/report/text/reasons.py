"""Why rows were rejected or set aside, in the language spoken now: the reasons themselves are data and stay in English."""

from __future__ import annotations

import re

from sim.words import N_, _

WHOLE = (
    N_("a quote is not closed"), N_("there is no type"), N_("there is no cue"), N_("there is no shape"), N_("total row"),
    N_("nothing measured"), N_("header again"),
    N_("explanatory header row"), N_("is nested too deep"), N_("is not a JSON object"),
    N_("added to the item's first warehouse"),
)  # fmt: skip
"""Reasons that name no field."""
OF_A_FIELD = (
    N_("{field} is empty"), N_("{field} is not positive"), N_("{field} is not a time"), N_("{field} is not a number"),
    N_("{field} is not a whole number"), N_("{field} is below zero"), N_("{field} was there already"),
    N_("{field} was declared already"), N_("{field} is not a span of time"), N_("{field} is more than 10,000"),
    N_("{field} is not a span of time from 0.1 s to 7,200 s"),
)  # fmt: skip
FIELDS = (
    N_("sku"), N_("qty"), N_("time"), N_("order"), N_("stock"), N_("price"), N_("type"), N_("return"), N_("payment"), N_("event"),
    N_("duration"), N_("peak"), N_("tau_s"),
)  # fmt: skip
"""Canonical columns: their own names in English."""
WIDTH = N_("has {n} fields where the header has {of}")


def reason(kind: str) -> str:
    """A kind of reason (:func:`~sim.replay.ingest.reasons.why`) in the language spoken now; one that is not known stays.

    >>> reason("qty is not positive"), reason("has 4 fields where the header has 6"), reason("another")
    ('qty is not positive', 'has 4 fields where the header has 6', 'another')
    """
    sizes = dict(zip(("n", "of"), re.findall(r"\d+", kind), strict=False))
    if len(sizes) == 2 and WIDTH.format(**sizes) == kind:
        return _(WIDTH).format(**sizes)
    field, _blank, rest = kind.partition(" ")
    if (sentence := "{field} " + rest) in OF_A_FIELD:
        return _(sentence).format(field=_(field) if field in FIELDS else field)
    return _(kind)
