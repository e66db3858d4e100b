"""Whoever signs the log in the place of a key of the settings."""
