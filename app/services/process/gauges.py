"""How full a process is: what goes up and down, where a monitor looks now and then."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections to the database: how many somebody uses, and how many there may be."""

    in_use: int
    most: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """`waiting` attempts have no answer yet; `policy_version` is the one that this process decides by."""

    waiting: int
    connections: Connections
    policy_version: int
