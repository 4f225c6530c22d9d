"""What a study is: rehearse, race, search, decide, recommend."""
