"""What a store keeps of callers: API keys, and how much of its rate limit each one has used."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.policy.scope import Scope
from app.domain.values.names import TENANT
from app.services.store.transactions import EntryTransaction

BY_KEY = "api_key:"
"""How a caller with an API key is authenticated; its id follows."""


KEY_PREFIX = "sw_"
KEY = re.compile(rf"{KEY_PREFIX}({TENANT.pattern})_([0-9a-f]{{32}})_([A-Za-z0-9_-]{{43}})")
"""An API key: whose it is, its id, and 32 random bytes in base64url. The lengths keep the parts apart."""

KeyId = tuple[str, str]  # tenant, id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """An API key as it is kept: `hash` is the SHA-256 of its secret in hex, from which nobody makes the secret.

    It acts as `subject` with `roles` (and the roles that the policy gives to that subject), within `scope`.
    """

    tenant: str
    id: str
    title: str
    subject: str
    roles: frozenset[str]
    scope: Scope
    hash: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """What one process let through and was asked for, of one subject, since it last said so.

    `spent_us` is how many microseconds its bucket takes to refill by that, `asked` the number of requests.
    """

    tenant: str
    subject: str
    spent_us: int
    asked: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A subject's bucket as all processes share it: until it is full again it takes `backlog_us` from now (none where
    that is not above 0); `asked` counts the requests of all, since the row was made."""

    tenant: str
    subject: str
    backlog_us: int
    asked: int


class KeyReads(Protocol):
    async def api_keys(self, tenant: str, after: str | None, limit: int) -> Sequence[StoredKey]:
        """A page of all keys of a tenant, by id."""
        ...


class LiveKeys(Protocol):
    async def live_api_keys(self, keys: Sequence[KeyId]) -> tuple[Mapping[KeyId, StoredKey], datetime]:
        """Those that are there, not expired and not revoked, and the store's time. Never from a replica."""
        ...

    async def note_api_key_uses(self, uses: Mapping[KeyId, datetime]) -> None: ...


class RateStore(Protocol):
    async def settle_rates(self, spendings: Sequence[Spending]) -> Sequence[Settled]:
        """Add what was spent to the buckets that all share, and return them."""
        ...

    async def forget_rates(self) -> None:
        """Delete the buckets that are full."""
        ...


class KeyTransaction(EntryTransaction, Protocol):
    async def add_api_key(self, key: StoredKey) -> None: ...

    async def revoke_api_key(self, tenant: str, key_id: str, by: str, at: datetime) -> tuple[StoredKey | None, bool]:
        """The key as it is from now on, and whether that is new; None where there is none."""
        ...
