"""A backup was restored, and an operator says so in the log: then it is signed again from where it is."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from app.domain.log.notes import Checkpoint
from app.domain.values.json import Json
from app.services.entries.actors import operator_json
from app.services.entries.writing import entry_of, write
from app.services.log import tiling
from app.services.log.signing import Place, Published, origin_of
from app.services.store.log_tree import Head, TreeStore
from app.services.store.transactions import EntryTransaction, Transactions

MOST_LOOKED_AT = 20
PAGE = 200


class RestoringStore(TreeStore, Transactions[EntryTransaction], Protocol): ...


async def has_departed(store: TreeStore, tenant: str, before: Checkpoint) -> bool:
    """Whether an entry of the log, which has its place, says that it goes another way than this checkpoint."""
    said = departing(before)
    entries = await store.departures(tenant, MOST_LOOKED_AT)
    return any(json.loads(entry).get("departs") == said for entry in entries)


async def departed(store: TreeStore, place: Place, name: str) -> AsyncIterator[tuple[Head, Checkpoint]]:
    """The tenants whose logs do not begin with what was published of them, and what that was."""
    published = await place.latest()
    after, tenants = "", set[str]()
    while heads := await store.heads(after, PAGE):
        published = await place.latest([origin_of(name, head.tenant) for head in heads])
        for head in heads:
            tenants.add(head.tenant)
            last = published.get(origin_of(name, head.tenant))
            if last is not None and not await _begins_so(store, head, last):
                yield head, last.checkpoint
        after = heads[-1].tenant
    for tenant, checkpoint in _gone(published, name, tenants):
        yield Head(tenant, 0, 0), checkpoint


async def tell_restored(store: RestoringStore, head: Head, before: Checkpoint, operator: str, reason: str) -> None:
    """The entry, in the log that goes another way now."""
    says: dict[str, Json] = {"departs": departing(before), "continues": {"size": head.size}}
    async with store.transaction(head.tenant) as tx:
        at = (await tx.lock([], [])).at
        entry = entry_of(
            "restore", head.tenant, at, actor=operator_json(operator), says=says, values={"/reason": reason}
        )
        await write(tx, entry)


def departing(before: Checkpoint) -> dict[str, Json]:
    return {"origin": before.origin, "size": before.size, "root": base64.b64encode(before.root).decode()}


async def _begins_so(store: TreeStore, head: Head, last: Published) -> bool:
    """As the signer judges it, with what it has been told already."""
    before = last.checkpoint
    if before.size <= head.size:
        while not await tiling.keep_up(store, head.tenant, before.size):
            pass
        if await tiling.root(store, head.tenant, before.size) == before.root:
            return True
    return await has_departed(store, head.tenant, before)


def _gone(published: Mapping[str, Published], name: str, tenants: set[str]) -> Sequence[tuple[str, Checkpoint]]:
    """Logs that the restored database does not have at all."""
    prefix = f"{name}/"
    return [
        (origin.removeprefix(prefix), one.checkpoint)
        for origin, one in published.items()
        if origin.startswith(prefix) and origin.removeprefix(prefix) not in tenants
    ]
