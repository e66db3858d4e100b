"""The schemas of the OpenAPI document: bodies as pydantic checks them, answers with their formats and their words."""

from inspect import getdoc
from types import ModuleType
from typing import Any, is_typeddict

from pydantic.json_schema import models_json_schema

from app.domain.clocks.simulate_input import ClockToSimulate, MomentToSimulate
from app.domain.definition.calendar_file import CalendarFile
from app.http.bodies import exports as export_bodies
from app.http.bodies.exports import EXPORT_BODIES
from app.http.bodies.requests import ClockOfACaseType, FireEvent, OpenCase, Simulate, TryEvents
from app.http.border import codes, proof_views, views
from app.http.cases import forms, view_bodies
from app.http.cases.view_bodies import VIEW_BODIES
from app.http.clocks import views as clock_views
from app.http.definitions import views as case_type_views
from app.http.operating import api_key_bodies
from app.http.operating.api_key_bodies import MakeApiKey
from app.http.policy import views as policy_views
from app.http.policy.requests import AssignRoles, ChangePolicy
from app.http.work import views as work_views
from app.http.work.requests import WORK_BODIES

SIMULATED = (Simulate, ClockToSimulate, ClockOfACaseType, MomentToSimulate, CalendarFile)
OTHERS = (*SIMULATED, *WORK_BODIES, *VIEW_BODIES, *EXPORT_BODIES)
BODIES = (OpenCase, FireEvent, TryEvents, ChangePolicy, AssignRoles, MakeApiKey, *OTHERS)
VIEWS: tuple[ModuleType, ...] = (
    api_key_bodies,
    case_type_views,
    clock_views,
    codes,
    export_bodies,
    forms,
    policy_views,
    proof_views,
    view_bodies,
    views,
    work_views,
)
NAMED_BY_THE_CALLER = {"request_id"}
MOMENTS = {(view, name) for view in ("SegmentView", "FilterView") for name in ("from", "to")} | {
    ("ExportView", "kept_until")
}
IDS = {("LinkView", "to")}
SPELLED: dict[tuple[str, str], dict[str, Any]] = {
    ("LeafEventView", "id"): {"pattern": "^[0-9]+$"},
    ("LeafEventView", "data"): {
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/LeafView"},
    },
}


def exact_schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    described = words()
    answers = {name: _answer(name, schema, described.get(name, "")) for name, schema in schemas.items()}
    return dict(sorted({**answers, **_bodies()}.items()))


def words() -> dict[str, str]:
    """What the shapes of answers say of themselves, by name; Litestar leaves it out."""
    shapes = {name: of for module in VIEWS for name, of in vars(module).items() if is_typeddict(of)}
    return {name: (of.__doc__ and getdoc(of)) or "" for name, of in shapes.items()}


def _bodies() -> dict[str, Any]:
    models: Any = [(model, "validation") for model in BODIES]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return dict(found["$defs"])


def _answer(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    if "properties" not in schema:
        return schema
    properties = {key: _spelled(name, key, of) for key, of in schema["properties"].items()}
    return {**schema, **({"description": description} if description else {}), "properties": properties}


def _spelled(name: str, key: str, schema: dict[str, Any]) -> dict[str, Any]:
    if more := SPELLED.get((name, key)):
        return {**schema, **more}
    return _with_format(schema, _format(name, key))


def _format(name: str, key: str) -> str | None:
    """By its name, a property that is text and ends so is a moment or an id."""
    if key.endswith("_at") or (name, key) in MOMENTS:
        return "date-time"
    is_id = key == "id" or key.endswith("_id") or (name, key) in IDS
    return "uuid" if is_id and key not in NAMED_BY_THE_CALLER else None


def _with_format(schema: dict[str, Any], wanted: str | None) -> dict[str, Any]:
    if wanted is None:
        return schema
    if schema.get("type") == "string":
        return {**schema, "format": wanted}
    return {key: [_with_format(one, wanted) for one in of] if key == "oneOf" else of for key, of in schema.items()}
