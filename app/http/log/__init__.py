"""The calls about the log: of a case, as a feed, as streams."""
