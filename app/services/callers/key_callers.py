"""Whom an API key names now: asked of the database for each request that shows one, many at a time.

A key that is revoked binds the next request on every replica and every route, so nothing is remembered here. Requests
that come while a question is on its way share the next one, which begins after they came: one read at a time per
process, however many callers have keys. Callers with tokens wait for none of it.
"""

import asyncio
import hmac
import uuid
from collections.abc import Mapping
from datetime import datetime

from app.domain.case.attempt import Actor
from app.domain.values.errors import Unauthenticated
from app.services.callers.api_keys import hash_of
from app.services.store.callers import BY_KEY, KEY, KeyId, LiveKeys, StoredKey

USED_EVERY = 60.0
"""Seconds between two writes of when keys were last used."""
MOST_AT_ONCE = 500
Found = tuple[StoredKey | None, datetime]


class KeyCallers:
    def __init__(self, store: LiveKeys) -> None:
        self._store = store
        self._waiting: dict[KeyId, asyncio.Future[Found]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._used: dict[KeyId, datetime] = {}

    async def actor(self, token: str) -> Actor:
        """Raises Unauthenticated, and StoreUnavailable where nobody can be asked."""
        match = KEY.fullmatch(token)
        if match is None:
            raise Unauthenticated("it is no API key")
        key, at = await self._live((match[1], str(uuid.UUID(match[2]))))
        if key is None or not hmac.compare_digest(key.hash, hash_of(match[3])):
            raise Unauthenticated("the API key is not there, has expired, or was revoked")
        self._used[key.tenant, key.id] = at
        return Actor(
            tenant=key.tenant, id=key.subject, roles=key.roles, authenticated=f"{BY_KEY}{key.id}", scope=key.scope
        )

    async def note_uses(self) -> None:
        """Write down when keys were last used."""
        used, self._used = self._used, {}
        try:
            await self._store.note_api_key_uses(used)
        except BaseException:
            self._used = {**used, **self._used}
            raise

    async def _live(self, key: KeyId) -> Found:
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        answer = self._waiting[key]
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        """Ask for all who wait, until nobody does."""
        try:
            while self._waiting:
                keys = list(self._waiting)[:MOST_AT_ONCE]
                asked = {key: self._waiting.pop(key) for key in keys}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: Mapping[KeyId, asyncio.Future[Found]]) -> None:
        try:
            live, at = await self._store.live_api_keys(list(asked))
        except Exception as error:
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # whoever waited may have gone
            return
        for key, answer in asked.items():
            answer.set_result((live.get(key), at))
