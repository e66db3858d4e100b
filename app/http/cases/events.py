"""Fire events, one by one or in bulk, and ask which ones may be fired."""

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import JSONBody

from app.domain.explaining.what_would_help import Change
from app.http.bodies.requests import FireEvent, TryEvents
from app.http.border.codes import REFUSALS
from app.http.border.documented import ETAG, REPLAYED, problems
from app.http.border.errors import reason_json, sentence
from app.http.border.headers import request_id
from app.http.border.large import slice_of
from app.http.border.limiting import charge
from app.http.border.parameters import CaseId, DryRun, Explain, IdempotencyKey, IfMatch, existing
from app.http.border.services import ApiRequest, decider, services_of
from app.http.border.views import AppliedView, PossibleEventView, PossibleView, RefusedEventView, ResultsView, TriedView
from app.http.cases import answers
from app.http.cases.attempts import firing, trying
from app.services.cases.views import PossibleEvent, RefusedEvent

BATCH_BYTES = 8 * 2**20


@get(
    "/cases/{case_id:str}/events",
    operation_id="possibleEvents",
    summary="What may I do now?",
    responses=problems("not_found", "invalid"),
)
async def possible_events(request: ApiRequest, case_id: CaseId, explain: Explain = False) -> Response[PossibleView]:
    """The events that this caller may fire on the case now, and what else they may do to it; explain=true adds the
    other events, with reasons."""
    possible = await services_of(request).cases.possible(request.user, existing(case_id), explain)
    acts: Any = [{"verb": one.verb, "act": one.act, "title": one.title} for one in possible.acts]
    shown: PossibleView = {"events": [_possible(event) for event in possible.events], "acts": acts}
    if explain:
        shown["refused"] = []
        async with slice_of(request) as turn:
            for event in possible.refused:
                shown["refused"].append(_refused(event))
                await turn.give()
    return Response(shown)


@post(
    "/cases/{case_id:str}/events",
    operation_id="fireEvent",
    summary="Fire an event on a case",
    status_code=200,
    response_headers=[ETAG, REPLAYED],
    responses=problems(*REFUSALS, "wrong_state", "guard_refused", "version_conflict", writes=True),
)
async def fire_event(
    request: ApiRequest,
    case_id: CaseId,
    data: JSONBody[FireEvent],
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[AppliedView | TriedView]:
    """Move the case, or learn what said no. The receipt names the entry that the log now holds."""
    async with slice_of(request):
        attempt = firing(request, existing(case_id), data)
    [answer] = await decider(request, dry_run).submit([attempt])
    return answers.fired(answer)


@post(
    "/events",
    operation_id="fireEvents",
    summary="Fire up to 1,000 events",
    status_code=200,
    request_max_body_size=BATCH_BYTES,
    responses=problems(writes=True),
)
async def fire_events(request: ApiRequest, data: JSONBody[TryEvents], dry_run: DryRun = False) -> Response[ResultsView]:
    """A result per attempt, in order; one attempt that is refused stops no other. Where the body is wrong,
    nothing is done.

    A case of more than 4 KiB stands in the last of its results only, and all cases together have 8 MiB at most; the
    other results have its `case_id`."""
    charge(request, len(data.attempts))
    name, attempts, results = request_id(request.scope), [], []
    async with slice_of(request) as turn:
        for attempt in data.attempts:
            attempts.append(trying(request.user, name, attempt))
            await turn.give()
    answered = await decider(request, dry_run).submit(attempts) if attempts else []
    async with slice_of(request) as turn:
        for answer in answered:
            results.append(answers.result(answer))
            await turn.give()
    shown: ResultsView = {"results": results}
    if dry_run:
        shown["dry_run"] = True
    return Response(shown)


def _possible(event: PossibleEvent) -> PossibleEventView:
    shown: PossibleEventView = {
        "event": event.event,
        "title": event.title,
        "to": event.to,
        "payload_schema": event.payload_schema,
        "reason": event.reason,
    }
    if event.form:
        shown["form"] = True
    if event.needs is not None:
        shown["needs"] = event.needs
    return shown


def _refused(event: RefusedEvent) -> RefusedEventView:
    reasons: Any = [reason_json(reason) for reason in event.reasons]
    ways: Any = [[_change(change) for change in way] for way in event.ways]
    shown = {"event": event.event, "title": event.title, "reasons": reasons, "who_could": list(event.who_could)}
    return cast(RefusedEventView, {**shown, "ways": ways})


def _change(change: Change) -> dict[str, Any]:
    return {**change.detail, "code": change.code, "remedy": sentence(change.remedy), "met": change.met}
