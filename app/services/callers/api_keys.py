"""API keys of a tenant: made, listed and revoked by who administers it, each change an entry of the log."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.case.attempt import Actor
from app.domain.policy.scope import Scope
from app.domain.values.errors import CaseError, Invalid, NotFound, Reason, invalid
from app.domain.values.json import JsonObject
from app.domain.values.rfc3339 import rfc3339_or_none
from app.services.callers.key_scopes import scope_faults
from app.services.definitions.definitions import Definitions
from app.services.definitions.standing_versions import StandingVersions
from app.services.entries.actors import actor_json
from app.services.entries.identity import new_id
from app.services.entries.refusals import Refusals
from app.services.entries.writing import entry_of, write
from app.services.policy.policies import Policies
from app.services.policy.tenant_admin import log_refusal, verdict_on, without
from app.services.store.callers import BY_KEY, KEY_PREFIX, KeyReads, KeyTransaction, StoredKey
from app.services.store.definitions import DefinitionReads
from app.services.store.transactions import Transactions

SECRET_BYTES = 32
NO_KEYS_BY_KEYS = Reason("scope", "an API key cannot make API keys", "somebody who signs in has to do it")
"""Whoever stole a key would else keep access after it is revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """An API key that somebody asks for."""

    title: str
    subject: str
    roles: frozenset[str]
    scope: Scope
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who asks, in which request, in a transaction that has locked nothing yet."""

    tx: KeyTransaction
    actor: Actor
    at: datetime
    request_id: str


class KeyStore(Transactions[KeyTransaction], KeyReads, DefinitionReads, Protocol): ...


class ApiKeys:
    def __init__(self, store: KeyStore, policies: Policies, refusals: Refusals, definitions: Definitions) -> None:
        self._store = store
        self._policies = policies
        self._refusals = refusals
        self._definitions = definitions
        self._standing = StandingVersions(store, definitions)

    async def make(self, actor: Actor, wanted: NewKey, request_id: str) -> tuple[StoredKey, str]:
        """The key, and its text, which is nowhere afterwards. Raises Denied, and Invalid on an expiry that is past, an
        act or a case type that there is not."""
        await self._check_scope(actor, wanted.scope, request_id)
        async with self._administered(actor, request_id, "make", makes=True) as by:
            if wanted.expires_at is not None and wanted.expires_at <= by.at:
                raise invalid("expires_at", "must be in the future")
            secret = secrets.token_urlsafe(SECRET_BYTES)
            made = _key(actor, wanted, hash_of(secret), by.at)
            await by.tx.add_api_key(made)
            await self._log(by, "made", made)
        return made, f"{KEY_PREFIX}{made.tenant}_{made.id.replace('-', '')}_{secret}"

    async def list(self, actor: Actor, after: str | None, limit: int, request_id: str) -> Sequence[StoredKey]:
        """The keys in the order in which they were made, also those that expired or were revoked. Raises Denied."""
        async with self._administered(actor, request_id, "list"):
            pass
        return await self._store.api_keys(actor.tenant, after, limit)

    async def revoke(self, actor: Actor, key_id: str, request_id: str) -> StoredKey:
        """The key, which names nobody any more. Revoking it again changes nothing. Raises Denied and NotFound."""
        async with self._administered(actor, request_id, "revoke") as by:
            known, changed = await by.tx.revoke_api_key(actor.tenant, key_id, actor.id, by.at)
            if known is None:
                raise NotFound("there is no such API key")
            if changed:
                await self._log(by, "revoked", known)
        return known

    async def _check_scope(self, actor: Actor, scope: Scope, request_id: str) -> None:
        if not scope_faults(scope, self._definitions):
            return
        async with self._administered(actor, request_id, "make", makes=True):
            pass  # cases are counted for those only who may make keys
        if faults := scope_faults(scope, self._definitions, await self._standing.all()):
            raise Invalid("some of what the key is to be for is not there", errors=faults)

    @asynccontextmanager
    async def _administered(
        self, actor: Actor, request_id: str, how: str, makes: bool = False
    ) -> AsyncIterator[Administrator]:
        """A transaction of who may administer keys; for anybody else the attempt is logged, and Denied raised."""
        error: CaseError | None = None
        async with self._store.transaction(actor.tenant) as tx:
            locked = await tx.lock([], [])
            await self._policies.catch_up(locked.policy_version)
            verdict = verdict_on(self._policies, actor, locked.at)
            if makes and actor.authenticated.startswith(BY_KEY):
                verdict = without(verdict, NO_KEYS_BY_KEYS)
            if verdict.allowed:
                yield Administrator(tx, actor, locked.at, request_id)
            else:
                attempted = {"api_key": {"how": how}, "request_id": request_id}
                error = await log_refusal(tx, self._policies, self._refusals, actor, locked.at, attempted, verdict)
        if error is not None:
            raise error

    async def _log(self, by: Administrator, how: str, key: StoredKey) -> None:
        roles = self._policies.engine.closure(by.actor.tenant, by.actor.id, by.actor.roles)
        entry = entry_of(
            "api_key",
            key.tenant,
            by.at,
            actor=actor_json(by.actor, roles),
            says={"api_key": {"how": how, **_key_json(key)}, "request_id": by.request_id},
            values={"/title": key.title} if how == "made" else {},
        )
        await write(by.tx, entry)


def hash_of(secret: str) -> str:
    """The secret is 32 random bytes, which nobody guesses, so that a slow hash would only slow us."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(actor: Actor, wanted: NewKey, digest: str, at: datetime) -> StoredKey:
    return StoredKey(
        tenant=actor.tenant,
        id=new_id(),
        title=wanted.title,
        subject=wanted.subject,
        roles=wanted.roles,
        scope=wanted.scope,
        hash=digest,
        created_by=actor.id,
        created_at=at,
        expires_at=wanted.expires_at,
    )


def _key_json(key: StoredKey) -> JsonObject:
    return {
        "id": key.id,
        "subject": key.subject,
        "roles": sorted(key.roles),
        "acts": None if key.scope.acts is None else sorted(key.scope.acts),
        "case_types": None if key.scope.case_types is None else sorted(key.scope.case_types),
        "expires_at": rfc3339_or_none(key.expires_at),
    }
