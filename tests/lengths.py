"""How long a test by chance or by brute force is: short in `make test`, long in `make fuzz`, which says LONG=1."""

import os

LONG = bool(os.environ.get("LONG"))


def length(short: int, long: int) -> int:
    """How many lives, rounds or examples."""
    return long if LONG else short
