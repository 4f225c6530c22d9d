"""Why rows were rejected or set aside, in the language spoken now: the reasons themselves are data and stay in English."""

from __future__ import annotations

import re

from sim.words import N_, _

WHOLE = (
    N_("a quote is not closed"), N_("there is no type"), N_("total row"), N_("nothing measured"), N_("header again"),
    N_("explanatory header row"), N_("is nested too deep"), N_("is not a JSON object"),
    N_("added to the item's first warehouse"),
)  # fmt: skip
"""Reasons that name no field."""
OF_A_FIELD = (
    N_("{field} is empty"), N_("{field} is not positive"), N_("{field} is not a time"), N_("{field} is not a number"),
    N_("{field} is not a whole number"), N_("{field} is below zero"), N_("{field} was there already"),
    N_("{field} was declared already"),
)  # fmt: skip
FIELDS = {
    "sku": N_("item"), "qty": N_("quantity"), "time": N_("time"), "order": N_("order"), "stock": N_("stock"),
    "price": N_("price"), "type": N_("type"), "return": N_("return"), "payment": N_("payment"), "event": N_("event"),
}  # fmt: skip
"""Canonical columns as people call them."""
_WIDTH = re.compile(r"has (\d+) fields where the header has (\d+)")


def reason(kind: str) -> str:
    """A kind of reason (:func:`~sim.replay.ingest.reasons.why`) in the language spoken now; one that is not known stays.

    >>> reason("qty is not positive"), reason("has 4 fields where the header has 6"), reason("another")
    ('quantity is not positive', 'has 4 fields where the header has 6', 'another')
    """
    if found := _WIDTH.fullmatch(kind):
        return _("has {n} fields where the header has {of}").format(n=found[1], of=found[2])
    field, _blank, rest = kind.partition(" ")
    if (sentence := "{field} " + rest) in OF_A_FIELD:
        return _(sentence).format(field=_(FIELDS[field]) if field in FIELDS else field)
    return _(kind)
