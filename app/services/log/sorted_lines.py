"""Lines in the order of their bytes, however many: sorted in runs on the disk, where nobody sees them, and merged."""

import heapq
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Final, Self

RUN: Final = 32 << 20
"""Bytes that are sorted in memory at a time."""
MOST_RUNS: Final = 256
"""Files that are open at a time; of so many one is made."""


class SortedLines:
    """Added in any order, each with its newline; then read once, the lowest first."""

    def __init__(self) -> None:
        self._runs: list[IO[bytes]] = []
        self._lines: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for run in self._runs:
            run.close()

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size > RUN:
            self._write_run()

    def merged(self) -> Iterator[bytes]:
        self._lines.sort()
        for run in self._runs:
            run.seek(0)
        return heapq.merge(*self._runs, self._lines)

    def _write_run(self) -> None:
        whole = len(self._runs) + 1 == MOST_RUNS
        run = tempfile.TemporaryFile()  # noqa: SIM115 closed by __exit__
        self._lines.sort()
        run.writelines(self.merged() if whole else self._lines)
        self._lines, self._size = [], 0
        for done in self._runs if whole else ():
            done.close()
        self._runs = [run] if whole else [*self._runs, run]
