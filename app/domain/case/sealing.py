"""The bytes of an audit entry: canonical JSON, commitments to values, and the hash that chains it.

Formats of the log: RFC 8785 canonical JSON; entry_hash = SHA-256(0x00 || entry), the leaf hash of RFC 6962;
commitment = SHA-256("stateward-field/1\\0" || salt || JCS([path, value])); the first `prev` of a case is
SHA-256("stateward-case/1\\0" || JCS([tenant, case_id, definition_hash])). All hashes in hex.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import rfc8785

from app.domain.case.entry import AuditEntry, Draft, PayloadRow
from app.domain.values.errors import TooLarge
from app.domain.values.json import Json
from app.domain.values.rfc3339 import rfc3339
from app.domain.values.writable import MAX_EXACT

TYP = "stateward-entry/1"
MAX_ENTRY_BYTES = 32 * 1024
MAX_FIELDS = 200
SALT_BYTES = 32
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-4, 1e15
"""Between them ECMAScript, and so RFC 8785, writes a float without an exponent, as msgspec does."""
_PLAIN = msgspec.json.Encoder(order="sorted")


def canonical(value: Json) -> bytes:
    """RFC 8785 canonical JSON.

    Where no number is large, tiny or a whole float, and no name leaves ASCII, sorted JSON of msgspec is the same
    bytes a hundred times sooner, and most of what an event writes is so.
    """
    return _PLAIN.encode(value) if _is_plain(value) else rfc8785.dumps(value)


def genesis(tenant: str, case_id: str, definition: str) -> str:
    """The `prev` of a case's first entry."""
    return hashlib.sha256(b"stateward-case/1\0" + canonical([tenant, case_id, definition])).hexdigest()


def commitment(path: str, salt: bytes, value: Json) -> str:
    """What stands in the entry for a value that may have to be erased."""
    return hashlib.sha256(b"stateward-field/1\0" + salt + canonical([path, value])).hexdigest()


def entry_hash(entry: bytes) -> str:
    return hashlib.sha256(b"\0" + entry).hexdigest()


def seal(draft: Draft, new_salt: Callable[[], bytes], most: int = MAX_ENTRY_BYTES) -> AuditEntry:
    """Commit to the fields and fix the bytes. Raises TooLarge above 200 fields or `most` bytes."""
    if len(draft.fields) > MAX_FIELDS:
        raise TooLarge(f"an event may carry at most {MAX_FIELDS} properties, this one has {len(draft.fields)}")
    payload = tuple(PayloadRow(path, new_salt(), value) for path, value in draft.fields.items())
    document = _document(draft, payload)
    # a document of ours is plain but for the names of the fields, so it need not be looked through
    text = _PLAIN.encode(document) if all(map(str.isascii, draft.fields)) else rfc8785.dumps(document)
    if len(text) > most:
        raise TooLarge(f"the audit entry would have {len(text)} bytes, at most {most} are kept; shorten names")
    return AuditEntry(draft, text.decode(), entry_hash(text), payload)


def pointer(root: str, name: str) -> str:
    """An RFC 6901 pointer to a top-level property, such as `/data/iban`."""
    return f"/{root}/{name.replace('~', '~0').replace('/', '~1')}"


def pointer_of(root: str, names: Iterable[str]) -> str:
    """The same to what lies deeper."""
    for name in names:
        root = pointer(root, name).removeprefix("/")
    return f"/{root}"


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_EXACT <= value <= MAX_EXACT)
    if kind is float:
        return SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN and not value.is_integer()
    if kind is dict:
        return all(type(name) is str and name.isascii() and _is_plain(item) for name, item in value.items())
    return kind is list and all(map(_is_plain, value))


def _document(draft: Draft, payload: tuple[PayloadRow, ...]) -> Json:
    chained = (
        {}
        if draft.case_seq is None
        else {
            "case_seq": draft.case_seq,
            "prev": draft.prev,
            "source": draft.source,
            "target": draft.target,
        }
    )
    return {
        "typ": TYP,
        "tenant": draft.tenant,
        "entry_id": draft.entry_id,
        "kind": draft.kind,
        "at": rfc3339(draft.at),
        **({"case_id": draft.case_id} if draft.case_id else {}),
        **chained,
        **draft.body,
        "fields": {row.path: commitment(row.path, row.salt, row.value) for row in payload},
    }
