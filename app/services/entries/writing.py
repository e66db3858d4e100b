"""Write the entries of what services do themselves: they stand in the log, and in the chain of no case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from app.domain.case.entry import AuditEntry, Draft
from app.domain.case.sealing import seal
from app.domain.values.json import Json
from app.services.entries.identity import new_id, new_salt
from app.services.store.stored import Record
from app.services.store.transactions import Recording

NO_VALUES: Final[Mapping[str, Json]] = {}


def entry_of(
    kind: str,
    tenant: str,
    at: datetime,
    *,
    actor: Json,
    says: Mapping[str, Json],
    values: Mapping[str, Json] = NO_VALUES,
    entry_id: str | None = None,
) -> AuditEntry:
    """An entry of the log of `tenant`, sealed. It says what `says` holds, and has `values` as commitments only."""
    named, body = entry_id or new_id(), {"actor": actor, **says}
    return seal(Draft(kind=kind, tenant=tenant, entry_id=named, at=at, body=body, fields=values), new_salt)


async def write(tx: Recording, *entries: AuditEntry) -> None:
    """Record entries, and nothing of a case."""
    await tx.record(Record(entries=entries))
