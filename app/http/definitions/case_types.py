"""What case types there are, and what they declare."""

from litestar import Response, get

from app.domain.definition.case_type import CaseType, Event, Transition, events_of, since_of, walk
from app.domain.definition.views import Views
from app.domain.values.rfc3339 import rfc3339
from app.http.border.documented import problems
from app.http.border.parameters import CaseTypeName, VersionNumber
from app.http.border.services import ApiRequest, CaseTypesPort, services_of
from app.http.definitions.clocks import declared_clocks
from app.http.definitions.views import (
    CaseTypeFullView,
    CaseTypeSummaryView,
    CaseTypesView,
    CaseTypeVersionsView,
    CaseTypeVersionView,
    EventView,
    GroupView,
    OpeningView,
    TransitionView,
    ViewsView,
)
from app.services.definitions.case_types import CaseTypeView, PublishedVersion


@get("/case-types", operation_id="listCaseTypes", summary="The case types", responses=problems())
async def list_case_types(request: ApiRequest) -> Response[CaseTypesView]:
    """Every case type of this installation, with the states it can be in and how to open one."""
    case_types = services_of(request).case_types
    return Response({"items": [_summary(view, case_types) for view in case_types.list()]})


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
    case_types = services_of(request).case_types
    view = await case_types.version(name, version)
    declared = view.case_type
    events = [_event(event, of) for event, of in declared.events.items()]
    return Response({**_summary(view, case_types), "data_schema": declared.data, "events": events})


@get(
    "/case-types/{name:str}/versions",
    operation_id="listCaseTypeVersions",
    summary="The versions of a case type",
    responses=problems("not_found"),
)
async def list_case_type_versions(request: ApiRequest, name: CaseTypeName) -> Response[CaseTypeVersionsView]:
    """What was published under this name, and when. Read one with `?version=` of the case type."""
    versions = await services_of(request).case_types.versions(name)
    return Response({"items": [_version(one) for one in versions]})


def _version(one: PublishedVersion) -> CaseTypeVersionView:
    published = rfc3339(one.published_at) if one.published_at else None
    return {"version": one.version, "hash": one.hash, "published_at": published, "in_force": one.in_force}


def _views(views: Views | None) -> ViewsView | None:
    if views is None:
        return None
    groups: list[GroupView] = [{"title": group.title, "fields": group.fields} for group in views.groups or ()]
    return {"list": list(views.columns), "title": views.title, "groups": groups}


def _summary(view: CaseTypeView, case_types: CaseTypesPort) -> CaseTypeSummaryView:
    declared = view.case_type
    return {
        "case_type": declared.case_type,
        "title": declared.title,
        "description": declared.description,
        "version": view.version,
        "hash": view.hash,
        "opening": [_opening(declared, event) for event in declared.opening],
        "states": [
            {"state": path, "title": state.title, "final": state.final} for path, state in walk(declared.states)
        ],
        "clocks": declared_clocks(declared),
        "views": _views(case_types.views(declared.case_type)),
    }


def _opening(declared: CaseType, event: str) -> OpeningView:
    of = declared.events.get(event)
    title = (of.title if of else None) or declared.opening_titles.get(event)
    shown: OpeningView = {"event": event, "title": title, "to": declared.opening[event]}
    return {**shown, "form": True} if of is not None and of.form is not None else shown


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
