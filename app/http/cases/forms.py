"""What an event asks for: all that any client needs to draw its form."""

from typing import Annotated, Any, TypedDict, cast

from litestar import Response, get
from litestar.params import PathParameter

from app.domain.definition.form import FormField
from app.domain.machine.form_asked import FormAsked, Page
from app.domain.values.errors import NotFound
from app.http.border.documented import problems
from app.http.border.parameters import CaseId, CaseTypeName, existing
from app.http.border.services import ApiRequest, services_of
from app.services.cases.forms import FormReads

EventName = Annotated[str, PathParameter(description="An event of the case type that has a form", max_length=100)]


class FormFieldView(TypedDict):
    """A field of the data. `show`: the condition under which it is asked for, over the data as entered. Where it is
    hidden, its value is removed, or kept as it was with `keep_hidden`."""

    field: str
    required: bool
    show: str | None
    keep_hidden: bool


class FormPageView(TypedDict):
    """Fields that stand together, under a condition that counts for all of them."""

    title: str | None
    show: str | None
    fields: list[FormFieldView]


class FormView(TypedDict):
    """A form: the part of the data's schema that it asks for, what these fields hold now, and how they stand."""

    event: str
    schema: dict[str, Any]
    values: dict[str, Any]
    pages: list[FormPageView]


@get(
    "/cases/{case_id:str}/events/{event:str}/form",
    operation_id="readForm",
    summary="What an event asks for",
    responses=problems("not_found"),
)
async def read_form(request: ApiRequest, case_id: CaseId, event: EventName) -> Response[FormView]:
    """The form of an event on a case, with what its fields hold now. What is entered is sent as `data` of the event: a
    JSON Merge Patch (RFC 7396) of these fields."""
    return Response(_view(await _forms(request).form(request.user, existing(case_id), event)))


@get(
    "/case-types/{name:str}/openings/{event:str}/form",
    operation_id="readOpeningForm",
    summary="What an opening event asks for",
    responses=problems("not_found"),
)
async def read_opening_form(request: ApiRequest, name: CaseTypeName, event: EventName) -> Response[FormView]:
    """The form of an event that opens a case, with the defaults of its fields."""
    return Response(_view(_forms(request).opening_form(name, event)))


def _forms(request: ApiRequest) -> FormReads:
    found = services_of(request).forms
    if found is None:
        raise NotFound("there is no such form")
    return found


def _view(form: FormAsked) -> FormView:
    schema, values = cast(dict[str, Any], form.schema), cast(dict[str, Any], form.values)
    return {"event": form.event, "schema": schema, "values": values, "pages": [_page(page) for page in form.pages]}


def _page(page: Page) -> FormPageView:
    return {"title": page.title, "show": page.show, "fields": [_field(field) for field in page.fields]}


def _field(field: FormField) -> FormFieldView:
    return {"field": field.field, "required": field.required, "show": field.show, "keep_hidden": field.keep_hidden}
