"""The metrics of a live show for Prometheus to scrape, by its own client library (the extra ``metrics``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.replay.clock import StreamError
from sim.words import N_, _

COUNTERS = {"late": N_("lines that missed a reading"), "out_of_order": N_("lines earlier than the newest"),
            "repaired": N_(
                "lines whose figure was not written as a number"), "from_future": N_(
                "lines stamped far ahead, not confirmed"),
            "below_zero": N_("stock figures below zero"), "unreadable_seen": N_("seen times that could not be read"),
            "readings": N_("readings taken"), "missed_readings": N_("readings missed"), "alerts": N_("alerts said"),
            "restarts": N_("restarts")}  # fmt: skip
"""Counts of the metrics that only grow."""
STOCK, ORDERS, CLOSED, UNPAID = "stockcue_stock_units", "stockcue_orders_total", "stockcue_closed", "stockcue_unpaid_units"
"""Of every item (label ``sku``), read by exported rules: units on offer; units ordered so far; 1 while it takes no order; units
ordered and not paid yet."""
GAUGES = {
    "show_s": N_("newest moment of the show [s]"),
    "silent": N_("1 while stock is not seen"),
    "ended": N_("1 when the show is over"),
}


class Scrape:
    """A page of metrics on 127.0.0.1; ``server`` and ``thread`` are the library's."""

    def __init__(self, server: Any, thread: Any) -> None:
        self.server, self.thread = server, thread

    def close(self) -> None:
        """Take the page down."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Collector:
    """Metrics at the moment they are asked for."""

    def __init__(self, metrics: Callable[[], Mapping[str, Any]]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Any]:
        """What Prometheus reads."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        m = self.metrics()
        lines = CounterMetricFamily("stockcue_lines", _("lines by what became of them"), labels=["verdict"])
        for verdict, n in m["lines"].items():
            if verdict not in ("read", "held", "unfinished_bytes"):
                lines.add_metric([verdict], n)
        yield lines
        yield GaugeMetricFamily("stockcue_lines_held", _("lines that wait for another to confirm them"), m["lines"]["held"])
        for name, what in COUNTERS.items():
            yield CounterMetricFamily(f"stockcue_{name}", _(what), m[name])
        for name, what in GAUGES.items():
            named = "show_seconds" if name == "show_s" else name
            yield GaugeMetricFamily(f"stockcue_{named}", _(what), float(m[name]))
        health = m["health"]
        yield GaugeMetricFamily("stockcue_quiet_seconds", _("since the last line came"), health["quiet_s"])
        moved = GaugeMetricFamily("stockcue_moved_seconds", _("since each thing moved, as in the metrics file"), labels=["of"])
        for of, age_s in health["moved_s"].items():
            moved.add_metric([of], age_s)
        yield moved
        yield GaugeMetricFamily("stockcue_state_age_seconds", _("since the state was saved"), health["state_age_s"])
        yield GaugeMetricFamily("stockcue_well", _("1 while stock is seen, or the show is over"), float(health["well"]))
        yield from _items(m["items"])
        lag = GaugeMetricFamily("stockcue_lag_seconds", _("what was timed, as in the metrics file"), labels=["of", "figure"])
        for of, summary in m["lag_s"].items():
            for quantile in ("p50", "p95", "max"):
                lag.add_metric([of, quantile], summary[quantile])
        yield lag


def _items(items: Mapping[str, Mapping[str, int]]) -> Iterator[Any]:
    """What exported rules read, once the show has begun."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    families = (
        ("stock", GaugeMetricFamily(STOCK, _("units on offer"), labels=["sku"])),
        ("orders", CounterMetricFamily(ORDERS, _("units ordered so far"), labels=["sku"])),
        ("closed", GaugeMetricFamily(CLOSED, _("1 while the item takes no order"), labels=["sku"])),
        ("unpaid", GaugeMetricFamily(UNPAID, _("units ordered and not paid yet"), labels=["sku"])),
    )
    for figure, family in families:
        for sku, figures in items.items():
            family.add_metric([sku], figures[figure])
        yield family


def scraped(port: int, metrics: Callable[[], Mapping[str, Any]], tell: Callable[[str], None]) -> Scrape:
    """Serve ``metrics`` at http://127.0.0.1:port/metrics; :class:`StreamError` where that cannot be."""
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError:
        raise StreamError(_("prometheus_port= needs Prometheus' client library: pip install 'stockcue[metrics]'")) from None
    registry = CollectorRegistry()
    registry.register(Collector(metrics))
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise StreamError(
            _("prometheus_port={port} cannot be used ({strerror}); name another").format(port=port, strerror=error.strerror)
        ) from None
    tell(_("metrics are at http://127.0.0.1:{port}/metrics").format(port=port))
    return Scrape(server, thread)
