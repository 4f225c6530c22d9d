"""The ``stockcue`` command: words in, a verb called, its answer printed."""
