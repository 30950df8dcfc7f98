"""Models for counts of events, made for few events and empty cells: the counts go in, not effects."""
