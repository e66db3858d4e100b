"""The lives of the keys that sign, as the log says them: since when a key signs, until when, and since when not at all.

The log of the service has the whole life of each key. A tenant's has what changed after its first checkpoint: so each
log says by itself which signatures over it count, and the key that came next signs that.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from app.domain.log.notes import VerifierKey, signers_named
from app.domain.values.json import Json, JsonObject
from app.domain.values.names import SERVICE_TENANT
from app.services.entries.actors import operator_json
from app.services.entries.writing import NO_VALUES, entry_of, write
from app.services.store.log_tree import TreeStore
from app.services.store.transactions import EntryTransaction, Transactions

KIND: Final = "signing_key"
SIGNER: Final = "system:signer"
PAGE: Final = 200
MOST: Final = 1_000
"""Entries about keys that one log is asked for."""


class KeyStore(TreeStore, Transactions[EntryTransaction], Protocol): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLife:
    """A key by its name and id, and the moments that the log tells of it; `public` where it says the whole key."""

    key: str
    public: str | None = None
    begun: str | None = None
    ended: str | None = None
    revoked: str | None = None

    def told(self) -> str:
        """As a file of keys has it, which `verify` reads."""
        moments = {"from": self.begun, "until": self.ended, "revoked": self.revoked}
        said = "".join(f" {name}={at}" for name, at in moments.items() if at)
        return f"{self.public or self.key}{said}"


def lives(entries: Iterable[str]) -> dict[str, KeyLife]:
    """By name and id, from entries in their order."""
    found: dict[str, KeyLife] = {}
    for entry in map(json.loads, entries):
        told, at = entry["signing_key"], entry["at"]
        life = found.get(told["key"], KeyLife(key=told["key"]))
        if told.get("public"):
            life = replace(life, public=told["public"])
        match told["how"]:
            case "began":
                life = replace(life, begun=life.begun or at, ended=None)
            case "ended":
                life = replace(life, ended=at)
            case "revoked":
                life = replace(life, revoked=min(life.revoked or told["since"], told["since"]))
        found[told["key"]] = life
    return found


def named(key: VerifierKey) -> str:
    """Its name and id, by which signatures name it."""
    return f"{key.name}+{key.id.hex()}"


async def tell_exchange(store: KeyStore, tenant: str, before: str | None, keys: Sequence[VerifierKey]) -> None:
    """Say in a log which keys sign it from now on, and which no more; `before` is the note that was signed last.

    Whoever died before the next note was kept says it once all the same. Raises BadNote.
    """
    if before is None and tenant != SERVICE_TENANT:
        return
    now = {named(key): key for key in keys}
    told = {f"{name}+{told.hex()}" for name, told in signers_named(before)} if before is not None else set()
    begun, ended = now.keys() - told, {one for one in told - now.keys() if one.startswith(f"{keys[0].name}+")}
    if not begun and not ended:
        return
    known = lives(await store.said(tenant, KIND, MOST))
    signs = {one for one, life in known.items() if life.begun and not life.ended}
    over = {one for one, life in known.items() if life.ended}
    says: list[JsonObject] = [_says("ended", one) for one in sorted(ended - over)]
    says += [_says("began", one, now[one]) for one in sorted(begun - signs)]
    for one in says:
        await _write(store, tenant, one, SIGNER, None)


async def tell_revoked(store: KeyStore, key: VerifierKey, since: str, operator: str, reason: str) -> Sequence[str]:
    """Say in every log that what this key signs counts no more; in which it was not said yet."""
    told, after = list[str](), ""
    tenants = [SERVICE_TENANT]
    while tenants:
        for tenant in tenants:
            life = lives(await store.said(tenant, KIND, MOST)).get(named(key))
            if life is None or life.revoked is None or since < life.revoked:
                says = {**_says("revoked", named(key), key), "since": since}
                await _write(store, tenant, says, operator, reason)
                told.append(tenant)
        heads = await store.heads(after, PAGE)
        after = heads[-1].tenant if heads else after
        tenants = [head.tenant for head in heads if head.tenant != SERVICE_TENANT]
    return told


def _says(how: str, key: str, public: VerifierKey | None = None) -> JsonObject:
    return {"how": how, "key": key, **({"public": str(public)} if public else {})}


async def _write(store: KeyStore, tenant: str, says: JsonObject, who: str, reason: str | None) -> None:
    about: dict[str, Json] = {KIND: says}
    values = {"/reason": reason} if reason else NO_VALUES
    async with store.transaction(tenant) as tx:
        at = (await tx.lock([], [])).at
        await write(tx, entry_of(KIND, tenant, at, actor=operator_json(who), says=about, values=values))
