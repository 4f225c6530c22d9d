"""Every metric of a row of scores: what it means, its unit, and which way is better. Reports and documentation read this table.

Definitions follow domain 6.1. One row is one show under one policy; NaN means that the metric has no meaning there
(the precision of no alerts). To average a ratio over shows, add up its parts first where the row has them.
"""

from __future__ import annotations

from typing import NamedTuple

from scenarios.staffing import NOTICE_CHANNELS

LOW, HIGH, NEITHER = "low", "high", ""
CHANNELS = tuple(c.name for c in NOTICE_CHANNELS)


class Metric(NamedTuple):
    """``better``: "low", "high" or "" where neither is."""

    definition: str
    unit: str
    better: str


METRICS: dict[str, Metric] = {
    # demand and where it went
    "demand_units": Metric("units asked for in the last attempt of every shopper", "units", NEITHER),
    "sold_units": Metric("paid, kept and shipped units", "units", HIGH),
    "oversold_units": Metric("paid and kept units beyond what exists, first paid first served; with copies", "units", LOW),
    "oversold_copy_units": Metric(
        "oversold units of orders that the shop created twice: nobody had asked for them", "units", LOW
    ),
    "copy_units": Metric("shipped units of orders that the shop created twice: nobody had asked for them", "units", LOW),
    "oversold_orders": Metric("orders with at least one oversold unit", "orders", LOW),
    "paid_orders": Metric("orders paid and not cancelled, copies included", "orders", HIGH),
    "oversell_rate": Metric("oversold orders / paid orders", "share", LOW),
    "session_oversold": Metric("1 if any unit was oversold; its mean over shows is the session probability", "0/1", LOW),
    "abandoned_units": Metric(
        "units never paid, expired, cancelled, or refused to a shopper who would not have kept them", "units", NEITHER
    ),
    "missed_units": Metric(
        "refused units that would have been sold: every cause but a true stock-out (no unit was left for anybody)", "units", LOW
    ),
    "missed_true_stockout": Metric("units refused when no unit was left for them: nobody could have sold them", "units", NEITHER),
    "missed_frozen_alert": Metric("units refused while frozen or delisted, though units stayed unsold", "units", LOW),
    "missed_buffer_quota": Metric("units refused for a buffer, a quota or hidden units that stayed unsold", "units", LOW),
    "missed_held_unpaid": Metric("units refused for others held by orders that gave them back", "units", LOW),
    "missed_stale_display_zero": Metric("units refused because a stale view showed too little stock", "units", LOW),
    "missed_phantom": Metric("units refused because the record showed less than there was", "units", LOW),
    "missed_exposure_cut": Metric(
        "units of shoppers kept away by a cut of exposure or of a cue, or by talk of a sell-out, though units stayed unsold",
        "units",
        LOW,
    ),
    "missed_no_restock": Metric("units refused although a request for stock in time would have brought them", "units", LOW),
    "avoidable_units": Metric(
        "missed units, those for want of a restock only where hindsight asks for one, less units that moved cues won; 0 or more",
        "units",
        LOW,
    ),
    "missed_rate": Metric("avoidable units / (sold + avoidable units)", "share", LOW),
    "missed_gmv": Metric("missed units at their price, less the share bought later (recapture)", "CNY", LOW),
    "gmv": Metric("sold units at their price", "CNY", HIGH),
    "refunded_units": Metric("units paid for and given back at once, for want of stock; they count as missed too", "units", LOW),
    "cancelled_orders": Metric("orders the seller cancels: oversold and refunded", "orders", LOW),
    "settled_orders": Metric("orders that were paid for: paid and refunded", "orders", NEITHER),
    "seller_cancel_rate": Metric("cancelled orders / settled orders [SFCR]", "share", LOW),
    "won_units": Metric("sold units of shoppers whom a cue of the policy's own making brought", "units", HIGH),
    "unsold_units": Metric("units left at the end, deliveries included", "units", LOW),
    "sell_through": Metric("sold units / units there were to sell", "share", HIGH),
    "fill_rate": Metric("sold units / demand", "share", HIGH),
    # what the policy did to shoppers
    "frozen_minutes": Metric("SKU-minutes frozen or delisted during the show", "min", NEITHER),
    "freeze_minutes": Metric(
        "SKU-minutes frozen or delisted in which a buyer was refused a unit that could have been shipped", "min", LOW
    ),
    "refused_attempts": Metric("attempts refused, retries and orders that found the item delisted included", "attempts", LOW),
    "shown_but_failed": Metric("attempts refused while the page or the cart showed stock", "attempts", LOW),
    "toggles": Metric("delistings and relistings", "events", LOW),
    "annoyances": Metric("refused attempts + shown but failed + toggles", "events", LOW),
    "pitched_empty": Metric("cues the host began for an item that was sold out", "cues", LOW),
    # how good the alerts were
    "risk_events": Metric(
        "times an item was in trouble in the silent run: one promise too many, or nothing left", "events", NEITHER
    ),
    "foreseen_events": Metric(
        "times an item was in trouble in the silent run, in a window that a judged alert claimed", "events", HIGH
    ),
    "true_claims": Metric(
        "alerts with an event within W after they took effect (L after they were sent), one claim for each effect", "claims", HIGH
    ),
    "late_claims": Metric("alerts whose event came before their first effect could", "claims", LOW),
    "false_claims": Metric("alerts with no event in any of their windows", "claims", LOW),
    "repeats": Metric("alerts of the same or a lower level while a claim was open: noise", "alerts", LOW),
    "unjudged_claims": Metric("alerts whose windows end after the show: neither right nor wrong", "claims", NEITHER),
    "precision": Metric("distinct events foreseen / (distinct events foreseen + late claims / 2 + false claims)", "share", HIGH),
    "precision_watch": Metric(
        "precision of claims of level watch alone: distinct events foreseen / "
        "(distinct events foreseen + late claims / 2 + false claims)",
        "share",
        HIGH,
    ),
    "precision_prepare": Metric(
        "precision of claims of level prepare alone: distinct events foreseen / "
        "(distinct events foreseen + late claims / 2 + false claims)",
        "share",
        HIGH,
    ),
    "precision_emergency": Metric(
        "precision of claims of level emergency alone: distinct events foreseen / "
        "(distinct events foreseen + late claims / 2 + false claims)",
        "share",
        HIGH,
    ),
    "recall": Metric("events that some claim foresaw / events", "share", HIGH),
    "lead_s": Metric("event less the alert that first foresaw it, mean over events that have one", "s", HIGH),
    "usable_lead_s": Metric(
        "event less the moment at which the alert that first foresaw it took effect, mean over events that have one", "s", HIGH
    ),
    "usable_share": Metric("true claims / (true claims + late claims)", "share", HIGH),
    "nab": Metric("early-detection score: 0 silent, 100 every event at once and nothing else", "points", HIGH),
    # noise
    "alerts": Metric("alerts sent (all-clears not counted)", "alerts", LOW),
    "alerts_handled": Metric("notices that somebody minded, all-clears included", "notices", LOW),
    "notices": Metric("notices people receive: one per alert and channel, all-clears included", "notices", LOW),
    "notices_per_operator_hour": Metric(
        "notices people receive per hour of an operator on duty, all-clears included; inf where nobody is on duty", "1/h", LOW
    ),
    **{f"notices_{name}": Metric(f"notices by {name}", "notices", LOW) for name in CHANNELS},
    "notices_other": Metric("notices by channels of the scenario's own", "notices", LOW),
    "host_prompts": Metric("prompts on the host's screen", "prompts", LOW),
    "machine_orders": Metric("what machines were told to do at once, prompts aside", "orders", NEITHER),
    "alerts_per_sku_hour": Metric("alerts per SKU and hour", "1/h", LOW),
    "alerts_max_10min": Metric("most alerts in any 10 minutes; above 10 is a flood", "alerts", LOW),
    "episodes": Metric("alert episodes", "episodes", NEITHER),
    "flaps": Metric("level changes per episode after its first alert", "changes", LOW),
    "chattering_episodes": Metric("episodes with 3 or more level changes a minute", "episodes", LOW),
    "acknowledged_share": Metric("of alerts with a notice to people, those somebody minded", "share", HIGH),
    "handling_minutes": Metric("operator time spent on notices", "min", LOW),
    "suppressed_duplicate": Metric("alerts not sent because sent before in the episode", "alerts", NEITHER),
    "suppressed_cooldown": Metric("alerts held back by the cooldown", "alerts", NEITHER),
    "suppressed_budget": Metric("alerts held back by the budget", "alerts", NEITHER),
    # money
    "net_shipped": Metric("price x margin x (1 - return rate) of sold units: what kept units earn", "CNY", HIGH),
    "net_recaptured": Metric(
        "recapture x price x margin x (1 - return rate) of units refused to shoppers of the drawn tape who would have kept them",
        "CNY",
        NEITHER,
    ),
    "cost_oversold": Metric("co, the cost of an oversold unit, x oversold units", "CNY", LOW),
    "cost_refunded": Metric("co, the cost of an oversold unit, x refunded units", "CNY", LOW),
    "cost_requests": Metric("request_cost x requests for stock", "CNY", LOW),
    "cost_rush": Metric("rush x price x units that came on request", "CNY", LOW),
    "cost_leftover": Metric("leftover x units that came on request and were not sold", "CNY", LOW),
    "cost_unsold": Metric("cs, the cost of an unsold unit, x units left at the end that no request had brought", "CNY", LOW),
    "cost_holding": Metric("holding x price x units of profit items left at the end that no request had brought", "CNY", LOW),
    "cost_alerts": Metric("ca, the cost of a notice, x notices handled", "CNY", LOW),
    "cost_annoyances": Metric("cx, the cost of an annoyance, x annoyances", "CNY", LOW),
    "cost_service": Metric("ask_cost x ask_share x refused attempts, where the chat is on", "CNY", LOW),
    "cost_penalty": Metric("what this show's cancelled orders cost at the platform, by the shop's rolling rate", "CNY", LOW),
    "refused_margin": Metric(
        "price x margin x (1 - return rate) of units refused to shoppers of the drawn tape who would have kept them", "CNY", LOW
    ),
    "cancelled_units": Metric("oversold and refunded units", "units", LOW),
    "cancelled_value": Metric("price x oversold and refunded units", "CNY", LOW),
    "cancelled_margin": Metric("price x margin x (1 - return rate) of oversold and refunded units", "CNY", LOW),
    "net": Metric("what the show earned: net_shipped + net_recaptured less every cost_ of the account", "CNY", HIGH),
    "net_silent": Metric("net of the silent run on the same tape", "CNY", NEITHER),
    "net_hindsight": Metric("the most that the drawn tape could have earned", "CNY", NEITHER),
    "J": Metric("left on the table: net_hindsight - net; below 0 where the host sold more than any tape holds", "CNY", LOW),
    "J_silent": Metric("left on the table of the silent run on the same tape: net_hindsight - net_silent", "CNY", NEITHER),
    "skill": Metric("100 (net - net_silent) / (net_hindsight - net_silent): 0 silent, 100 hindsight", "points", HIGH),
}
"""Name to (definition, unit, better), in the order of a row."""


def between(first: str, last: str) -> frozenset[str]:
    """Names of the metrics from one to another, both with them."""
    names = list(METRICS)
    return frozenset(names[names.index(first) : names.index(last) + 1])
