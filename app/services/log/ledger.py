"""The log in its order: give entries their places, read them page by page, follow them as they come."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.domain.case.attempt import Actor
from app.domain.deciding.decide import no_such_case
from app.domain.values.errors import CaseError
from app.domain.values.names import SERVICE_TENANT
from app.services.cases.cases import Cases
from app.services.fairness.slices import Slices
from app.services.fairness.yielding import Round
from app.services.log.rights import KnownRights, Rights
from app.services.log.tails import Tails
from app.services.log.watches import LogWatches, Watch
from app.services.policy.policies import Policies
from app.services.store.log import Leaf, LeafQuery, LogStore, Placed

BATCH = 5_000
"""Entries of a tenant that get their places in one transaction."""
PAGE = 100
WINDOW = 1_000
"""Leaves looked through in one statement for those that the caller may read."""
MOST_WINDOWS = 20
"""Windows without anything for the caller before it gets an answer all the same."""
HEARTBEAT = 15.0
"""Seconds without anything new before a stream says that it is alive (proxies close what is silent for 30 to 60)."""
FEW = 50
"""Entries that are judged at once for somebody whose rights are known."""
Admitted = Callable[[], Awaitable[Actor]]
"""The caller once more, who waited meanwhile; raises where they would not be let in now."""


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

    def __init__(
        self, store: LogStore, policies: Policies, cases: Cases, log_watches: LogWatches, slices: Slices
    ) -> None:
        self._store = store
        self._policies = policies
        self._cases = cases
        self._log_watches = log_watches
        self._slices = slices
        self._tails = Tails(store, policies)
        self._round = Round()
        self._known = KnownRights(policies)
        self.on_sequenced: Callable[[int], None] = lambda count: None

    async def sequence(self, limit: int = BATCH) -> int:
        """Give the next leaf indexes to all entries that wait; how many. Any number of processes may try."""
        whole = 0
        while moved := await self._store.sequence(limit):
            whole += moved
            self._log_watches.look()
        self.on_sequenced(whole)
        return whole

    async def feed(self, actor: Actor, after: int, limit: int, wait: float, admitted: Admitted) -> FeedPage:
        """The entries of the tenant after a leaf index that the actor may read; waits up to `wait` seconds for one.

        Raises TooMany or Unavailable where too many wait, and what `admitted` raises of who waited.
        """
        if wait <= 0:
            async with self._cases.reads.reading(actor):
                return await self._first_page(actor, after, limit)
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        async with self._log_watches.watching(actor.tenant, actor.id) as watch:
            async with self._cases.reads.reading(actor):
                page = await self._first_page(actor, after, limit)
            while not (page.items or page.more or watch.closed) and await watch.more(until - loop.time()):
                page = await self._next_page(actor, watch, page.next_after, limit)
        await admitted()
        return page

    async def _first_page(self, actor: Actor, after: int, limit: int) -> FeedPage:
        """The first window in which there is something for the actor, of some."""
        for _ in range(MOST_WINDOWS):
            page = await self._page(actor, after, limit)
            after = page.next_after
            if page.items or not page.more:
                break
        return page

    async def follow(self, admitted: Admitted, case_id: str | None, after: int | None) -> AsyncGenerator[FeedPage]:
        """Pages as they come, of the tenant or of one case; an empty one after HEARTBEAT seconds without. `after` None
        begins with what is new.

        Raises TooMany or Unavailable before the first page, which is empty. Ends when the service stops, when
        `admitted` raises, and at the next entry of one who may not read it any more.
        """
        actor = await admitted()
        async with self._log_watches.watching(actor.tenant, actor.id, case_id) as watch:
            at = await self._store.log_size(actor.tenant) - 1 if after is None else after
            yield FeedPage((), at)
            woken = after is None and await watch.more(HEARTBEAT)  # what was there before is not asked for
            with suppress(CaseError):
                while not watch.closed:
                    page = await self._read(actor, watch, at, woken)
                    actor = await admitted()
                    if page.blind and page.next_after > at:
                        return
                    at = page.next_after
                    if page.items:
                        yield page
                    if not page.more:
                        woken = await watch.more(HEARTBEAT)
                        if not woken:
                            yield FeedPage((), at)

    async def _read(self, actor: Actor, watch: Watch, after: int, woken: bool) -> FeedPage:
        """By oneself what was there before; what woke all who wait, together with them."""
        if woken and after <= watch.until <= after + WINDOW:
            return await self._together(actor, watch, after, PAGE)
        if watch.case_id is None:
            return await self._page(actor, after, PAGE)
        leaves = await self._store.case_leaves(actor.tenant, watch.case_id, after, PAGE)
        if leaves:
            # asked after reading: no entry that is younger than a revocation
            await self._cases.check_log(actor, watch.case_id)
            after = leaves[-1].leaf_index
        return FeedPage(leaves, after, more=len(leaves) == PAGE)

    async def _next_page(self, actor: Actor, watch: Watch, after: int, limit: int) -> FeedPage:
        if after <= watch.until <= after + WINDOW:
            return await self._together(actor, watch, after, limit)
        return await self._page(actor, after, limit)

    async def _together(self, actor: Actor, watch: Watch, after: int, limit: int) -> FeedPage:
        """What is new, read once for all who wait, and judged for this actor; what takes long of it, in its turn."""
        until = watch.until
        placed = await self._tails.of(actor.tenant, after, until) if until > after else ()
        if len(placed) <= FEW and self._known.knows(actor):
            await self._round.give()
            return self._judged(actor, watch, placed, until, limit)
        async with self._slices.of((actor.tenant, actor.id)):
            return self._judged(actor, watch, placed, until, limit)

    def _judged(self, actor: Actor, watch: Watch, placed: Sequence[Placed], until: int, limit: int) -> FeedPage:
        rights = self.rights(actor)
        if watch.case_id is not None:
            placed = [one for one in placed if one.leaf.case_id == watch.case_id]
            if not all(rights.shows(one.standing) for one in placed):
                raise no_such_case()
        mine = [one.leaf for one in placed if rights.shows(one.standing) or (rights.oversees and not one.leaf.case_id)]
        reached = mine[limit - 1].leaf_index if len(mine) >= limit else until
        blind = watch.case_id is None and rights.blind
        return FeedPage(mine[:limit], reached, more=reached < until, blind=blind)

    def rights(self, actor: Actor) -> Rights:
        """By the policy as this process knows it now."""
        return self._known.of(actor)

    async def of_service(self, actor: Actor, after: int, limit: int) -> FeedPage:
        """The entries of the service's own log, which bind all tenants; for those who oversee theirs."""
        async with self._cases.reads.reading(actor):
            return await self._page(actor, after, limit, SERVICE_TENANT)

    async def _page(self, actor: Actor, after: int, limit: int, log: str | None = None) -> FeedPage:
        """Read again where the policy turns out to have changed: nothing is shown by one that is older than it."""
        while True:
            version = self._policies.engine.version
            page = await self._page_now(actor, after, limit, log or actor.tenant)
            await self._policies.refresh()
            if self._policies.engine.version == version:
                return page

    async def _page_now(self, actor: Actor, after: int, limit: int, log: str) -> FeedPage:
        rights = self.rights(actor)
        last = await self._store.log_size(log) - 1
        until = min(after + WINDOW, last)
        if until <= after or rights.blind:
            return FeedPage((), max(after, until), more=until < last, blind=rights.blind)
        query = LeafQuery(
            tenant=log,
            visible=rights.visible,
            administers=rights.oversees,
            after=after,
            until=until,
            limit=limit,
            audits=rights.audits,
        )
        leaves = await self._store.leaves(query)
        reached = leaves[-1].leaf_index if len(leaves) == limit else until
        return FeedPage(leaves, reached, more=reached < last)
