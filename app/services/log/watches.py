"""Tell those who wait that a tenant's log has grown: a process looks once for all of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.domain.values.errors import TooMany, Unavailable
from app.services.store.failures import StoreUnavailable
from app.services.store.log import LogStore

OFTEN = 0.25
"""Seconds between two looks while nobody tells us of what is new."""
SELDOM = 2.0
LISTEN_AGAIN = 5.0
MOST_WATCHES = 1_000
"""Readers that wait in one process; each keeps a connection of the server busy (app/commands/serve.py)."""
PER_CALLER = 50
PER_TENANT = 300
MOST = 1_000
"""Entries looked at in one statement."""
QUIET = frozenset({"read"})
"""Kinds of entries that come with the next of another kind: that one reads along is no news for who does."""
log = logging.getLogger("stateward.arrivals")


def _deaf() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How many may wait in one process."""

    streams_per_caller: int = PER_CALLER
    streams_per_tenant: int = PER_TENANT
    all: int = MOST_WATCHES


class Watch:
    """What one reader waits for: entries of a tenant, or of one case."""

    def __init__(self, watched: "Watched", caller: str, case_id: str | None, closed: asyncio.Event) -> None:
        self.caller = caller
        self.case_id = case_id
        self._watched = watched
        self._closed = closed
        self.grown = asyncio.Event()

    @property
    def closed(self) -> bool:
        """The service stops: answer with what there is."""
        return self._closed.is_set()

    @property
    def until(self) -> int:
        """The last leaf index that the process has seen."""
        return -1 if self._watched.size is None else self._watched.size - 1

    async def more(self, seconds: float) -> bool:
        """Wait until there may be more than was read before the call; false when the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self.grown.wait()
        except TimeoutError:
            return False
        if not self.closed:
            self.grown.clear()
        return True


@dataclass
class Watched:
    """A tenant that somebody watches; `size` is how much of its log the watches know of, None before the first look."""

    watches: set[Watch] = field(default_factory=set)
    size: int | None = None


class LogWatches:
    """`run` looks while somebody watches: at once when told, else every now and then."""

    def __init__(self, store: LogStore, limits: WatchLimits | None = None) -> None:
        self._store = store
        self._limits = limits or WatchLimits()
        self._watched: dict[str, Watched] = {}
        self._someone = asyncio.Event()
        self._news = asyncio.Event()
        self._grown: set[str] = set()
        self._trusted = False  # whether all that was new lately had been told of
        self._listens: Callable[[], bool] = _deaf
        self._listen_from = 0.0
        self._closed = asyncio.Event()

    @asynccontextmanager
    async def watching(self, tenant: str, caller: str, case_id: str | None = None) -> AsyncIterator[Watch]:
        """Begin before the first read, so that nothing comes between it and the wait. Raises TooMany, and Unavailable
        where so many wait that others would not be answered."""
        self._check_room(tenant, caller)
        watched = self._watched.setdefault(tenant, Watched())
        watch = Watch(watched, caller, case_id, self._closed)
        watched.watches.add(watch)
        self._someone.set()
        if watch.closed:
            watch.grown.set()
        try:
            yield watch
        finally:
            self._forget(tenant, watch)

    def look(self, tenant: str | None = None) -> None:
        """The log of a tenant has grown, or that of somebody."""
        self._grown |= set(self._watched) if tenant is None else {tenant}
        self._news.set()

    def close(self) -> None:
        """Let nobody wait any more."""
        self._closed.set()
        self._someone.set()
        self._news.set()
        for watched in self._watched.values():
            for watch in watched.watches:
                watch.grown.set()

    async def run(self) -> None:
        """Until `close`."""
        while not self._closed.is_set():
            await self._someone.wait()
            tenants = await self._wait()
            try:
                await self._listen()
                if await self._look_at(set(self._watched) if tenants is None else tenants):
                    self._trusted = tenants is not None
            except Exception as error:  # whatever it is: who waits would wait for ever
                unexpected = not isinstance(error, StoreUnavailable)
                log.warning("cannot follow the log, trying again: %s", error, exc_info=unexpected)
                self._trusted = False
                await self._rest()

    async def _wait(self) -> set[str] | None:
        """The tenants that we are told of, among those watched; None when it is time to look by ourselves."""
        try:
            async with asyncio.timeout(SELDOM if self._trusted else OFTEN):
                await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        tenants, self._grown = self._grown & self._watched.keys(), set()
        return tenants

    async def _look_at(self, tenants: set[str]) -> bool:
        """Whether there was anything new."""
        new = False
        for tenant in tenants:
            watched = self._watched.get(tenant)
            if watched is not None:
                new |= await self._look_at_one(tenant, watched)
        return new

    async def _look_at_one(self, tenant: str, watched: Watched) -> bool:
        if watched.size is None:
            watched.size = await self._store.log_size(tenant)
            _wake(watched, None)  # what they have read may be older
            return False
        found = await self._store.touched(tenant, watched.size - 1, MOST)
        if not found:
            return False
        watched.size = found[-1].leaf_index + 1
        _wake(watched, {one.case_id for one in found if one.kind not in QUIET})
        if len(found) == MOST:
            self.look(tenant)
        return True

    async def _listen(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._listens() and now >= self._listen_from:
            self._listen_from = now + LISTEN_AGAIN
            self._listens = await self._store.listen(self.look)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(OFTEN):
                await self._closed.wait()
        except TimeoutError:
            return

    def _check_room(self, tenant: str, caller: str) -> None:
        here = self._watched[tenant].watches if tenant in self._watched else set()
        mine = sum(watch.caller == caller for watch in here)
        if mine >= self._limits.streams_per_caller:
            raise TooMany(f"You follow the log {mine} times already, as often as one caller may; close one of them.")
        if len(here) >= self._limits.streams_per_tenant:
            raise TooMany(f"{len(here)} follow the log of your tenant already, as many as may; ask without waiting.")
        if sum(len(watched.watches) for watched in self._watched.values()) >= self._limits.all:
            raise Unavailable("Too many follow the log here; try again in a second, or ask without waiting.")

    def _forget(self, tenant: str, watch: Watch) -> None:
        watched = self._watched[tenant]
        watched.watches.discard(watch)
        if not watched.watches:
            del self._watched[tenant]
        if not self._watched and not self._closed.is_set():
            self._someone.clear()


def _wake(watched: Watched, cases: set[str | None] | None) -> None:
    if cases is not None and not cases:
        return
    for watch in watched.watches:
        if cases is None or watch.case_id is None or watch.case_id in cases:
            watch.grown.set()
