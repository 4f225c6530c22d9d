"""The people, the notices that reach them and the screens they look at: records of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from scenarios.setting import ScenarioError, setting, validate
from sim.words import _

HUMAN_MODELS = ("ideal", "matching", "fatigue")


@dataclass(frozen=True)
class Screen:
    """A place that shows stock: the figure is ``lag_s`` old and renewed every ``period_s`` (0 = continuously)."""

    lag_s: float = setting(0.0, "age of the figure", "s", 0, 3600)
    period_s: float = setting(0.0, "refresh period", "s", 0, 3600)

    def __post_init__(self) -> None:
        validate(self, "screen")


@dataclass(frozen=True)
class Touchpoints:
    """The four places where a stock figure is seen; none of them decides whether an order is accepted."""

    back_office: Screen = setting(Screen(1.0, 5.0), "back office 后台", source="domain 2.4 refresh 5-60 s", confidence="H")
    host_screen: Screen = setting(Screen(2.0, 0.0), "host screen 主播大屏")
    product_page: Screen = setting(Screen(1.0, 0.0), "product page")
    cart: Screen = setting(Screen(1.0, 0.0), "shopping cart")


@dataclass(frozen=True)
class Outage:
    """A hole in the feed: readings in it are lost, or arrive together at its end."""

    at_s: float = setting(0.0, "start", "s", 0, 10**6, confidence="-")
    duration_s: float = setting(60.0, "length", "s", 0, 86400, confidence="-")
    catch_up: bool = setting(False, "readings arrive at the end instead of being lost")


SOURCES = ("stock", "orders", "carts", "traffic")
"""What a reading is made of: stock with status and back office; orders, paid and unpaid; carts; viewers."""


@dataclass(frozen=True)
class Source:
    """A part of the readings that comes on its own; what is not set is the feed's."""

    period_s: float | None = setting(None, "a reading every", "s", 0.01, 3600)
    lag_s: float | None = setting(None, "delay of a reading (median)", "s", 0, 3600)
    loss_p: float | None = setting(None, "readings lost", "", 0, 1)

    def __post_init__(self) -> None:
        validate(self, "source")


class Message(NamedTuple):
    """Sources that come together: their places in SOURCES, then as in :class:`Feed`."""

    sources: tuple[int, ...]
    period_s: float
    lag_s: float
    loss_p: float


@dataclass(frozen=True)
class Feed:
    """What lies between the ledger and the alert engine. Sources with the same period, lag and loss come in one message."""

    period_s: float = setting(1.0, "a reading every", "s", 0.01, 3600, "domain 2.4 dashboards 5-60 s; second-level is the aim")
    lag_s: float = setting(0.5, "delay of a reading (median)", "s", 0, 3600)
    lag_sigma: float = setting(0.0, "log standard deviation of the delay (0 = constant)", "", 0, 3)
    loss_p: float = setting(0.0, "readings lost", "", 0, 1, "GDQ poller 0.01-0.03", "M")
    duplicate_p: float = setting(0.0, "readings delivered twice", "", 0, 1)
    disorder_p: float = setting(0.0, "readings held up behind later ones", "", 0, 1)
    disorder_s: float = setting(10.0, "mean extra delay of those", "s", 0, 3600)
    outages: tuple[Outage, ...] = setting((), "outages", confidence="-")
    stock: Source = setting(Source(), "stock, status and back office, where they come on their own")
    orders: Source = setting(Source(), "orders, paid and unpaid, where they come on their own")
    carts: Source = setting(Source(), "carts, where they come on their own")
    traffic: Source = setting(Source(), "viewers, where they come on their own")

    def __post_init__(self) -> None:
        validate(self, "feed")

    def messages(self) -> tuple[Message, ...]:
        """What comes together, in the order of its first source.

        >>> [m.sources for m in Feed().messages()], [m.sources for m in Feed(carts=Source(lag_s=30.0)).messages()]
        ([(0, 1, 2, 3)], [(0, 1, 3), (2,)])
        """
        sources_by_way: dict[tuple[float, ...], list[int]] = {}
        for k, name in enumerate(SOURCES):
            own = getattr(self, name)
            how = tuple(getattr(self if getattr(own, f) is None else own, f) for f in ("period_s", "lag_s", "loss_p"))
            sources_by_way.setdefault(how, []).append(k)
        return tuple(Message(tuple(sources), *how) for how, sources in sources_by_way.items())

    def stock_age_s(self) -> float:
        """How old the stock figure is on average when it is acted on [s]: its lag and half its period."""
        message = next(m for m in self.messages() if SOURCES.index("stock") in m.sources)
        return message.lag_s + message.period_s / 2


@dataclass(frozen=True)
class NoticeChannel:
    """A way an alert reaches a person: delivery, then acknowledgement (lognormal by median and p90)."""

    name: str = setting("popup", "name", confidence="-")
    delivery_s: float = setting(0.2, "until it is there", "s", 0, 3600)
    ack_median_s: float = setting(8.0, "median from there to acknowledgement", "s", 0, 86400)
    ack_p90_s: float = setting(30.0, "90th percentile of it", "s", 0, 86400)
    seen_p: float = setting(0.97, "chance that it is seen at all", "", 0, 1)
    law: str = setting("lognormal", "law of the acknowledgement", choices=("lognormal", "exponential"))

    def __post_init__(self) -> None:
        validate(self, f"notice channel {self.name}")
        if self.ack_p90_s < self.ack_median_s:
            raise ScenarioError(
                _("notice channel {name!r}: ack_p90_s is below ack_median_s; swap or raise it").format(name=self.name)
            )


NOTICE_CHANNELS = (
    NoticeChannel("popup", 0.2, 8.0, 30.0, 0.97),
    NoticeChannel("push", 1.0, 45.0, 240.0, 0.85),
    NoticeChannel("sms", 4.0, 60.0, 180.0, 0.90),
    NoticeChannel("in_site", 1.0, 125.0, 415.0, 0.60, "exponential"),
    NoticeChannel("call", 8.0, 25.0, 90.0, 0.75),
    NoticeChannel("email", 5.0, 600.0, 3600.0, 0.40),
    NoticeChannel("own_eyes", 0.0, 0.0, 0.0, 1.0),
)
"""Control-room pop-up, app push, SMS 短信, in-site 站内信, call, e-mail (domain 3.4, all assumptions; SMS is a
vendor claim), and a person who is looking at the figure already."""


@dataclass(frozen=True)
class Shift:
    """Operators on duty from ``start_s`` to ``end_s`` (-1 = the end of the show)."""

    operators: int = setting(1, "people", "", 0, 1000, confidence="-")
    start_s: float = setting(0.0, "start", "s", 0, 10**6, confidence="-")
    end_s: float = setting(-1.0, "end", "s", -1, 10**6, confidence="-")

    def __post_init__(self) -> None:
        validate(self, "shift")


@dataclass(frozen=True)
class Staff:
    """Operators 中控/运营 and how they answer alerts."""

    shifts: tuple[Shift, ...] = setting((Shift(),), "who is on duty when", confidence="-")
    handling_s: float = setting(60.0, "mean time an alert occupies an operator (exponential)", "s", 0, 3600, "domain 6.2")
    human_model: str = setting("matching", "ideal, matching (believes as often as alerts were right) or fatigue",
                               choices=HUMAN_MODELS, source="Bliss 1995; Ancker 2017", confidence="M")  # fmt: skip
    trust: float = setting(0.8, "believed precision at the start", "", 0, 1)
    trust_weight: float = setting(0.2, "weight of the latest outcome in believed precision", "", 0, 1)
    trust_floor: float = setting(0.05, "chance added to it (epsilon)", "", 0, 1, "domain 3.3")
    repeat_factor: float = setting(0.7, "per further alert open in the same minute (fatigue)", "", 0, 1, "Ancker 2017", "H")
    night_loss: float = setting(0.3, "attention lost at the depth of the night (4 h); none from 10 h to 22 h", "", 0, 1)
    low_share: float = setting(0.1, "or this share of its listing, where that is more", "", 0, 1)
    judge_s: float = setting(600.0, "an alert was right if the SKU reached its safety stock within", "s", 1, 86400)
    channels: tuple[NoticeChannel, ...] = setting(NOTICE_CHANNELS, "notice channels", source="domain 3.4")

    def __post_init__(self) -> None:
        validate(self, "staff")
