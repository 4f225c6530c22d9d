"""Judging Runs."""
