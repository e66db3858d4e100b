"""The one map from error codes to HTTP (RFC 9457): of each the status, the title, and what its answer has besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

from app.domain.values.json import Json

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What callers see of a code. With `reasons` its body always has some; `example` is what else the body has, as the
    OpenAPI document shows it."""

    status: int
    title: str
    reasons: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, Json] = field(default_factory=dict)


SOON = {"Retry-After": "1"}
PROBLEMS: dict[str, Problem] = {
    "malformed": Problem(status=400, title="The request cannot be read"),
    "unauthenticated": Problem(status=401, title="Nobody is signed in", headers={"WWW-Authenticate": "Bearer"}),
    "denied": Problem(status=403, title="The policy does not allow it", reasons=True),
    "not_found": Problem(status=404, title="Not found"),
    "method_not_allowed": Problem(status=405, title="The method is not allowed here"),
    "not_acceptable": Problem(status=406, title="None of the accepted media types is available"),
    "wrong_state": Problem(status=409, title="The case is in another state", reasons=True),
    "guard_refused": Problem(status=409, title="A condition is not met", reasons=True),
    "conflict": Problem(
        status=409, title="It exists already", example={"case_id": "0198c0de-0000-7000-8000-000000000001"}
    ),
    "idempotency_in_flight": Problem(status=409, title="The same request is still being answered", headers=SOON),
    "file_unchecked": Problem(status=409, title="The file is not checked yet", headers={"Retry-After": "5"}),
    "file_infected": Problem(status=409, title="The file is harmful"),
    "version_conflict": Problem(status=412, title="Somebody was faster", example={"current_version": 4}),
    "too_large": Problem(status=413, title="The request is too large"),
    "over_quota": Problem(status=413, title="There is no room for it"),
    "unsupported_media_type": Problem(status=415, title="The media type is not supported"),
    "range_not_satisfiable": Problem(
        status=416, title="The file has no such part", headers={"Accept-Ranges": "bytes"}, example={"size": 4096}
    ),
    "invalid": Problem(
        status=422,
        title="The request is not valid",
        example={"errors": [{"field": "data.amount_cents", "message": "Must be at least 1."}]},
    ),
    "idempotency_mismatch": Problem(status=422, title="The idempotency key belongs to another request"),
    "rate_limited": Problem(status=429, title="Too many requests", headers=SOON),
    "internal": Problem(
        status=500,
        title="Something went wrong here",
        example={
            "request_id": "0198c0de-0000-7000-8000-000000000002",
            "instance": "urn:stateward:request:0198c0de-0000-7000-8000-000000000002",
        },
    ),
    "unavailable": Problem(status=503, title="Not available right now", headers=SOON),
}

ALWAYS = ("malformed", "invalid", "rate_limited", "internal", "unavailable")
SIGNED_IN = ("unauthenticated", "not_acceptable")
WRITES = ("too_large", "unsupported_media_type", "idempotency_in_flight")
REFUSALS = ("denied", "not_found", "idempotency_in_flight", "idempotency_mismatch")
"""What every attempt may be refused with, whatever it is."""


class ReasonView(TypedDict):
    """What said no, and what would say yes; further members belong to the code."""

    code: Literal["state", "role", "rule", "guard", "four_eyes", "scope"]
    message: str
    remedy: str


class FieldErrorView(TypedDict):
    """A field by its path, such as `data.amount_cents`, and what is wrong with it."""

    field: str
    message: str


class ProblemView(TypedDict):
    """Problem details (RFC 9457) with a stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    reasons: NotRequired[list[ReasonView]]
    errors: NotRequired[list[FieldErrorView]]
    case_id: NotRequired[str]
    current_version: NotRequired[int]
    size: NotRequired[int]
    request_id: NotRequired[str]
    instance: NotRequired[str]
