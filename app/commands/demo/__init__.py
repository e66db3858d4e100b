"""`stateward demo`, and the people, cases and weeks that it makes up."""
