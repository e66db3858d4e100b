"""A rate limit per subject, shared by all replicas: buckets in memory, settled with the database each second.

Each bucket is one number, the time until it is full again (the generic cell rate algorithm, ITU-T I.371): a request
adds what one token takes to refill, and is refused where that would exceed the time that all tokens take. Between two
settlements a process spends only its share, by how many of the subject's requests came to it.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from app.services.callers.rate import Rate
from app.services.store.callers import RateStore, Settled, Spending
from app.services.store.failures import StoreUnavailable

SETTLE_EVERY = 1.0
FORGET_EVERY = 600
"""Settlements between two deletions of the buckets that are full."""
MOST_SUBJECTS = 10_000
log = logging.getLogger("stateward")


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a request may pass: how many more may at once, and the seconds until one may (0: now) and all may."""

    allowed: bool
    remaining: int
    retry_after: float
    reset: float


@dataclass(slots=True)
class RateBucket:
    """`full_at` by the clock of this process; `asked_of_all` is None until the first settlement."""

    full_at: float = 0.0
    share: float = 1.0
    spent: int = 0
    asked: int = 0
    asked_of_all: int | None = None


class RateLimits:
    """The buckets of this process. A database that cannot be reached leaves each process with its own."""

    def __init__(
        self,
        store: RateStore,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_SUBJECTS,
    ) -> None:
        self.rate = rate
        self._store = store
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[tuple[str, str], RateBucket] = OrderedDict()  # the one used last is the last
        self._settlements = 0

    def take(self, tenant: str, subject: str) -> Taken:
        """One request of a subject."""
        return self._take(self._bucket(tenant, subject), 1, 0)

    def take_more(self, tenant: str, subject: str, attempts: int) -> Taken:
        """What a request that was taken has besides its first attempt.

        More than a bucket holds are let through where it was full before the request, and overdraw it: whoever sends
        such a batch waits until all of it is refilled.
        """
        return self._take(self._bucket(tenant, subject), attempts, 1)

    def _take(self, bucket: RateBucket, tokens: int, before: int) -> Taken:
        """`before`: tokens that the same request took already."""
        now, most = self._clock(), self.rate.seconds
        each = min(self.rate.cost / bucket.share, most)
        backlog = max(bucket.full_at - now, 0.0)
        bucket.asked += tokens
        over = backlog + tokens * each - most
        beyond = (tokens + before) * each > most + 1e-9
        if over > 1e-9 and not (beyond and backlog <= before * each + 1e-9):
            return Taken(False, 0, backlog if beyond else over, backlog)
        bucket.spent += tokens
        bucket.full_at = now + backlog + tokens * each
        return Taken(True, max(int((1e-9 - over) / each), 0), 0.0, backlog + tokens * each)

    async def settle(self) -> None:
        """Tell the database what was spent here, and learn what was spent everywhere."""
        unsettled = {key: (bucket.spent, bucket.asked) for key, bucket in self._buckets.items() if bucket.asked}
        try:
            settled = await self._store.settle_rates(
                [self._spending(key, *counts) for key, counts in unsettled.items()]
            )
            self._settlements += 1
            if self._settlements % FORGET_EVERY == 0:
                await self._store.forget_rates()
        except StoreUnavailable as error:
            log.warning("rate limits are not shared right now: %s", error)
            return
        for one in settled:
            self._learn(one, *unsettled[one.tenant, one.subject])
        self._drop(unsettled.keys())

    def _bucket(self, tenant: str, subject: str) -> RateBucket:
        key = (tenant, subject)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = RateBucket()
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket

    def _spending(self, key: tuple[str, str], spent: int, asked: int) -> Spending:
        return Spending(*key, round(spent * self.rate.cost * 1_000_000), asked)

    def _learn(self, settled: Settled, spent: int, asked: int) -> None:
        bucket = self._buckets.get((settled.tenant, settled.subject))
        if bucket is None:
            return
        bucket.spent -= spent
        bucket.asked -= asked
        since = settled.asked - bucket.asked_of_all if bucket.asked_of_all is not None else asked
        bucket.asked_of_all = settled.asked
        bucket.share = min(1.0, asked / since) if since > 0 else 1.0
        # what was let through while the database was asked is not in its answer
        unsettled = bucket.spent * self.rate.cost / bucket.share
        bucket.full_at = self._clock() + max(settled.backlog_us / 1_000_000, 0.0) + unsettled

    def _drop(self, asked: object) -> None:
        """Let go of the buckets that are full and were not asked for: nobody is refused by them."""
        now = self._clock()
        idle = [key for key, bucket in self._buckets.items() if not bucket.asked and bucket.full_at <= now]
        for key in idle:
            del self._buckets[key]


def headers_of(rate: Rate, taken: Taken) -> list[tuple[bytes, bytes]]:
    """RateLimit fields (draft-ietf-httpapi-ratelimit-headers-03), whole seconds."""
    fields = {"limit": rate.amount, "remaining": taken.remaining, "reset": ceil(taken.reset)}
    return [(f"ratelimit-{name}".encode(), str(value).encode()) for name, value in fields.items()]
