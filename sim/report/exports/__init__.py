"""A policy as rules of another alerting system."""
