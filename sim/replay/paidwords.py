"""How a replay knows which orders were never paid and which were given back, and what a unit is counted at, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.contract import Scenario, Sku
from sim.replay.censor import SOLD_OUT
from sim.replay.closedtape import backdrop
from sim.replay.closings import oversubscribed
from sim.replay.impute import Imputation
from sim.replay.order_lives import linked
from sim.replay.unpaid import CLOSED, IMPUTED, LEVELS, ON_ORDER, UNPAID, share_band, told
from sim.words import _


def paid_words(imputed: Imputation, world: Scenario | None) -> tuple[str, ...]:
    """How it is known which orders were never paid or refunded, where that decides what stock was left."""
    scenario, stream = world or backdrop(), imputed.stream
    facts = told(stream, scenario, stream.order if stream.order is not None else linked(stream))
    lines = {
        ON_ORDER: (),
        LEVELS: (_("the recording is of stock, which falls once an order is paid: orders never paid are not in it"),),
        CLOSED: (_("which orders were never paid is read off the recording's closings"),),
        UNPAID: (_("the recording has no closings: orders without a payment count as never paid"),),
        IMPUTED: (_imputed_share(imputed, scenario),) if facts.how == IMPUTED else (),
    }[facts.how]
    if not facts.refunds and scenario.ledger.cancel_returns and scenario.shoppers.cancel_share > 0:
        text = _(
            "the recording has no refunds: {share:.0%} of paid orders (scenario.shoppers.cancel_share) are imputed to come back, "
            "more where it took orders that nothing else explains"
        )
        lines = (*lines, text.format(share=scenario.shoppers.cancel_share))
    ran_out = any(w.why == SOLD_OUT for w in imputed.windows)
    if facts.how not in (ON_ORDER, LEVELS) and ran_out and not oversubscribed(stream):
        text = _(
            "no item had more orders open than units when it sold out, which is how a shop sells whose stock leaves on order "
            "(scenario.ledger.mode=deduct_on_order), and not on payment"
        )
        lines = (*lines, text)
    return lines


def _imputed_share(imputed: Imputation, scenario: Scenario) -> str:
    low, middle, high_end = share_band(imputed, scenario.shoppers)
    text = (
        _(
            "the recording has neither closings nor payments: which orders were never paid is imputed, {middle:.0%} of them "
            "[{low:.0%}, {high:.0%}] by the moments at which items sold out ({believed:.0%} by scenario.shoppers.never_pay); an "
            "export with a closing or payment time would tell, and without one the sign of a small saving is not known"
        )
        if any(w.why == SOLD_OUT for w in imputed.windows)
        else _(
            "the recording has neither closings nor payments, and nothing sold out: which orders were never paid is imputed, "
            "{middle:.0%} of them [{low:.0%}, {high:.0%}] (scenario.shoppers.never_pay); an export with a closing or payment "
            "time would tell, and without one the sign of a small saving is not known"
        )
    )
    return text.format(low=low, middle=middle, high=high_end, believed=scenario.shoppers.never_pay)


def price_words(skus: Sequence[Sku]) -> tuple[str, ...]:
    """What has to be said where money is counted at a price that nobody gave."""
    usual = Sku("", 0)
    bare = [s for s in skus if s.price == usual.price]
    if not bare:
        return ()
    text = _(
        "{n} of {skus} SKUs have no price of their own: their money is counted at {price:g} CNY a unit; write price and margin "
        "into the stock sheet"
    )
    return (text.format(n=len(bare), skus=len(skus), price=usual.price),)
