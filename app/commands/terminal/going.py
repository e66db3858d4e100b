"""How far a command is: one line that is written over on a terminal, and nothing elsewhere."""

import sys
from collections.abc import Callable
from time import monotonic

TOLD_EVERY = 0.2


def going(what: str, clock: Callable[[], float] = monotonic) -> Callable[[int, int], None]:
    shown_at = 0.0
    terminal = sys.stderr.isatty()

    def show(done: int, of: int) -> None:
        nonlocal shown_at
        if terminal and (done == of or clock() - shown_at >= TOLD_EVERY):
            shown_at = clock()
            print(f"\r\x1b[K{done:,} of {of:,} {what}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return show
