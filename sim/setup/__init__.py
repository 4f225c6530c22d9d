"""Plain data to records: the only room that knows setting names."""
