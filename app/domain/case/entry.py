"""An entry of the log: before it is sealed, sealed, and what its caller keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.values.json import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An audit entry before it is sealed: what happened, without hashes and salts.

    `fields` maps RFC 6901 pointers (`/data/iban`, `/payload/note`, `/reason`) to values that stand in the
    entry only as commitments. `case_seq`, `source` and `target` are None where the entry is not part of a
    case's chain.
    """

    kind: str
    tenant: str
    entry_id: str
    at: datetime
    body: JsonObject
    fields: Mapping[str, Json] = field(default_factory=dict)
    case_id: str | None = None
    case_seq: int | None = None
    source: str | None = None
    target: str | None = None
    prev: str | None = None


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """One value behind a commitment: the only part of the log that can be erased."""

    path: str
    salt: bytes
    value: Json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A sealed entry: `entry` is the exact canonical text, `entry_hash` SHA-256(0x00 || entry) in hex."""

    draft: Draft
    entry: str
    entry_hash: str
    payload: tuple[PayloadRow, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the caller keeps to expose a later omission."""

    entry_id: str
    case_seq: int
    entry_hash: str
