"""How many may wait or be served at once, of a tenant and of a caller, so that there is always room for others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from app.domain.values.errors import Unavailable
from app.services.fairness.fair_queue import Caller

Key = TypeVar("Key")


class Places:
    """A tenant may take as many places as it leaves free, a caller as many as their tenant then still may take: of
    10,000 a tenant alone gets 5,000, and its only caller half of that.

    A tenant that has nothing here is never turned away, nor is a caller of one that has room.
    """

    def __init__(self, most: int, what: str) -> None:
        self.most = most
        self._what = what
        self._of_tenants: Counter[str] = Counter()
        self._of_callers: Counter[Caller] = Counter()
        self.taken = 0

    @contextmanager
    def taking(self, caller: Caller, number: int = 1) -> Iterator[None]:
        """Raises Unavailable where there is no room."""
        self._check(caller, number)
        self._take(caller, number)
        try:
            yield
        finally:
            self._take(caller, -number)

    def _check(self, caller: Caller, number: int) -> None:
        tenant, _ = caller
        of_tenant, of_caller = self._of_tenants[tenant], self._of_callers[caller]
        if of_tenant and of_tenant + number > self.most - self.taken - number:
            raise Unavailable(f"too many {self._what} of your tenant are waiting; try again in a second")
        room = (self.most - self.taken + of_tenant) // 2 - of_tenant - number
        if of_caller and of_caller + number > room:
            raise Unavailable(f"too many {self._what} of yours are waiting; try again in a second")

    def _take(self, caller: Caller, number: int) -> None:
        self.taken += number
        _add(self._of_tenants, caller[0], number)
        _add(self._of_callers, caller, number)


def _add(counted: Counter[Key], key: Key, number: int) -> None:
    counted[key] += number
    if not counted[key]:
        del counted[key]
