"""Durable execution: plans, chunks, workers, result parts, the work folder, resuming."""
