"""Cosignatures of witnesses are kept in the log itself: what they say of a checkpoint is an entry after it."""

import base64
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from app.domain.log.cosignatures import Cosignature
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.services.entries.actors import operator_json
from app.services.entries.writing import entry_of, write
from app.services.store.log_tree import StoredCheckpoint
from app.services.store.transactions import EntryTransaction, Transactions

KIND: Final = "witnessed"
MOST: Final = 1_000
"""The newest of a log that are looked at."""


class Witnessed(Protocol):
    async def said(self, tenant: str, kind: str, limit: int) -> Sequence[str]:
        """The newest entries of a kind that belong to no case, as they are sealed, the oldest first."""
        ...


class WitnessedLog(Witnessed, Protocol):
    async def checkpoint(self, tenant: str, size: int | None = None) -> StoredCheckpoint | None: ...


class WitnessStore(Witnessed, Transactions[EntryTransaction], Protocol): ...


async def lines_of(store: Witnessed, tenant: str) -> Mapping[int, Sequence[str]]:
    """By size of a checkpoint the lines that witnesses added to it, each once."""
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for entry in await store.said(tenant, KIND, MOST):
        told = json.loads(entry)["witnessed"]
        found[told["size"]][told["line"]] = None
    return {size: list(lines) for size, lines in found.items()}


async def with_witnesses(
    store: WitnessedLog, tenant: str, some: Sequence[StoredCheckpoint]
) -> Sequence[StoredCheckpoint]:
    """These checkpoints with what witnesses said of them, and the newest below their end that one of them saw."""
    until, lines = max((one.size for one in some), default=0), await lines_of(store, tenant)
    last = max((size for size in lines if size <= until), default=None)
    seen = await store.checkpoint(tenant, last) if last is not None else None
    found = {one.size: one for one in (*some, *([seen] if seen else []))}
    return [replace(found[size], note=found[size].note + "".join(lines.get(size, ()))) for size in sorted(found)]


async def tell_witnessed(
    store: WitnessStore, checkpoint: StoredCheckpoint, found: Sequence[Cosignature], operator: str
) -> int:
    """Keep what was verified; how many of these were not there yet."""
    known = (await lines_of(store, checkpoint.tenant)).get(checkpoint.size, ())
    new = [one for one in found if one.line not in known]
    for one in new:
        says: dict[str, Json] = {
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
            "witness": str(one.witness),
            "at": rfc3339(one.at),
            "line": one.line,
        }
        async with store.transaction(checkpoint.tenant) as tx:
            at = (await tx.lock([], [])).at
            about: dict[str, Json] = {KIND: says}
            await write(tx, entry_of(KIND, checkpoint.tenant, at, actor=operator_json(operator), says=about))
    return len(new)
