"""How the OpenAPI document shows headers and problems: every code with an example."""

from collections.abc import Iterable

from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from app.domain.values.json import Json
from app.http.border.codes import ALWAYS, PROBLEM_JSON, PROBLEMS, SIGNED_IN, WRITES, ProblemView

ETAG = ResponseHeader(name="ETag", documentation_only=True, description="The case's version, for If-Match")
LOCATION = ResponseHeader(name="Location", documentation_only=True, description="Where the case is")
REPLAYED = ResponseHeader(
    name="Idempotency-Replayed",
    documentation_only=True,
    description="true where this answer was given before",
)

REASONS = [{"code": "role", "message": "You hold none of the roles.", "remedy": "Ask a role:manager to do it."}]


def problems(*codes: str, writes: bool = False, signed_in: bool = True) -> dict[int, ResponseSpec]:
    """The problem responses of a call, by status, with an example per code."""
    named = {*ALWAYS, *codes, *(SIGNED_IN if signed_in else ()), *(WRITES if writes else ())}
    by_status: dict[int, list[str]] = {}
    for code, known in PROBLEMS.items():
        if code in named:
            by_status.setdefault(known.status, []).append(code)
    return {status: _spec(of) for status, of in by_status.items()}


def _spec(codes: Iterable[str]) -> ResponseSpec:
    return ResponseSpec(
        data_container=ProblemView,
        generate_examples=False,
        media_type=PROBLEM_JSON,
        description="; ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
        examples=[Example(id=code, summary=code, value=_example(code)) for code in codes],
    )


def _example(code: str) -> dict[str, Json]:
    known, type_ = PROBLEMS[code], f"urn:stateward:problem:{code}"
    shown: dict[str, Json] = {
        "type": type_,
        "title": known.title,
        "status": known.status,
        "detail": known.title,
        "code": code,
    }
    return {**shown, **({"reasons": REASONS} if known.reasons else {}), **known.example}
