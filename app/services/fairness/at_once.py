"""How much of one caller is answered at a time: the rest waits in a line of its own, and holds up nobody else."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.services.fairness.company import Company

Key = TypeVar("Key", bound=Hashable)


@dataclass(eq=False)
class _Here:
    inside: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class AtOnce(Generic[Key]):
    """Of each key `alone` at once, or `among_others`, where other keys come too: who comes between waits behind so many
    of each, every time that they wait for the loop."""

    def __init__(self, alone: int, among_others: int) -> None:
        self._alone = alone
        self._among_others = among_others
        self._here: dict[Key, _Here] = {}
        self._company: Company[Key] = Company()

    async def enter(self, key: Key) -> None:
        """Wait for a place; `leave` gives it back."""
        self._company.came(key)
        here = self._here.setdefault(key, _Here())
        if here.inside < self._most():
            here.inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        here.waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                self.leave(key)  # it was given a place in the same moment
            elif place in here.waiting:  # whoever left may have passed it over already
                here.waiting.remove(place)
            raise

    def leave(self, key: Key) -> None:
        here = self._here[key]
        here.inside -= 1
        while here.waiting and here.inside < self._most():
            place = here.waiting.popleft()
            if not place.done():
                here.inside += 1
                place.set_result(None)
        if not here.inside and not here.waiting:
            del self._here[key]

    def _most(self) -> int:
        return self._among_others if self._company.several else self._alone
