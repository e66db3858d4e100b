"""Which states of a case are active, and which were when a state was last left."""

from collections.abc import Mapping

Configuration = tuple[str, ...]
"""The active leaf states in declaration order."""
Memory = Mapping[str, Configuration]
"""State path -> the leaf states that were active in it when it was last left."""
