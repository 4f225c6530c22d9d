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
    "oversold_copy_units": Metric("of these, units of orders that the shop created twice (no demand)", "units", LOW),
    "copy_units": Metric("shipped units of orders that the shop created twice (no demand)", "units", LOW),
    "oversold_orders": Metric("orders with at least one oversold unit", "orders", LOW),
    "paid_orders": Metric("orders paid and not cancelled, copies included", "orders", HIGH),
    "oversell_rate": Metric("oversold orders / paid orders", "share", LOW),
    "session_oversold": Metric("1 if any unit was oversold; its mean over shows is the session probability", "0/1", LOW),
    "abandoned_units": Metric("never paid, expired, cancelled, or refused to one who would not have kept it", "units", NEITHER),
    "missed_units": Metric("refused units that would have been sold: every cause but true_stockout", "units", LOW),
    "missed_true_stockout": Metric("refused, and no unit was left for it: nobody could have sold it", "units", NEITHER),
    "missed_frozen_alert": Metric("refused while frozen or delisted, though units stayed unsold", "units", LOW),
    "missed_buffer_quota": Metric("refused for a buffer, a quota or hidden units that stayed unsold", "units", LOW),
    "missed_held_unpaid": Metric("refused for units held by orders that gave them back", "units", LOW),
    "missed_stale_display_zero": Metric("refused because a stale view showed too little", "units", LOW),
    "missed_phantom": Metric("refused because the record showed less than there was", "units", LOW),
    "missed_exposure_cut": Metric(
        "kept away by a cut of exposure or of a cue, or by talk of a sell-out, though units stayed unsold", "units", LOW
    ),
    "missed_no_restock": Metric("refused although a request in time would have brought units", "units", LOW),
    "avoidable_units": Metric("missed units (no_restock where hindsight asks) less what moved cues won, 0 or more", "units", LOW),
    "missed_rate": Metric("avoidable units / (sold + avoidable units)", "share", LOW),
    "missed_gmv": Metric("missed units at their price, less the share bought later (recapture)", "CNY", LOW),
    "gmv": Metric("sold units at their price", "CNY", HIGH),
    "refunded_units": Metric("units paid for and given back at once, for want of stock; they count as missed too", "units", LOW),
    "cancelled_orders": Metric("orders the seller cancels: oversold and refunded", "orders", LOW),
    "settled_orders": Metric("orders that were paid for: paid and refunded", "orders", NEITHER),
    "seller_cancel_rate": Metric("cancelled orders / settled orders [SFCR]", "share", LOW),
    "won_units": Metric("of the sold units, those of shoppers whom a cue of the policy's own making brought", "units", HIGH),
    "unsold_units": Metric("units left at the end, deliveries included", "units", LOW),
    "sell_through": Metric("sold units / units there were to sell", "share", HIGH),
    "fill_rate": Metric("sold units / demand", "share", HIGH),
    # what the policy did to shoppers
    "frozen_minutes": Metric("SKU-minutes frozen or delisted during the show", "min", NEITHER),
    "freeze_minutes": Metric("of these, minutes in which a buyer was refused a unit that could have been shipped", "min", LOW),
    "refused_attempts": Metric("attempts refused, retries and orders that found the item delisted included", "attempts", LOW),
    "shown_but_failed": Metric("of these, while the page or the cart showed stock", "attempts", LOW),
    "toggles": Metric("delistings and relistings", "events", LOW),
    "annoyances": Metric("refused attempts + shown but failed + toggles", "events", LOW),
    "pitched_empty": Metric("cues the host began for an item that was sold out", "cues", LOW),
    # how good the alerts were
    "risk_events": Metric(
        "times an item was in trouble in the silent run: one promise too many, or nothing left", "events", NEITHER
    ),
    "foreseen_events": Metric("of these, those in a window that a judged alert claimed", "events", HIGH),
    "true_claims": Metric("alerts with an event in one of their windows [t + L, t + L + W], one for each effect", "claims", HIGH),
    "late_claims": Metric("alerts whose event came before their first effect could", "claims", LOW),
    "false_claims": Metric("alerts without an event", "claims", LOW),
    "repeats": Metric("alerts of the same or a lower level while a claim was open: noise", "alerts", LOW),
    "unjudged_claims": Metric("alerts whose windows end after the show: neither right nor wrong", "claims", NEITHER),
    "precision": Metric("distinct events foreseen / (these + late/2 + false claims)", "share", HIGH),
    "precision_watch": Metric("the same of claims of level watch", "share", HIGH),
    "precision_prepare": Metric("the same of claims of level prepare", "share", HIGH),
    "precision_emergency": Metric("the same of claims of level emergency", "share", HIGH),
    "recall": Metric("events that some claim foresaw / events", "share", HIGH),
    "lead_s": Metric("event less the alert that first foresaw it, mean over events that have one", "s", HIGH),
    "usable_lead_s": Metric("the same less L, the time from alert to the effect whose window it is", "s", HIGH),
    "usable_share": Metric("true / (true + late) claims", "share", HIGH),
    "nab": Metric("early-detection score: 0 silent, 100 every event at once and nothing else", "points", HIGH),
    # noise
    "alerts": Metric("alerts sent (all-clears not counted)", "alerts", LOW),
    "alerts_handled": Metric("notices that somebody minded, all-clears included", "notices", LOW),
    "notices": Metric("notices people receive: one per alert and channel, all-clears included", "notices", LOW),
    "notices_per_operator_hour": Metric("the same per hour of an operator on duty; inf where nobody is", "1/h", LOW),
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
    "net_shipped": Metric("c x sold units: price x margin x (1 - return rate), what a kept unit earns", "CNY", HIGH),
    "net_recaptured": Metric("recapture x c x units refused to those of the drawn tape who would have kept them", "CNY", NEITHER),
    "cost_oversold": Metric("co x oversold units", "CNY", LOW),
    "cost_refunded": Metric("co x refunded units", "CNY", LOW),
    "cost_requests": Metric("request_cost x requests for stock", "CNY", LOW),
    "cost_rush": Metric("rush x price x units that came on request", "CNY", LOW),
    "cost_leftover": Metric("leftover x units that came on request and were not sold", "CNY", LOW),
    "cost_unsold": Metric("cs x other unsold units", "CNY", LOW),
    "cost_holding": Metric("holding x price x those of these units that are of profit items", "CNY", LOW),
    "cost_alerts": Metric("ca x notices handled", "CNY", LOW),
    "cost_annoyances": Metric("cx x annoyances", "CNY", LOW),
    "cost_service": Metric("ask_cost x ask_share x refused attempts, where the chat is on", "CNY", LOW),
    "cost_penalty": Metric("what this show's cancelled orders cost at the platform, by the shop's rolling rate", "CNY", LOW),
    "refused_margin": Metric("c x units refused to those of the drawn tape who would have kept them", "CNY", LOW),
    "cancelled_units": Metric("oversold and refunded units", "units", LOW),
    "cancelled_value": Metric("price x oversold and refunded units", "CNY", LOW),
    "cancelled_margin": Metric("c x oversold and refunded units", "CNY", LOW),
    "net": Metric("what the show earned: net_shipped + net_recaptured less the costs above", "CNY", HIGH),
    "net_silent": Metric("net of the silent run on the same tape", "CNY", NEITHER),
    "net_hindsight": Metric("the most that the drawn tape could have earned", "CNY", NEITHER),
    "J": Metric("left on the table: net_hindsight - net; below 0 where the host sold more than any tape holds", "CNY", LOW),
    "J_silent": Metric("J of the silent run on the same tape", "CNY", NEITHER),
    "skill": Metric("100 (net - net_silent) / (net_hindsight - net_silent): 0 silent, 100 hindsight", "points", HIGH),
}
"""Name to (definition, unit, better), in the order of a row."""
