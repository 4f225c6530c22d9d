"""StockCue: rehearse stock alerts for a live show before it goes on air."""

__version__ = "0.3.0"
