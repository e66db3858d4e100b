"""What a row of the benchmark is: two figures of one run, their ratio, and the target that it has to meet."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.servers import Postgres, postgres

STARTED = time.perf_counter()


class Unusable(Exception):
    """A run that measured nothing: an answer was wrong, a server ended. The message says what."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `ours` and `limit` are figures in `unit` (`/s`, `ms`, `MB` ...); their ratio must be at least `target`, or at most
    where `at_least` is False. Without a target it is information and is always met.
    """

    what: str
    ours: float
    limit: float
    unit: str
    target: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.limit

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


@dataclass
class Bench:
    """What a group of rows is given: how long to measure, a folder on a disk, and one PostgreSQL for all.

    A run of load is `warm_up` seconds that do not count and `seconds` that do; a figure is the median of `rounds`.
    `quick` leaves out what no target asks for; `kept` lets a group reuse by name what another one made.
    """

    folder: Path
    stack: ExitStack
    rounds: int = 3
    seconds: float = 6
    warm_up: float = 1.5
    quick: bool = False
    kept: dict[str, object] = field(default_factory=dict)

    @cached_property
    def postgres(self) -> Postgres:
        """Started by the first who asks, stopped at the end of the run."""
        say("starting PostgreSQL")
        return self.stack.enter_context(postgres(self.folder))

    def interleaved(self, **runs: Callable[[], Any]) -> Mapping[str, Sequence[Any]]:
        """Run each in turn (A B A B A B), so that what else the machine does hits all alike; results by name."""
        results: dict[str, list[Any]] = {name: [] for name in runs}
        for turn in range(1, self.rounds + 1):
            for name, run in runs.items():
                results[name].append(run())
                say(f"  round {turn} of {self.rounds}, {name}: {results[name][-1]}")
        return results


Group = Callable[[Bench], Sequence[Row]]
"""One or more rows that are measured together."""


def median(figures: Sequence[float]) -> float:
    return float(statistics.median(figures))


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say(text: str) -> None:
    """A line of progress with the seconds since the start; stdout is for the table alone."""
    print(f"{time.perf_counter() - STARTED:5.0f} s  {text}", file=sys.stderr, flush=True)
