"""How the OpenAPI document shows headers and problems: every code with an example."""

from collections.abc import Iterable

from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from app.domain.values.json import Json
from app.http.border.errors import PROBLEM_JSON, PROBLEMS, WITH_REASONS
from app.http.border.views import ProblemView

ETAG = ResponseHeader(name="ETag", documentation_only=True, description="The case's version, for If-Match")
LOCATION = ResponseHeader(name="Location", documentation_only=True, description="Where the case is")
REPLAYED = ResponseHeader(
    name="Idempotency-Replayed",
    documentation_only=True,
    description="true where this answer was given before",
)

ALWAYS = ("malformed", "invalid", "rate_limited", "internal", "unavailable")
SIGNED_IN = ("unauthenticated", "not_acceptable")
WRITES = ("too_large", "unsupported_media_type", "idempotency_in_flight")

EXTRAS: dict[str, dict[str, Json]] = {
    "conflict": {"case_id": "0198c0de-0000-7000-8000-000000000001"},
    "version_conflict": {"current_version": 4},
    "internal": {
        "request_id": "0198c0de-0000-7000-8000-000000000002",
        "instance": "urn:stateward:request:0198c0de-0000-7000-8000-000000000002",
    },
    "invalid": {"errors": [{"field": "data.amount_cents", "message": "Must be at least 1."}]},
}
REASONS = [{"code": "role", "message": "You hold none of the roles.", "remedy": "Ask a role:manager to do it."}]


def problems(*codes: str, writes: bool = False, signed_in: bool = True) -> dict[int, ResponseSpec]:
    """The problem responses of a call, by status, with an example per code."""
    named = {*ALWAYS, *codes, *(SIGNED_IN if signed_in else ()), *(WRITES if writes else ())}
    by_status: dict[int, list[str]] = {}
    for code, (status, _) in PROBLEMS.items():
        if code in named:
            by_status.setdefault(status, []).append(code)
    return {status: _spec(of) for status, of in by_status.items()}


def _spec(codes: Iterable[str]) -> ResponseSpec:
    return ResponseSpec(
        data_container=ProblemView,
        generate_examples=False,
        media_type=PROBLEM_JSON,
        description="; ".join(f"`{code}`: {PROBLEMS[code][1]}" for code in codes),
        examples=[Example(id=code, summary=code, value=_example(code)) for code in codes],
    )


def _example(code: str) -> dict[str, Json]:
    status, title = PROBLEMS[code]
    told = {"type": f"urn:stateward:problem:{code}", "title": title, "status": status, "detail": title, "code": code}
    return {**told, **({"reasons": REASONS} if code in WITH_REASONS else {}), **EXTRAS.get(code, {})}
