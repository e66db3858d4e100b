"""Read the file of a replay, and tell how it goes and what it did."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from app.services.replay.report import Report

TOLD_EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""


@contextmanager
def opened(path: Path) -> Iterator[Iterator[str]]:
    """With or without a byte-order mark."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8-sig") as stream:
        yield stream


def lines_in(path: Path) -> int | None:
    """How many lines are not blank; None where that cannot be read, which the replay then says."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return sum(not line.isspace() for line in stream)
    except (OSError, EOFError):
        return None


def progress(total: int | None = None, clock: Callable[[], float] = monotonic) -> Callable[[Report], None]:
    """One line that is written over on a terminal, and elsewhere a line now and then."""
    began = shown_at = clock()
    terminal = sys.stderr.isatty()

    def show(report: Report) -> None:
        nonlocal shown_at
        now = clock()
        if terminal:
            print(f"\r\x1b[K{standing(report, total, now - began)}", end="", file=sys.stderr, flush=True)
        elif now - shown_at >= TOLD_EVERY:
            shown_at = now
            print(standing(report, total, now - began), file=sys.stderr, flush=True)

    return show


def standing(report: Report, total: int | None, seconds: float) -> str:
    """`1,200 of 55,000 events (2 %), 13 refused, 900/s, 1 min left`."""
    done = report.events
    speed = done / max(seconds, 0.001)
    share = f" of {total:,} events ({100 * done // total} %)" if total else " events"
    left = f", {_length((total - done) / speed)} left" if total and done else ""
    return f"{done:,}{share}, {report.refused.total():,} refused, {speed:,.0f}/s{left}"


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def summary(report: Report) -> Iterator[str]:
    counts = report.to_json()
    yield f"{counts['events']:,} events of {counts['cases']:,} cases in {counts['seconds']:.1f} s"
    yield f"{counts['events_per_second']:,.0f} events per second"
    yield f"accepted  {counts['accepted']:>10,}"
    yield f"refused   {sum(counts['refused'].values()):>10,}"
    for code, count in counts["refused"].items():
        yield f"  {code:<24} {count:>10,}"
    yield "final states"
    for state, count in counts["final_states"].items():
        yield f"  {state:<40} {count:>10,}"
