"""What case types there are, and what they declare."""

from litestar import Response, get

from app.domain.definition.case_type import Event, Transition, events_of, since_of, walk
from app.http.border.documented import problems
from app.http.border.parameters import CaseTypeName, VersionNumber
from app.http.border.services import ApiRequest, services_of
from app.http.definitions.views import CaseTypeFullView, CaseTypeSummaryView, CaseTypesView, EventView, TransitionView
from app.services.definitions.case_types import CaseTypeView


@get("/case-types", operation_id="listCaseTypes", summary="The case types", responses=problems())
async def list_case_types(request: ApiRequest) -> Response[CaseTypesView]:
    """Every case type of this installation, with the states it can be in and how to open one."""
    return Response({"items": [_summary(view) for view in services_of(request).case_types.list()]})


@get(
    "/case-types/{name:str}",
    operation_id="readCaseType",
    summary="A case type",
    responses=problems("not_found", "invalid"),
)
async def read_case_type(
    request: ApiRequest, name: CaseTypeName, version: VersionNumber = None
) -> Response[CaseTypeFullView]:
    """All that a case type declares: schemas, events and transitions. A case stays on the version under which it was
    opened, which its `definition` names."""
    view = await services_of(request).case_types.version(name, version)
    declared = view.case_type
    events = [_event(event, of) for event, of in declared.events.items()]
    return Response({**_summary(view), "data_schema": declared.data, "events": events})


def _summary(view: CaseTypeView) -> CaseTypeSummaryView:
    declared = view.case_type
    return {
        "case_type": declared.case_type,
        "title": declared.title,
        "description": declared.description,
        "version": view.version,
        "hash": view.hash,
        "opening": [{"event": event, "to": state} for event, state in declared.opening.items()],
        "states": [
            {"state": path, "title": state.title, "final": state.final} for path, state in walk(declared.states)
        ],
    }


def _event(name: str, event: Event) -> EventView:
    return {
        "event": name,
        "title": event.title,
        "description": event.description,
        "payload_schema": event.payload,
        "reason": event.reason,
        "transitions": [_transition(transition) for transition in event.transitions],
    }


def _transition(transition: Transition) -> TransitionView:
    return {
        "from": transition.sources,
        "to": transition.to,
        "internal": transition.internal,
        "when": transition.when,
        "unless_actor_of": events_of(transition.unless_actor_of),
        "unless_since": since_of(transition.unless_actor_of),
        "only_actor_of": events_of(transition.only_actor_of),
        "only_since": since_of(transition.only_actor_of),
        "title": transition.title,
    }
