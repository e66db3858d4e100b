"""The values that a decision is made of: cases, attempts, and the entries of the log."""
