"""What the log of a tenant says of changes to its policy, and of those that were refused."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.case.attempt import Actor
from app.domain.case.entry import AuditEntry
from app.domain.deciding.situation import ADMIN
from app.domain.values.errors import CaseError
from app.domain.values.json import Data, Json, JsonObject
from app.services.entries.actors import actor_json, operator_json
from app.services.entries.writing import entry_of
from app.services.policy.requests import AskedChange
from app.services.store.stored import PolicyLine


def changed_entry(
    actor: Actor, asked: AskedChange, gone: Sequence[PolicyLine], version: int, at: datetime
) -> AuditEntry:
    """The entry of a change that an administrator made."""
    says = {
        "how": "changed",
        "policy_version": version,
        "added": len(asked.add),
        "removed": len(gone),
        "lines_added": [line_json(line) for line in asked.add],
        "lines_removed": [{"id": line.id, **line_json(line)} for line in gone],
    }
    return _entry("policy", actor, asked, at, says)


def operator_entry(operator: str, tenant: str, added: Sequence[PolicyLine], version: int, at: datetime) -> AuditEntry:
    """The entry of lines that whoever runs the service added."""
    says: Data = {
        "how": "changed",
        "policy_version": version,
        "added": len(added),
        "removed": 0,
        "lines_added": [line_json(line) for line in added],
        "lines_removed": [],
    }
    return entry_of("policy", tenant, at, actor=operator_json(operator), says=says)


def refused_entry(actor: Actor, asked: AskedChange, refused: CaseError, at: datetime) -> AuditEntry:
    """The entry of an attempt to change the policy; it says who tried, not with which words."""
    says = {
        "event": ADMIN,
        "code": refused.code,
        "refused_by": [{"code": reason.code} for reason in refused.reasons],
        "added": len(asked.add),
        "removed": len(asked.remove),
    }
    return _entry("denied", actor, asked, at, says)


def _entry(kind: str, actor: Actor, asked: AskedChange, at: datetime, says: JsonObject) -> AuditEntry:
    who = actor_json(actor, actor.roles)
    reason = {"/reason": asked.reason} if asked.reason else {}
    return entry_of(kind, actor.tenant, at, actor=who, says={**says, "request_id": asked.request_id}, values=reason)


def line_json(line: PolicyLine) -> dict[str, Json]:
    """What an entry says of a line."""
    said = {name: getattr(line, name) for name in ("kind", "role", "tenant", "obj", "act", "when", "eft")}
    return {name: value for name, value in said.items() if value}
