"""What a sell-out sets off beside the order it refuses: talk in the chat 弹幕, questions to customer service 客服."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.setting import setting, validate


@dataclass(frozen=True)
class Chat:
    """Refused shoppers complain. While the chat talks of it, some of those who would have bought, whatever the item, turn away:
    a share ``put_off * min(1, talk / full)``, where talk counts refused attempts and each fades after ``fade_s``. A share
    ``ask_share`` of refused attempts asks customer service, at ``ask_cost`` each.

    That shoppers turn away is an assumption. Recorded chat hardly moves with orders (correlation .04, at best .11 [GDQ]); the
    default size is what vendors claim for rooms whose items sell out, a tenth of traffic for ten minutes [DC004].
    """

    on: bool = setting(False, "switch")
    put_off: float = setting(0.1, "largest share of shoppers who turn away while the chat talks of it", "", 0, 1,
                             "domain 2.3: -10 % after a stock-out [DC004]; that the chat does it: assumed")  # fmt: skip
    full: float = setting(20.0, "refused attempts talked about at which the share is reached", "attempts", 1, 10**6)
    fade_s: float = setting(600.0, "how long a refusal is talked about, mean", "s", 1, 86400, "domain 2.3: 10 min [DC004]")
    ask_share: float = setting(0.1, "refused attempts that ask customer service", "", 0, 1)
    ask_cost: float = setting(2.25, "what an enquiry costs, 3 min of a person", "CNY", 0, 10**6, "domain 6.2: 45 CNY/h")

    def __post_init__(self) -> None:
        validate(self, "chat")
