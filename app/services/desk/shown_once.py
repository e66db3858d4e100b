"""The cases in the answers of a batch: a large one once, and all together no more than an answer may have."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.values.data_size import bytes_of
from app.services.desk.answer import Answer

SMALL = 4 * 2**10
"""Bytes up to which a case stands in each of its results."""
MOST = 8 * 2**20
"""Bytes of all cases of an answer."""


class ShownOnce:
    """Looks at the answers of a batch as they come in, and lets go at once of what is left out: a thousand states of
    one case take a thousand times its memory."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._last: dict[str, tuple[int, int]] = {}
        self._bytes = 0

    def add(self, answers: Sequence[Answer]) -> None:
        """A large case stands in the last of its results only; what is too much for all together is left out too. A
        single answer is told as it is."""
        alone = len(self.answers) + len(answers) == 1
        for place, answer in enumerate(answers, len(self.answers)):
            self.answers.append(self._told(answer))
            if answer.case is not None and answer.case_id is not None and not alone:
                self._take(place, answer.case_id, bytes_of(answer.case))

    def _told(self, answer: Answer) -> Answer:
        """What each would change is told, as long as there is room."""
        if answer.changes is None:
            return answer
        size = bytes_of(answer.changes)
        if self._bytes + size > MOST:
            return replace(answer, changes=None, left_out=True)
        self._bytes += size
        return answer

    def _take(self, place: int, case_id: str, size: int) -> None:
        earlier, its_size = self._last.get(case_id, (0, 0))
        if its_size > SMALL:
            self._leave_out(earlier)
            self._bytes -= its_size
        if self._bytes + size > MOST:
            self._leave_out(place)
            size = 0
        self._last[case_id] = (place, size)
        self._bytes += size

    def _leave_out(self, place: int) -> None:
        self.answers[place] = replace(self.answers[place], case=None, left_out=True)
