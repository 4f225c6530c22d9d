"""The night as it was run: what the team did (``Stream.did``) played on the stages that strategies are played on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sim.core.policy import Policy
from sim.core.response import DELIST_SKU, FREEZE_SKU, NOTIFY, REOPEN, RESTOCK, Action, Playbook
from sim.core.run import ALERT_DTYPE, ShowRun
from sim.core.stage import Stage
from sim.core.tape import CART, TAKE
from sim.core.units import US, odd
from sim.core.world import R_STOCK
from sim.engine.asrun import ADMIT, Deed
from sim.engine.simulate import play
from sim.replay.closedtape import asked_for
from sim.replay.silent import silent_policy
from sim.replay.stream import Stream
from sim.words import _
from strategies.contract import CALM, EMERGENCY, PREPARE

NOTICE = Action("notify", "person", "popup")
AS_RUN = Playbook(
    "as it was run", watch=(NOTICE,), prepare=(NOTICE,), emergency=(NOTICE, Action("freeze", "person", "popup")), resolved=()
)
"""What a notice of each level was for; nothing of it is carried out, the log says what was done."""
MEANS = {FREEZE_SKU: EMERGENCY, DELIST_SKU: EMERGENCY, RESTOCK: PREPARE, REOPEN: CALM}
"""What an action shows that its team knew, as the level of an alert."""


def night_name() -> str:
    """What tables call it."""
    return _("the night as it was run")


def night_policy() -> Policy:
    """Nobody but the log acts."""
    return replace(silent_policy(), playbook=AS_RUN, label=night_name())


def said_of(stream: Stream, stage: Stage) -> list[str]:
    """What has to be said of the night's row beside those of strategies."""
    lines = []
    if any(d.what == RESTOCK for d in stream.did):
        text = (
            _("the units that the team restocked come in the night as it was run alone; strategies ask for theirs "
              "(scenario.supply)")
            if asked_for(stage.scenario)
            else _("the units that the team restocked come under every strategy alike, since nothing says when they could "
                   "have been had; scenario.supply.requestable=SHARE lets strategies ask for stock themselves")
        )  # fmt: skip
        lines.append(text)
    if admissions(stream) and stage.scenario.ledger.mode != "deduct_on_payment":
        lines.append(
            _("the night as it was run keeps every recorded order, also those beyond the stock; the other rows are of a shop "
              "that refuses them, so compare oversold units only after scenario.ledger.mode= or scenario.leaks.* say how the "
              "shop oversells")
        )  # fmt: skip
    return lines


def as_run(stage: Stage, stream: Stream, player: Callable[..., ShowRun] = play) -> ShowRun:
    """The recorded night on a closed-loop stage of ``stream``: every recorded order is taken, as it was, also beyond the
    stock."""
    own = asked_for(stage.scenario)
    deeds = [d._replace(own=own) if d.what == RESTOCK else d for d in stream.did]
    return player(stage, night_policy(), deeds=[*admissions(stream), *deeds])


def admissions(stream: Stream) -> list[Deed]:
    """The orders that were taken although the recorded stock was below them: by moment and SKU, the units that must be let in."""
    order = np.lexsort((np.arange(len(stream.t)), stream.sku))
    order = order[stream.what[order] != CART]
    sku, t, took = stream.sku[order], stream.t[order], stream.what[order] == TAKE
    moves = np.where(took, -stream.qty[order], stream.qty[order]).astype(np.int64)
    first = np.searchsorted(sku, np.arange(len(stream.skus)))
    total = np.cumsum(moves)
    before = np.concatenate([[0], total])[first]
    level = np.array([s.stock for s in stream.skus])[sku] + total - before[sku]
    short = took & (level < 0)
    deeds = []
    for k, at in sorted(set(zip(sku[short].tolist(), t[short].tolist(), strict=True))):
        which = took & (sku == k) & (t == at)
        deeds.append(Deed(at - 1, k, ADMIT, float(-moves[which].sum())))
    return deeds


def known_by(stream: Stream, silent: ShowRun) -> ShowRun:
    """Open loop: what the team knew and when, as alerts: its notices, and its actions by the level they are of."""
    period = silent.scenario.feed.period_s
    rows = []
    for d in stream.did:
        level = int(d.value) if d.what == NOTIFY else MEANS[d.what]
        reading = max(0, min(int(d.t / US / period) - 1, len(silent.readings) - 1))
        stock = float(silent.readings[reading, d.sku, R_STOCK]) if len(silent.readings) else 0.0
        rows.append((odd(max(d.t, 0)), d.sku, level, reading, stock, 0.0, -1, -1))
    alerts = np.array(rows, ALERT_DTYPE).reshape(-1)
    return replace(silent, policy=night_policy(), alerts=alerts)
