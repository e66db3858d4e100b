"""What the log of a tenant says of changes to its policy, and of those that were refused."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.case.attempt import Actor
from app.domain.case.entry import Draft
from app.domain.deciding.situation import ADMIN
from app.domain.values.errors import CaseError
from app.domain.values.json import Json
from app.services.entries.identity import new_id
from app.services.policy.requests import AskedChange
from app.services.store.stored import PolicyLine


def changed_draft(actor: Actor, asked: AskedChange, gone: Sequence[PolicyLine], version: int, at: datetime) -> Draft:
    """The entry of a change that an administrator made."""
    body = {
        **_by(actor, asked),
        "how": "changed",
        "policy_version": version,
        "added": len(asked.add),
        "removed": len(gone),
        "lines_added": [line_told(line) for line in asked.add],
        "lines_removed": [{"id": line.id, **line_told(line)} for line in gone],
    }
    return Draft("policy", actor.tenant, new_id(), at, body, _reason(asked))


def refused_draft(actor: Actor, asked: AskedChange, refused: CaseError, at: datetime) -> Draft:
    """The entry of an attempt to change the policy; it says who tried, not with which words."""
    body = {
        **_by(actor, asked),
        "event": ADMIN,
        "code": refused.code,
        "refused_by": [{"code": reason.code} for reason in refused.reasons],
        "added": len(asked.add),
        "removed": len(asked.remove),
    }
    return Draft("denied", actor.tenant, new_id(), at, body, _reason(asked))


def _by(actor: Actor, asked: AskedChange) -> dict[str, Json]:
    who = {
        "reference": actor.id,
        "roles": sorted(actor.roles),
        "authenticated": actor.authenticated,
        "on_behalf_of": None,
    }
    return {"actor": who, "request_id": asked.request_id}


def _reason(asked: AskedChange) -> dict[str, Json]:
    return {"/reason": asked.reason} if asked.reason else {}


def line_told(line: PolicyLine) -> dict[str, Json]:
    """What an entry says of a line."""
    said = {name: getattr(line, name) for name in ("kind", "role", "tenant", "obj", "act", "when", "eft")}
    return {name: value for name, value in said.items() if value}
