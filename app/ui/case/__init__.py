"""The page of a case, and all that is done on it besides events with input."""
