"""What is true in every engine: tape, ledger, feed, response rules, the Run."""
