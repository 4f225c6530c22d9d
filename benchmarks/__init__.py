"""How fast, against what: parity first, then ratios from one run. Not part of the wheel."""
