"""Recorded streams: reading, checking, replaying."""
