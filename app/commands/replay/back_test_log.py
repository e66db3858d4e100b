"""A log by case without holding it in memory: its lines in a scratch file, and of each case only where they stand."""

from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.domain.case.attempt import Attempt
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.replay.back_test import Life, life_of
from app.services.replay.event_log import LoggedEvent, read_again

AttemptOf = Callable[[LoggedEvent], Attempt]


class LogByCase:
    """Sixteen bytes a line, and some hundred a case. `last` is the moment of the latest line."""

    def __init__(self, case_type: str, name: str, attempt_of: AttemptOf, folder: Path) -> None:
        self.lines = 0
        self.last: datetime | None = None
        self._case_type = case_type
        self._name = name
        self._attempt_of = attempt_of
        self._file: BinaryIO = (folder / "lines").open("w+b")
        self._at = 0
        self._places: dict[str, array[int]] = {}  # by reference: offset and number of each line

    def keep(self, event: LoggedEvent) -> None:
        """A line, looked at as it will be when its case lives. Raises what `attempt_of` raises."""
        self._attempt_of(event)
        at = parse_rfc3339(event.attempt["occurred_at"])
        self.last = at if self.last is None else max(self.last, at)
        self._places.setdefault(event.reference, array("Q")).extend((self._at, event.number))
        self._at += self._file.write(event.text.encode() + b"\n")
        self.lines += 1

    def lives(self) -> Iterator[Life]:
        """Case by case, each read when it is asked for."""
        for places in self._places.values():
            yield life_of(map(self._event, places[::2], places[1::2]), self._attempt_of)

    def close(self) -> None:
        self._file.close()

    def _event(self, offset: int, number: int) -> LoggedEvent:
        self._file.seek(offset)
        return read_again(self._case_type, self._file.readline().decode(), self._name, number)
