"""Whoever signs the log in the place of a key of the settings, and a server that keeps what was signed."""
