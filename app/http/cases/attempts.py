"""Requests as attempts: ids, fingerprints and who is acted for."""

import hashlib

from app.domain.case.attempt import Actor, Attempt, Idempotency, Opens, Principal
from app.domain.case.sealing import canonical
from app.domain.values.json import JsonObject
from app.domain.values.rfc3339 import parse_rfc3339
from app.http.bodies.requests import Body, FireEvent, OnBehalfOf, OpenCase, TryEvent
from app.http.border.headers import expected_version, idempotency_key, request_id
from app.http.border.services import ApiRequest
from app.services.entries.identity import new_id

BESIDE_THE_POINT = {"idempotency_key", "if_version"}


def opening(request: ApiRequest, body: OpenCase) -> Attempt:
    """POST /cases."""
    return Attempt(
        actor=request.user,
        event=body.event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=request_id(request.scope),
        opens=Opens.ALWAYS,
        case_type=body.case_type,
        reference=body.reference,
        data=body.data,
        payload=body.payload,
        reason=body.reason,
        idempotency=_idempotency(_key(request), "POST /cases", body),
    )


def firing(request: ApiRequest, case_id: str, body: FireEvent) -> Attempt:
    """POST /cases/{id}/events."""
    return Attempt(
        actor=request.user,
        event=body.event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=request_id(request.scope),
        case_id=case_id,
        data=body.data,
        payload=body.payload,
        reason=body.reason,
        if_version=expected_version(request.headers.get("if-match")),
        idempotency=_idempotency(_key(request), f"POST /cases/{case_id}/events", body),
    )


def trying(actor: Actor, request_name: str, body: TryEvent) -> Attempt:
    """One attempt of POST /events."""
    return Attempt(
        actor=actor,
        event=body.event,
        entry_id=new_id(),
        new_case_id=new_id(),
        request_id=request_name,
        opens=Opens.NEVER if body.case_id else Opens.IF_ABSENT,
        case_id=body.case_id,
        case_type=body.case_type,
        reference=body.reference,
        data=body.data,
        payload=body.payload,
        reason=body.reason,
        if_version=body.if_version,
        occurred_at=parse_rfc3339(body.occurred_at) if body.occurred_at else None,
        on_behalf_of=_principal(body.on_behalf_of),
        idempotency=_idempotency(body.idempotency_key, "POST /events", body),
    )


def fingerprint(call: str, body: JsonObject) -> str:
    """SHA-256 in hex over the RFC 8785 form of the call and its body without key and version."""
    asked = {name: value for name, value in body.items() if name not in BESIDE_THE_POINT}
    return hashlib.sha256(canonical([call, asked])).hexdigest()


def idempotency(request: ApiRequest, call: str, body: Body | JsonObject) -> Idempotency | None:
    """The key of a request and the fingerprint of what it asks for."""
    key = _key(request)
    if isinstance(body, Body):
        return _idempotency(key, call, body)
    return Idempotency(key, fingerprint(call, body)) if key else None


def _idempotency(key: str | None, call: str, body: Body) -> Idempotency | None:
    if key is None:
        return None
    return Idempotency(key, fingerprint(call, body.model_dump(exclude_unset=True)))


def _key(request: ApiRequest) -> str | None:
    return idempotency_key(request.headers.get("idempotency-key"))


def _principal(somebody: OnBehalfOf | None) -> Principal | None:
    if somebody is None:
        return None
    return Principal(somebody.actor, None if somebody.roles is None else frozenset(somebody.roles))
