"""The strategy contract, checked by machine."""
