"""Studies: rehearse, compare, check."""
