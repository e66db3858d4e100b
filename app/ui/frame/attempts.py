"""What a reader does on a page as an attempt: with ids, and the form's token, so that a double click acts once."""

from typing import Any
from uuid import uuid4

from app.domain.case.attempt import Attempt, Idempotency
from app.domain.deciding.verb import Verb
from app.domain.values.json import Data, Json
from app.http.border.headers import idempotency_key, request_id
from app.http.cases.attempts import fingerprint
from app.services.entries.identity import new_id
from app.ui.frame.forgery import FIELD as TOKEN
from app.ui.frame.posted import KEPT, Posted
from app.ui.frame.reader import PageRequest

ONCE = "once"
"""The hidden field that tells one form from the next."""
NOT_ASKED = frozenset({TOKEN, ONCE})


def new_once() -> str:
    return str(uuid4())


def attempting(
    request: PageRequest,
    *,
    case_id: str | None = None,
    event: str | None = None,
    verb: Verb | None = None,
    payload: Data | None = None,
    data: Data | None = None,
    reason: str | None = None,
    if_version: int | None = None,
    once: str | None = None,
    **values: Any,
) -> Attempt:
    """`values` are further fields of the attempt, as `opens`, `case_type` and `reference` of one that opens a case."""
    return Attempt(
        actor=request.user.actor,
        event=event,
        verb=verb,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=request_id(request.scope),
        case_id=case_id,
        payload=payload,
        data=data,
        reason=reason,
        if_version=if_version,
        idempotency=_idempotency(request, once),
        **values,
    )


def _idempotency(request: PageRequest, once: str | None) -> Idempotency | None:
    """The same form sent again is the same request: by where it went and what its fields held."""
    key = idempotency_key(f"page {once}") if once else None
    return Idempotency(key, fingerprint(f"POST {request.scope['path']}", _asked(request))) if key else None


def _asked(request: PageRequest) -> dict[str, Json]:
    sent = request.scope["state"].get(KEPT)
    if not isinstance(sent, Posted):
        return {}
    told: dict[str, Json] = {name: list(sent.all(name)) for name in sent.names() if name not in NOT_ASKED}
    return told | {f"file {name}": [one.filename for one in files] for name, files in sent.files.items()}
