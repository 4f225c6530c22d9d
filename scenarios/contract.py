"""The world under study, as frozen records: what a scenario is made of.

Units: times in seconds, stock in units, money in CNY, rates as said. Every default carries its source
and a confidence (H, M, L or A = assumption); `[tags]` refer to GLOSSARY.md, section Sources.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scenarios.bundles import Bundle, check_bundles
from scenarios.chat import Chat
from scenarios.host import Host
from scenarios.kernels import KERNEL_SHAPES, Kernel, kernel_of
from scenarios.setting import REQUIRED, ScenarioError, setting, validate
from scenarios.spread import Spread
from scenarios.staffing import Feed, Staff, Touchpoints
from sim.words import N_, _, no_such

TIERS = ("traffic", "profit", "longtail")
CUE_KINDS = ("pitch", "link_drop", "deal", "countdown", "restock_call")
LEDGER_MODES = ("deduct_on_order", "deduct_on_payment", "pre_hold")


class Checked:
    """Validates a record's bounds when it is made."""

    def __post_init__(self) -> None:
        validate(self, type(self).__name__.lower())


@dataclass(frozen=True)
class Sku(Checked):
    """One product of the catalogue."""

    id: str = setting(REQUIRED, "name of the product", confidence="-")
    stock: int = setting(REQUIRED, "units on record at show start", "units", 0, 10**8, confidence="-")
    tier: str = setting("profit", "traffic 引流款, profit 利润款 or longtail 长尾款", choices=TIERS, confidence="-")
    price: float = setting(90.0, "selling price", "CNY", 0, 1e6, "domain 2.2 median order value", "M")
    margin: float = setting(0.35, "contribution margin, share of price", "", 0, 1, "domain 6.2", "A")
    safety_stock: int = setting(0, "units a forecast must leave untouched", "units", 0, 10**8, confidence="-")
    buffer: int = setting(0, "units never offered for sale", "units", 0, 10**8, "vendor tables: 5-12 %", "L")
    held_back: int = setting(0, "of the stock, units hidden for staged release", "units", 0, 10**8, confidence="-")
    purchase_limit: int = setting(5, "most units in one order 限购", "units", 1, 1000, "project", "A")
    popularity: float = setting(1.0, "weight in traffic that no cue causes", "", 0, 1e9, "lognormal sd 1.97 [CMM]", "H")
    appeal: float = setting(1.0, "multiplies the buy rate while the SKU is cued", "", 0, 1e4, "project", "A")
    return_rate: float | None = setting(None, "sold units that come back; none: the score profile's", "", 0, 1, "domain 6.2")

    @property
    def listed(self) -> int:
        """Units offered for sale at show start."""
        return self.stock - self.held_back - self.buffer

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.buffer + self.held_back > self.stock:
            raise ScenarioError(_("sku {0.id!r}: buffer + held_back exceed its stock of {0.stock}; lower them").format(self))


@dataclass(frozen=True)
class Cue(Checked):
    """A planned host action that moves the demand of one SKU."""

    at_s: float = setting(REQUIRED, "planned time", "s", 0, 10**6, confidence="-")
    sku: str = setting(REQUIRED, "the SKU or bundle it is about", confidence="-")
    kind: str = setting(
        "pitch", "pitch 讲解, link_drop 上链接, deal 秒杀, countdown 倒计时, restock_call 返场", choices=CUE_KINDS
    )
    peak: float | None = setting(None, "overrides the kind's peak", "x", 0, 1e4)
    tau_s: float | None = setting(None, "overrides the kind's time scale", "s", 0.1, 7200)
    duration_s: float | None = setting(None, "overrides the kind's duration", "s", 0.1, 86400)
    cart_surge: float = setting(0.0, "carts that follow the cue's shape beyond the shoppers' own, per order", "x", 0, 1e4)
    surge_conversion: float = setting(0.003, "share of surge carts that order", "", 0, 1, "[REACT]", "L")
    shape: str | None = setting(None, "overrides the kind's shape", choices=KERNEL_SHAPES)
    expected: bool | None = setting(None, "overrides whether the audience knows when cues of the kind come")

    def kernel(self) -> Kernel:
        """The kind's kernel with this cue's own values on top."""
        return kernel_of(self.kind, self.shape, self.peak, self.tau_s, self.duration_s, self.expected)


@dataclass(frozen=True)
class Push(Checked):
    """A feed push: extra arrivals for a while."""

    at_s: float = setting(REQUIRED, "start", "s", 0, 10**6, confidence="-")
    lift: float = setting(1.0, "extra arrivals, as a multiple of the base arrivals", "x", 0, 1e4)
    duration_s: float = setting(120.0, "length", "s", 1, 86400)


@dataclass(frozen=True)
class Audience(Checked):
    """Arrivals and dwell. Dwell: a share of bouncers with exponential stay, the rest lognormal."""

    arrivals_per_min: float = setting(600.0, "people entering", "viewers/min", 0, 1e8, "domain 2.2 p50 6.4k, small room", "M")
    warm: bool = setting(True, "the room is in equilibrium at the start (else empty)")
    bounce_share: float = setting(0.6, "share of bouncers", "", 0, 1, "domain 2.3")
    bounce_s: float = setting(15.0, "mean stay of a bouncer", "s", 0.1, 3600, "domain 2.3")
    stay_median_s: float = setting(
        168.0, "median stay of the others (overall mean 120 s)", "s", 1, 86400, "[CMM] mean 122 s", "H"
    )
    stay_sigma: float = setting(1.0, "log standard deviation of their stay", "", 0, 3)
    pushes: tuple[Push, ...] = setting((), "feed pushes", confidence="-")
    day_swing: float = setting(0.0, "arrivals by the hour: x 1 + day_swing cos(2 pi (h - day_peak_h)/24)", "", 0, 1, "[GDQ] .7")
    day_peak_h: float = setting(21.0, "hour at which most arrive", "h", 0, 24, "[GDQ] evening", "M")

    def mean_stay_s(self) -> float:
        """Mean dwell W [s]; Little's law gives the room: viewers = arrivals x W."""
        stay = self.stay_median_s * math.exp(self.stay_sigma**2 / 2)
        return self.bounce_share * self.bounce_s + (1 - self.bounce_share) * stay


@dataclass(frozen=True)
class Shoppers(Checked):
    """Behaviour of the people who act."""

    buy_rate: float = setting(0.006, "orders of a featured SKU at cue level 1", "/viewer/min", 0, 10, "domain 2.4")
    shelf_rate: float = setting(
        0.001, "orders of all SKUs without any cue, split by popularity", "/viewer/min", 0, 10, "domain 2.4"
    )
    direct_share: float = setting(0.76, "share of orders that skip the cart", "", 0, 1, "[UB]", "M")
    cart_conversion: float = setting(0.06, "share of carts that become orders", "", 1e-6, 1, "[UB][REACT][BAYM]", "M")
    look_s: float = setting(0.0, "mean look at the page before a cart or a direct order (exponential)", "s", 0, 3600)
    cart_law: str = setting("lognormal", "law of the delay cart to order", choices=("lognormal", "exponential"))
    cart_median_s: float = setting(45.0, "median delay cart to order", "s", 0, 86400, "domain 2.4")
    cart_sigma: float = setting(1.2, "its log standard deviation (lognormal only)", "", 0, 4, "domain 2.4")
    never_pay: float = setting(0.12, "share of orders never paid", "", 0, 1, "domain 1.4")
    pay_law: str = setting("lognormal", "law of the payment delay", choices=("lognormal", "exponential"))
    pay_median_s: float = setting(18.0, "median delay order to payment", "s", 0, 86400, "domain 1.4")
    pay_sigma: float = setting(1.0, "its log standard deviation (lognormal only)", "", 0, 4, "domain 1.4")
    single_share: float = setting(0.85, "share of one-unit orders; others 1 + geometric(1/2)", "", 0, 1, "domain 1.4")
    wait_share: float = setting(0.15, "refused shoppers who try again", "", 0, 1)
    wait_s: float = setting(45.0, "mean pause before a retry", "s", 1, 3600)
    retries: int = setting(2, "most retries of one shopper", "tries", 0, 5)
    keep_trying: float = setting(0.5, "refused again, share who try once more", "", 0, 1)
    substitute_share: float = setting(0.05, "refused shoppers who try another SKU", "", 0, 1)
    substitute_s: float = setting(10.0, "mean time until they try it", "s", 0, 3600)
    cancel_share: float = setting(0.03, "paid orders cancelled before shipping", "", 0, 1, "domain 2.4")
    cancel_s: float = setting(1200.0, "mean delay payment to cancel", "s", 1, 10**6)


@dataclass(frozen=True)
class Herding(Checked):
    """Hawkes feedback: each accepted order causes Poisson(branching) further shoppers, delay Exp(mean_s)."""

    on: bool = setting(False, "switch")
    branching: float = setting(0.3, "mean direct followers of one order (n)", "", 0, 0.95, "[JMSC], size assumed")
    mean_s: float = setting(20.0, "mean delay of a follower (1/beta)", "s", 0.1, 3600, "domain 2.4")


@dataclass(frozen=True)
class Scarcity(Checked):
    """Shoppers hurry when the page shows little: rate x ``1 + gain * max(0, 1 - shown/below)``."""

    on: bool = setting(False, "switch")
    gain: float = setting(0.5, "largest extra demand (gamma)", "", 0, 10, "domain 2.3: 0.3-1.0")
    below: float = setting(100.0, "shown stock under which it starts (theta)", "units", 1, 10**8)


@dataclass(frozen=True)
class SalesChannel(Checked):
    """One shop front that sells from the pool."""

    name: str = setting("live", "name", confidence="-")
    share: float = setting(1.0, "share of demand", "", 0, 1, "60/25/15 [QDJ]", "L")
    lag_s: float = setting(0.0, "delay until it knows the others' sales (leak L5)", "s", 0, 3600, "[QDJ] 0.5-120 s", "L")
    close_below: int = setting(0, "stock it leaves to the other channels (quota)", "units", 0, 10**8)


@dataclass(frozen=True)
class Ledger(Checked):
    """When stock is deducted, how long orders hold it. A payment that would come after its order's closing is never made (with
    ``pre_hold`` it is tried, late). The show's end closes nothing: carts laid before it go on ordering, orders on being paid."""

    mode: str = setting("deduct_on_order", "拍下减库存, 付款减库存 or 预占", choices=LEDGER_MODES, source="[SDK]", confidence="H")
    hold_s: float = setting(900.0, "unpaid orders close after", "s", 1, 10**6, "[V2EX][CODE] 300-1800 s", "M")
    sweep_s: float = setting(60.0, "closing runs every so often (0 = at once)", "s", 0, 3600, "[CODE]", "M")
    late_payment: str = setting("refund", "payment that finds no stock or a closed order", choices=("accept", "refund"))
    cancel_returns: bool = setting(
        True, "a cancelled paid order returns its unit", source="[WX-STOCK] some shops do not", confidence="M"
    )
    checks_stock: bool = setting(True, "checkout refuses orders beyond the stock it sees; if not, only a freeze stops them")


@dataclass(frozen=True)
class Leaks(Checked):
    """Named ways to oversell or undersell (domain 1.3); all off by default. L1 is the ledger mode, L2 the
    latency of a freeze (playbook), L5 the sales channels' lag."""

    stale_read_s: float = setting(0.0, "L3: checkout sees stock this old", "s", 0, 3600, "[DC127] 2-5 s at peak", "L")
    poll_s: float = setting(0.0, "L4: checkout's view refreshed every", "s", 0, 7200, "[QDJ] 15-900 s", "L")
    erp_mode: str = setting("off", "L6: ERP sync", choices=("off", "delta", "absolute"), source="[WX-STOCK]", confidence="H")
    erp_period_s: float = setting(60.0, "L6: push period", "s", 0.1, 7200)
    erp_lag_s: float = setting(5.0, "L6: age of the orders the ERP knows", "s", 0, 3600, "domain 1.3: 1-30 s")
    erp_drop_p: float = setting(0.0, "L6: pushes lost to rate limits", "", 0, 1, "domain 1.3: 0.001-0.01")
    record_error_p: float = setting(0.0, "L7: share of SKUs whose record is wrong", "", 0, 1, "[IRI]; e-commerce assumed 0.05")
    record_error_law: str = setting("geometric", "L7: law of the error", choices=("geometric", "normal"))
    record_error_units: float = setting(2.0, "L7: mean size (geometric) or sd (normal)", "units", 0, 10**6, "domain 1.3")
    overlist_share: float = setting(0.0, "L8: units listed beyond stock, share", "", 0, 10, "domain 1.3: 0-0.1")
    late_callback_p: float = setting(0.0, "L9: payments whose callback is late", "", 0, 1, "domain 1.3: 0.001-0.005")
    late_callback_median_s: float = setting(2.0, "L9: median delay of a late callback", "s", 0, 10**5, "domain 1.3")
    late_callback_sigma: float = setting(1.46, "L9: log sd (p99 60 s)", "", 0, 5, "domain 1.3")
    duplicate_p: float = setting(0.0, "L10: orders created twice", "", 0, 1, "domain 1.3: 1e-4-1e-3")
    edits_per_show: float = setting(0.0, "L12: mean number of wrong manual edits", "", 0, 100, "domain 1.3: 0.1-1")
    edit_units: float = setting(50.0, "L12: mean size of a wrong edit", "units", 1, 10**6)
    edit_absolute_p: float = setting(0.5, "L12: edits that type an old total instead of a change", "", 0, 1)
    lost_release_p: float = setting(0.0, "U1: closed orders whose units never come back", "", 0, 1, "domain 1.2")


@dataclass(frozen=True)
class Delivery(Checked):
    """Stock that arrives at a known time (``released``: hidden units put on sale 分批上库存)."""

    at_s: float = setting(REQUIRED, "time", "s", 0, 10**6, confidence="-")
    sku: str = setting(REQUIRED, "SKU", confidence="-")
    units: int = setting(REQUIRED, "units", "units", 1, 10**8, confidence="-")
    released: bool = setting(False, "from the SKU's held-back units, not from outside")


@dataclass(frozen=True)
class Supply(Checked):
    """What can still be had during the show."""

    requestable: float = setting(0.0, "units that can be restocked on request, share of each SKU's stock", "", 0, 100)
    lead_median_s: float = setting(900.0, "median lead time of a request", "s", 1, 10**6)
    lead_sigma: float = setting(0.3, "its log standard deviation", "", 0, 3)
    requests: int = setting(1, "most requests per SKU", "", 0, 100)
    deliveries: tuple[Delivery, ...] = setting((), "scheduled arrivals and releases", confidence="-")
    request_cost: float = setting(100.0, "what one request costs, whatever it brings", "CNY", 0, 1e7)
    rush: float = setting(0.03, "extra cost of a unit that comes on request, share of price", "", 0, 10)
    leftover: float = setting(3.0, "a unit that came on request and was not sold: carried back or marked down", "CNY/unit", 0,
                              1e6, "domain 6.2: 2-5")  # fmt: skip
    ship_deadline_s: float = setting(
        172_800.0, "stock that comes so long after the show can still be shipped", "s", 0, 10**6, "domain 6.1: 48 h"
    )

    def load(self, stock: int) -> int:
        """Units that one request can bring of an item with ``stock``: what can be had is split evenly over the requests."""
        return int(self.requestable * stock) // self.requests if self.requests else 0


@dataclass(frozen=True)
class Scenario(Checked):
    """One show, complete. ``lesson`` says what the preset is there to teach."""

    name: str = setting(REQUIRED, "name", confidence="-")
    lesson: str = setting(REQUIRED, "what it teaches", confidence="-")
    duration_s: float = setting(
        REQUIRED, "planned length; carts laid before its end order after it too", "s", 1, 10**6, confidence="-"
    )
    skus: tuple[Sku, ...] = setting(REQUIRED, "catalogue", confidence="-")
    cues: tuple[Cue, ...] = setting((), "run of show 排品表", confidence="-")
    host: Host = setting(Host(), "host")
    audience: Audience = setting(Audience(), "audience")
    shoppers: Shoppers = setting(Shoppers(), "shoppers")
    spread: Spread = setting(Spread(), "what differs from show to show by nature")
    herding: Herding = setting(Herding(), "herding")
    scarcity: Scarcity = setting(Scarcity(), "scarcity")
    chat: Chat = setting(Chat(), "what a sell-out sets off")
    channels: tuple[SalesChannel, ...] = setting((SalesChannel(),), "sales channels")
    ledger: Ledger = setting(Ledger(), "ledger")
    leaks: Leaks = setting(Leaks(), "leaks")
    touchpoints: Touchpoints = setting(Touchpoints(), "touchpoints")
    feed: Feed = setting(Feed(), "feed")
    staff: Staff = setting(Staff(), "staff")
    supply: Supply = setting(Supply(), "supply")
    bundles: tuple[Bundle, ...] = setting((), "sets sold as one: all their parts or refused (leak L11)", confidence="-")
    start_hour: float = setting(20.0, "hour of the day at which the show starts", "h", 0, 24)

    def __post_init__(self) -> None:
        super().__post_init__()
        ids = [s.id for s in self.skus]
        if not ids:
            raise ScenarioError(_("scenario {name!r} has no SKU; add at least one to skus").format(name=self.name))
        for what, names in (("SKUs", ids), ("sales channels", [c.name for c in self.channels])):
            if len(set(names)) < len(names):
                twice = next(i for i in names if names.count(i) > 1)
                text = _("scenario {name!r}: two {what} are called {twice!r}; names must differ")
                raise ScenarioError(text.format(name=self.name, what=what, twice=twice))
        sold = check_bundles(self.bundles, self.skus)
        for what, items, known in ((N_("cue"), self.cues, sold), (N_("delivery"), self.supply.deliveries, ids)):
            for item in items:
                if item.sku not in known:
                    text = _("a {what} at {at:g} s: {no_such}")
                    raise ScenarioError(text.format(what=_(what), at=item.at_s, no_such=no_such("SKU", item.sku, known)))
                if item.at_s >= self.duration_s + (self.supply.ship_deadline_s if what == "delivery" else 0):
                    text = _("the {what} of {sku!r} at {at:g} s lies outside the show of {end:g} s; move it or lengthen the show")
                    raise ScenarioError(text.format(what=_(what), sku=item.sku, at=item.at_s, end=self.duration_s))
        total = sum(c.share for c in self.channels)
        if not self.channels or abs(total - 1) > 1e-9:
            raise ScenarioError(_("the sales channels' shares add up to {total:g}, not 1; change them").format(total=total))

    @property
    def tail_s(self) -> float:
        """Time after the show in which open orders settle [s]: hold, sweep and late callbacks."""
        return self.ledger.hold_s + self.ledger.sweep_s + 120.0
