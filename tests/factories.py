"""Small builders for the values that tests store."""

import hashlib
import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry, Draft, PayloadRow
from app.domain.case.sealing import genesis
from app.domain.values.rfc3339 import rfc3339
from app.services.entries.identity import new_id
from app.services.store.stored import AnswerKey, Changed, Record, StoredAnswer

TENANT = "acme"
TENANTS = (TENANT, "globex", "beta", "zeta")
ALICE = "user:alice"
BOB = "user:bob"
OPENED = datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
_BEFORE: dict[str, tuple[str, str | None]] = {}
"""By the hash of an entry: the one before it, and the state that it left."""


def a_case(**values: Any) -> Case:
    """A case as it stands after its `opened` entry."""
    given = {
        "tenant": TENANT,
        "id": new_id(),
        "case_type": "expense_claim",
        "definition": "d" * 64,
        "definition_version": 1,
        "reference": None,
        "state": "draft",
        "version": 1,
        "seq": 1,
        "data": {"amount_cents": 100},
        "creator": ALICE,
        "opened_at": OPENED,
        "changed_at": OPENED,
        "recorded_at": values.get("changed_at", OPENED),
        "last_hash": "",
    }
    return told(Case(**(given | values)))


def moved(case: Case, state: str = "submitted", **values: Any) -> Case:
    """The case one entry later."""
    recorded_at = values.get("changed_at", case.recorded_at)
    given = {"state": state, "seq": case.seq + 1, "version": case.version + 1, "recorded_at": recorded_at}
    return told(replace(case, **(given | values)), case.last_hash, case.state)


def told(case: Case, prev: str | None = None, source: str | None = None) -> Case:
    """With the hash of the entry that `entry_of` makes of it."""
    prev = prev or genesis(case.tenant, case.id, case.definition)
    case = replace(case, last_hash=entry_of(case, source, prev=prev).entry_hash)
    _BEFORE[case.last_hash] = prev, source
    return case


def entry_of(case: Case, source: str | None = None, fields: dict[str, Any] | None = None, **values: Any) -> AuditEntry:
    """The sealed entry that says that the case is where it is; it is the same each time."""
    prev, left = _BEFORE.get(case.last_hash, (case.last_hash, None))
    given = {
        "kind": "opened" if case.seq == 1 else "transition",
        "tenant": case.tenant,
        "entry_id": f"{case.id}-{case.seq}",
        "at": case.recorded_at,
        "body": {"definition": {"hash": case.definition}},
        "fields": fields or {},
        "case_id": case.id,
        "case_seq": case.seq,
        "source": source or left,
        "target": case.state,
        "prev": prev,
    }
    return sealed(Draft(**(given | values)))


def denied(case: Case, **values: Any) -> AuditEntry:
    """The entry of a refused attempt, which is not part of the chain."""
    outside = {"kind": "denied", "entry_id": new_id(), "case_seq": None, "target": None, "prev": None}
    return entry_of(case, **(outside | values))


def sealed(draft: Draft) -> AuditEntry:
    """An entry with real hashes over a text that only tests would write."""
    names = ("tenant", "entry_id", "kind", "case_id", "case_seq", "source", "target", "prev")
    said = {name: getattr(draft, name) for name in names} | {"at": rfc3339(draft.at), **draft.body}
    entry = json.dumps({name: value for name, value in said.items() if value is not None})
    digest = hashlib.sha256(b"\0" + entry.encode()).hexdigest()
    payload = tuple(PayloadRow(path, secrets.token_bytes(32), value) for path, value in draft.fields.items())
    return AuditEntry(draft, entry, digest, payload)


def opening(*cases: Case) -> Record:
    return Record(cases=[Changed(None, case) for case in cases], entries=[entry_of(case) for case in cases])


def moving(*pairs: tuple[Case, Case]) -> Record:
    changes = [Changed(was.seq, now) for was, now in pairs]
    return Record(cases=changes, entries=[entry_of(now, source=was.state) for was, now in pairs])


def an_answer(
    key: str = "k1", answer: Any = None, lives: timedelta = timedelta(hours=24), **values: Any
) -> StoredAnswer:
    owner = AnswerKey(values.pop("tenant", TENANT), values.pop("subject", ALICE), key)
    return StoredAnswer(owner, values.pop("fingerprint", "f" * 64), answer, datetime.now(UTC) + lives)
