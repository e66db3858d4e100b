"""When a process looks for garbage that holds itself in a circle: seldom, and always before it takes much memory."""

import gc
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage

SELDOM = 1_000
"""Looks at what is young, for one at all that came since the start; ten is what Python comes with."""
MOST = 128 * 2**20
"""Bytes that a process may grow by before it looks."""
LOOK_EVERY = 1.0
_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Bytes of memory that the process takes; where the system does not tell, the most that it ever took."""
    if _STATM.exists():
        return int(_STATM.read_bytes().split()[1]) * getpagesize()
    return getrusage(RUSAGE_SELF).ru_maxrss * 1024


class Garbage:
    """Beside batches of 1,000 a look at all takes 100 to 400 ms, and nobody is answered; most circles die young."""

    def __init__(self, memory: Callable[[], int] = resident, collect: Callable[[], object] = gc.collect) -> None:
        self._memory = memory
        self._collect = collect
        self._from = 0

    def stay(self) -> None:
        """Pass over what was built at the start: a look at all of a large policy takes 60 ms."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*gc.get_threshold()[:2], SELDOM)
        self._from = self._memory()

    async def look(self) -> None:
        now = self._memory()
        if now > self._from + MOST:
            self._collect()
            self._from = self._memory()
        else:
            self._from = min(self._from, now)
