"""StockCue: rehearse stock alerts for a live show before it goes on air."""

from sim.places import watch

__version__ = "0.3.0"

watch()
