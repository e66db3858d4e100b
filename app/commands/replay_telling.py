"""Read the file of a replay, and tell on the terminal how it goes and what it did."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from app.services.replay_report import Report


@contextmanager
def opened(path: Path) -> Iterator[Iterator[str]]:
    """With or without a byte-order mark."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8-sig") as stream:
        yield stream


def progress() -> Callable[[Report], None]:
    """One line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda _: None
    began = monotonic()

    def show(report: Report) -> None:
        speed = report.events / max(monotonic() - began, 0.001)
        print(
            f"\r\x1b[K{report.events:,} events, {report.refused.total():,} refused, {speed:,.0f}/s",
            end="",
            file=sys.stderr,
            flush=True,
        )

    return show


def summary(report: Report) -> Iterator[str]:
    told = report.to_json()
    yield f"{told['events']:,} events of {told['cases']:,} cases in {told['seconds']:.1f} s"
    yield f"{told['events_per_second']:,.0f} events per second"
    yield f"accepted  {told['accepted']:>10,}"
    yield f"refused   {sum(told['refused'].values()):>10,}"
    for code, count in told["refused"].items():
        yield f"  {code:<24} {count:>10,}"
    yield "final states"
    for state, count in told["final_states"].items():
        yield f"  {state:<40} {count:>10,}"
