"""Candidate alerting strategies: one file each, leaves that know nothing but their contract."""
