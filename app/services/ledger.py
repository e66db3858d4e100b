"""The log in its order: give entries their places, read them page by page, follow them as they come."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.domain.case import Actor
from app.domain.errors import CaseError, Unavailable
from app.domain.guard import View
from app.domain.situation import ADMIN
from app.services.arrivals import Arrivals
from app.services.cases import Cases
from app.services.log_store import Leaf, LeafQuery, LogStore
from app.services.policies import Policies
from app.services.scoped import scoped
from app.services.stored import Visible

BATCH = 5_000
"""Entries of a tenant that get their places in one transaction."""
PAGE = 100
WINDOW = 1_000
"""Leaves looked through in one statement for those that the caller may read."""
MOST_WINDOWS = 20
"""Windows without anything for the caller before it gets an answer all the same."""
HEARTBEAT = 15.0
"""Seconds without anything new before a stream says that it is alive (proxies close what is silent for 30 to 60)."""
ANY_CASE_TYPE = "*"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Entries in log order. `next_after` continues behind all that was looked at, what was left out included.

    `more`: there was more when it was read. `blind`: the caller may read nothing at all.
    """

    items: Sequence[Leaf]
    next_after: int
    more: bool = False
    blind: bool = False


class Ledger:
    """Reading takes no lock, and no connection while it waits."""

    def __init__(self, store: LogStore, policies: Policies, cases: Cases, arrivals: Arrivals) -> None:
        self._store = store
        self._policies = policies
        self._cases = cases
        self._arrivals = arrivals
        self.on_sequenced: Callable[[int], None] = lambda count: None

    async def sequence(self, limit: int = BATCH) -> int:
        """Give the next leaf indexes to all entries that wait; how many. Any number of processes may try."""
        whole = 0
        while moved := await self._store.sequence(limit):
            whole += moved
            self._arrivals.look()
        self.on_sequenced(whole)
        return whole

    def check_room(self) -> None:
        """Raises Unavailable where so many wait already that others would not be answered."""
        if self._arrivals.full:
            raise Unavailable("too many follow the log here; try again in a second, or ask without waiting")

    async def feed(self, actor: Actor, after: int, limit: int, wait: float) -> FeedPage:
        """The entries of the tenant after a leaf index that the actor may read; waits up to `wait` seconds for one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        async with self._arrivals.watching(actor.tenant) as watch:
            for _ in range(MOST_WINDOWS):
                page = await self._page(actor, after, limit)
                after = page.next_after
                if page.items or watch.closed:
                    break
                if not page.more and (wait <= 0 or not await watch.more(until - loop.time())):
                    break
        return page

    async def follow(
        self, admitted: Callable[[], Awaitable[Actor]], case_id: str | None, after: int | None
    ) -> AsyncGenerator[FeedPage]:
        """Pages as they come, of the tenant or of one case; an empty one after HEARTBEAT seconds without. `after` None
        begins with what is new.

        Ends when the service stops, when `admitted` raises, and at the next entry of one who may not read it any more.
        """
        actor = await admitted()
        async with self._arrivals.watching(actor.tenant, case_id) as watch:
            at = await self._store.log_size(actor.tenant) - 1 if after is None else after
            yield FeedPage((), at)
            with suppress(CaseError):
                while not watch.closed:
                    page = await self._read(actor, case_id, at)
                    actor = await admitted()
                    if page.blind and page.next_after > at:
                        return
                    at = page.next_after
                    if page.items:
                        yield page
                    if not page.more and not await watch.more(HEARTBEAT):
                        yield FeedPage((), at)

    async def _read(self, actor: Actor, case_id: str | None, after: int) -> FeedPage:
        if case_id is None:
            return await self._page(actor, after, PAGE)
        leaves = await self._store.case_leaves(actor.tenant, case_id, after, PAGE)
        if leaves:
            await self._cases.read(actor, case_id)  # asked after reading: no entry that is younger than a revocation
            after = leaves[-1].leaf_index
        return FeedPage(leaves, after, more=len(leaves) == PAGE)

    async def _page(self, actor: Actor, after: int, limit: int) -> FeedPage:
        """Read again where the policy turns out to have changed: nothing is shown by one that is older than it."""
        while True:
            version = self._policies.engine.version
            page = await self._page_now(actor, after, limit)
            await self._policies.refresh()
            if self._policies.engine.version == version:
                return page

    async def _page_now(self, actor: Actor, after: int, limit: int) -> FeedPage:
        roles = self._policies.engine.closure(actor.tenant, actor.id, actor.roles)
        visible = scoped(self._policies.engine.visible(actor.tenant, actor.id, roles), actor.scope)
        administers = self._administers(actor, roles)
        last = await self._store.log_size(actor.tenant) - 1
        until = min(after + WINDOW, last)
        blind = not administers and not _sees_any(visible)
        if until <= after or blind:
            return FeedPage((), max(after, until), more=until < last, blind=blind)
        leaves = await self._store.leaves(LeafQuery(actor.tenant, visible, administers, after, until, limit))
        reached = leaves[-1].leaf_index if len(leaves) == limit else until
        return FeedPage(leaves, reached, more=reached < last)

    def _administers(self, actor: Actor, roles: frozenset[str]) -> bool:
        """What concerns no case (policy, definitions, refused openings) is for those who administer all case types."""
        if actor.scope is not None and not actor.scope.covers(ANY_CASE_TYPE, ADMIN):
            return False

        def see() -> View:
            told = {"id": actor.id, "roles": sorted(roles), "on_behalf_of": None}
            return View({"data": {}, "payload": {}, "case": {}, "actor": told, "now": None})

        return self._policies.engine.decide(actor.tenant, roles, ANY_CASE_TYPE, ADMIN, see).allowed


def _sees_any(visible: Visible) -> bool:
    return not visible.denied_all and bool(visible.all_types or visible.types or visible.by_role)
