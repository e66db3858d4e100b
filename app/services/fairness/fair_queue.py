"""A queue that serves tenants in turn, and within a tenant its callers: who sends much waits behind themselves."""

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Generic, Protocol, TypeVar

Caller = tuple[str, str]
"""Tenant and subject."""


class Queued(Protocol):
    """What waits: so many attempts of one caller, in their order."""

    @property
    def caller(self) -> Caller: ...

    @property
    def size(self) -> int: ...


Waiting = TypeVar("Waiting", bound=Queued)


class FairQueue(Generic[Waiting]):
    """Those of one caller are dealt in the order in which they came."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[str, OrderedDict[str, deque[Waiting]]] = OrderedDict()  # the next one is the first
        self._some = asyncio.Event()
        self._resting: dict[Caller, deque[Waiting]] = {}

    def __bool__(self) -> bool:
        return bool(self._tenants)

    def put(self, waiting: Waiting) -> None:
        resting = self._resting.get(waiting.caller)
        if resting is None:
            self._line(waiting.caller).append(waiting)
            self._some.set()
        else:
            resting.append(waiting)

    def withdraw(self, waiting: Waiting) -> None:
        """Nobody waits for it any more; no error where it was dealt already."""
        tenant, subject = waiting.caller
        callers = self._tenants.get(tenant)
        if callers and waiting in callers.get(subject, ()):
            callers[subject].remove(waiting)
            self._leave(tenant, subject)
        elif waiting in self._resting.get(waiting.caller, ()):
            self._resting[waiting.caller].remove(waiting)

    def rest(self, caller: Caller) -> None:
        """Deal nothing to a caller until `go_on`."""
        tenant, subject = caller
        self._resting[caller] = self._line(caller)
        self._tenants[tenant][subject] = deque()
        self._leave(tenant, subject)

    def go_on(self, caller: Caller) -> None:
        if rested := self._resting.pop(caller):
            self._line(caller).extend(rested)
            self._some.set()

    async def any(self) -> None:
        """Wait until something waits."""
        while not self._tenants:
            self._some.clear()
            await self._some.wait()

    def deal(self, places: int, of_one: int | None = None) -> list[tuple[Waiting, int]]:
        """Hand out places one by one, to the tenants in turn and to each one's callers in turn, to a caller `of_one` at
        most: who got how many.

        What got fewer than it asked for is not here any more: whoever waits for it comes again with the rest, once
        these are decided, so that nothing of it is decided before what stands before it.
        """
        dealt: dict[Waiting, int] = {}
        of_callers: Counter[Caller] = Counter()
        served: list[tuple[Caller, deque[Waiting]]] = []
        for _ in range(places):
            if not self._tenants:
                break
            tenant, callers = next(iter(self._tenants.items()))
            subject, mine = next(iter(callers.items()))
            first = mine[0]
            dealt[first] = dealt.get(first, 0) + 1
            of_callers[tenant, subject] += 1
            self._tenants.move_to_end(tenant)
            callers.move_to_end(subject)
            if dealt[first] == first.size:
                mine.popleft()
            if mine and of_callers[tenant, subject] == of_one:
                served.append(((tenant, subject), deque(mine)))
                mine.clear()
            self._leave(tenant, subject)
        for (tenant, subject), mine in served:
            self._tenants.setdefault(tenant, OrderedDict())[subject] = mine
        for waiting, places_of in dealt.items():
            if places_of < waiting.size:
                self.withdraw(waiting)
        return list(dealt.items())

    def _line(self, caller: Caller) -> deque[Waiting]:
        tenant, subject = caller
        return self._tenants.setdefault(tenant, OrderedDict()).setdefault(subject, deque())

    def _leave(self, tenant: str, subject: str) -> None:
        callers = self._tenants[tenant]
        if not callers[subject]:
            del callers[subject]
        if not callers:
            del self._tenants[tenant]
