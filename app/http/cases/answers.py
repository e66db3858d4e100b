"""What the desk answered, as HTTP: a receipt with the case, or a problem."""

from typing import Any, cast

from litestar import Response

from app.domain.values.errors import CaseError, Internal
from app.http.border.errors import problem, problem_response, status_of
from app.http.border.views import AppliedView, CaseView, ReceiptView, ResultView, TriedView
from app.services.desk.answer import Answer

CASES = "/api/v1/cases"


def etag(version: int) -> str:
    return f'"{version}"'


def opened(answer: Answer) -> Response[Any]:
    """The answer to POST /cases."""
    if answer.error is not None:
        return _refused(answer, answer.error)
    return Response(_applied(answer), status_code=201, headers={**_location(answer), **_headers(answer)})


def fired(answer: Answer) -> Response[Any]:
    """The answer to POST /cases/{id}/events."""
    if answer.error is not None:
        return _refused(answer, answer.error)
    return Response(_applied(answer), status_code=200, headers=_headers(answer))


def result(answer: Answer) -> ResultView:
    """One line of the answer to POST /events."""
    if answer.error is not None:
        return {"status": status_of(answer.error), "problem": problem(answer.error)}
    applied: Any = _applied(answer)
    shown = cast(ResultView, {"status": 201 if answer.opened else 200, **applied})
    if answer.case is None and answer.left_out and answer.case_id is not None:
        shown["case_id"] = answer.case_id
    return shown


def _refused(answer: Answer, error: CaseError) -> Response[Any]:
    if isinstance(error, Internal):
        raise error  # answered like every other fault of ours, with the request's id
    return problem_response(error, _replayed(answer))


def _applied(answer: Answer) -> AppliedView | TriedView:
    if answer.tried:
        return _tried(answer)
    receipt = answer.receipt
    assert receipt is not None
    shown: ReceiptView = {
        "entry_id": receipt.entry_id,
        "case_seq": receipt.case_seq,
        "entry_hash": receipt.entry_hash,
    }
    return {"case": cast(CaseView, answer.case), "receipt": shown} if answer.case is not None else {"receipt": shown}


def _tried(answer: Answer) -> TriedView:
    shown: Any = {"dry_run": True}
    if answer.case is not None:
        shown["case"] = answer.case
    if answer.changes is not None:
        shown["changes"] = answer.changes
    return cast(TriedView, shown)


def _headers(answer: Answer) -> dict[str, str]:
    case = None if answer.tried else answer.case
    return {**({"ETag": etag(case["version"])} if case else {}), **_replayed(answer)}


def _location(answer: Answer) -> dict[str, str]:
    return {"Location": f"{CASES}/{answer.case['id']}"} if answer.case and not answer.tried else {}


def _replayed(answer: Answer) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if answer.replayed else {}
