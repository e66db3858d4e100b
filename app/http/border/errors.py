"""Whatever was raised as an answer: problem details (RFC 9457) under the status of the code."""

import re
from typing import Any, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from app.domain.values.errors import (
    CaseError,
    FieldError,
    Internal,
    Invalid,
    Malformed,
    NotFound,
    Reason,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.domain.values.json import Json
from app.http.border.codes import PROBLEM_JSON, PROBLEMS, ProblemView
from app.http.border.headers import REFUSAL, request_id
from app.http.border.in_words import for_people, words_of
from app.services.store.failures import StoreUnavailable

MISSING = re.compile(r"Missing required \w+ parameter '(.+)' for path ")
LOGGER = structlog.get_logger("stateward.http")


class RateLimited(TooMany):
    def __init__(self, retry_after: int) -> None:
        super().__init__(f"You sent more requests than you may. Try again in {retry_after} s.")
        self.retry_after = retry_after


class MethodNotAllowed(CaseError):
    """`extra` is empty; the answer's Allow header says what is allowed."""

    code = "method_not_allowed"


class NotAcceptable(CaseError):
    code = "not_acceptable"


class UnsupportedMediaType(CaseError):
    code = "unsupported_media_type"


def status_of(error: CaseError) -> int:
    return PROBLEMS[error.code].status


def problem(error: CaseError) -> ProblemView:
    """An error as problem details. Whatever is not found is the same problem to the letter, and so is nobody."""
    known = PROBLEMS[error.code]
    if isinstance(error, NotFound):
        error = NotFound("There is nothing here, or nothing that you may see.")
    if isinstance(error, Unauthenticated):
        error = Unauthenticated("Send a bearer token, or an API key, that is valid here.")
    body: dict[str, Json] = {**error.extra, "type": f"urn:stateward:problem:{error.code}", "title": known.title}
    body |= {"status": known.status, "detail": sentence(error.message), "code": error.code}
    if error.reasons or known.reasons:
        body["reasons"] = [reason_json(reason) for reason in error.reasons]
    if error.errors or isinstance(error, Invalid):
        body["errors"] = [{"field": fault.field, "message": sentence(fault.message)} for fault in error.errors]
    return cast(ProblemView, body)


def problem_response(error: CaseError, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(
        content=msgspec.json.encode(problem(error)),
        status_code=status_of(error),
        media_type=PROBLEM_JSON,
        headers={**_headers(error), **(headers or {})},
    )


def on_exception(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
    """The answer to whatever a handler or Litestar raised."""
    return problem_response(*answered(request, exception))


def answered(request: Request[Any, Any, Any], exception: Exception) -> tuple[CaseError, dict[str, str]]:
    """What was raised as an error of ours, with headers of its own; what nobody expected is logged, once."""
    error = _as_case_error(request, exception)
    if not isinstance(exception, Internal):
        request.scope["state"][REFUSAL] = error.code  # what the desk answers, it counts by itself
    if not isinstance(error, Internal):
        return error, _told_by_litestar(exception)
    name = request_id(request.scope)
    if not isinstance(exception, Internal):  # else it was logged where it happened
        route = request.scope.get("path_template")
        LOGGER.error("unhandled exception", request_id=name, method=request.method, route=route, exc_info=exception)
    return _internal(name), {}


def _as_case_error(request: Request[Any, Any, Any], exception: Exception) -> CaseError:
    if isinstance(exception, CaseError):
        return exception
    if isinstance(exception, StoreUnavailable):
        return Unavailable("The database cannot be reached. Try again in a moment.")
    if isinstance(exception, ValidationException):
        return Invalid("Some parameters are not valid.", errors=_faults(request, exception))
    if isinstance(exception, HTTPException) and exception.status_code < 500:
        return _from_litestar(exception)
    return Internal("unexpected")


def _from_litestar(exception: HTTPException) -> CaseError:
    match exception.status_code:
        case 404:
            return NotFound("nothing here")
        case 405:
            return MethodNotAllowed(f"Use one of: {_told_by_litestar(exception).get('allow', '')}.")
        case 413:
            return TooLarge("The body is larger than this call takes.")
        case _:
            return Malformed(exception.detail)


def _told_by_litestar(exception: Exception) -> dict[str, str]:
    """The headers of its exceptions; Allow in an order of its own, because Litestar's differs between processes."""
    headers = dict(exception.headers or {}) if isinstance(exception, HTTPException) else {}
    if "allow" in headers:
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    return headers


def _faults(request: Request[Any, Any, Any], exception: ValidationException) -> tuple[FieldError, ...]:
    """The parameters that are wrong, by the names that callers know (Litestar tells those of our arguments)."""
    if missing := MISSING.match(exception.detail):
        return (FieldError(missing[1], "must be given"),)
    found = exception.extra if isinstance(exception.extra, list) else []
    declared = request.route_handler.parsed_fn_signature.parameters
    named = {name: getattr(of.kwarg_definition, "name", None) or name for name, of in declared.items()}
    words = {name: words_of(of.annotation) for name, of in declared.items()}
    said = ((key := fault.get("key", ""), for_people(fault["message"], words.get(key, ()))) for fault in found)
    return tuple(FieldError(named.get(key, key), message) for key, message in said)


def _internal(name: str) -> Internal:
    message = "An unexpected error was logged. Name the request when you report it."
    return Internal(message, extra={"request_id": name, "instance": f"urn:stateward:request:{name}"})


def reason_json(reason: Reason) -> dict[str, Json]:
    shown = {"code": reason.code, "message": sentence(reason.message), "remedy": sentence(reason.remedy)}
    return {**reason.detail, **shown}


def sentence(text: str) -> str:
    """A clause as a sentence, for whoever shows it to a person; a name such as `role:clerk` stays as it is."""
    begun = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."


def _headers(error: CaseError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    return dict(PROBLEMS[error.code].headers)
