"""The same flash sale, stock leaves on payment."""

from __future__ import annotations

from dataclasses import replace

from scenarios.contract import Leaks, Ledger, Scenario
from scenarios.presets.seckill_atomic import flash_sale
from scenarios.staffing import Screen, Touchpoints

ORDER = 50
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """The same flash sale, but stock leaves on payment: buyers who ordered and have not paid yet chase the same units.

    As seckill_atomic, with deduct-on-payment, late money accepted, and pages and a checkout that read a replica 2 s old;
    with the 3 s of an automatic freeze that makes the L = 5 s of domain 6.5.

    Lesson: silence oversells some 480 units, three tenths of the flash stock. A freeze at the newsvendor line of units in
    flight (newsvendor_freeze) takes away all but a hundredth, and so does every forecast that counts those units and looks
    back for seconds; one that looks back for a quarter of an hour leaves a tenth to a quarter. People come too late: the
    incumbent alert, manual polling and a fixed line at which people freeze change nothing. Believed: that line takes away a
    quarter. What came out: less than a hundredth, whether the host is told or not.

    How the machine stops decides whom it annoys, not what is oversold: taking the page away (playbook ``delist``) instead of
    freezing halves the annoyances, for nobody is refused at the checkout; halving exposure first (``throttle``) spares a tenth of
    the refused attempts. A fifth of the flash stock held back and released in two halves (``staged``) sells as much as if nothing
    had been held; kept back to the end it covers every order in flight and 180 units stay unsold. By net the ways differ by less
    than a twentieth.
    """
    return replace(
        flash_sale(),
        name="seckill_paydeduct",
        lesson="in a burst only an automatic freeze that counts units in flight helps; people come too late",
        ledger=Ledger(mode="deduct_on_payment", late_payment="accept"),
        leaks=Leaks(stale_read_s=2.0),
        touchpoints=Touchpoints(product_page=Screen(2.0), cart=Screen(2.0)),
    )
