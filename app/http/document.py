"""The OpenAPI document as it is served: Litestar's, made exact where Litestar is not."""

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin
from pydantic.json_schema import models_json_schema

from app.domain.calendar_file import CalendarFile
from app.domain.case import Json
from app.domain.simulate_input import ClockToSimulate, MomentToSimulate
from app.http.api_key_bodies import MakeApiKey
from app.http.examples import ANSWERS
from app.http.policy_requests import AssignRoles, ChangePolicy
from app.http.requests import ClockOfACaseType, FireEvent, OpenCase, Simulate, TryEvents
from app.http.work_requests import WORK_BODIES

SIMULATED = (Simulate, ClockToSimulate, ClockOfACaseType, MomentToSimulate, CalendarFile)
BODIES = (OpenCase, FireEvent, TryEvents, ChangePolicy, AssignRoles, MakeApiKey, *SIMULATED, *WORK_BODIES)
METHODS = {"get", "post", "put", "patch", "delete"}


class Document(JsonRenderPlugin):
    """The document is the same for everyone, so it is written once."""

    _written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._written is None:
            self._written = msgspec.json.encode(exact(openapi_schema))
        return self._written


def exact(document: dict[str, Json]) -> dict[str, Json]:
    """The document with the bodies as pydantic checks them (Litestar drops patterns and forbidden extras), and
    with headers and examples as OpenAPI 3.1 wants them."""
    schemas = {**document["components"]["schemas"], **_bodies()}
    paths = {path: _exact_operations(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths, "components": {**document["components"], "schemas": schemas}}


def _bodies() -> dict[str, Json]:
    models: Any = [(model, "validation") for model in BODIES]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return dict(found["$defs"])


def _exact_operations(item: dict[str, Json]) -> dict[str, Json]:
    return {key: _exact_operation(of) if key in METHODS else of for key, of in item.items()}


def _exact_operation(operation: dict[str, Json]) -> dict[str, Json]:
    responses = {status: _exact_response(of) for status, of in operation["responses"].items()}
    if operation["operationId"] in ANSWERS:
        responses["200"]["content"]["application/json"]["example"] = ANSWERS[operation["operationId"]]
    return {**operation, "responses": responses}


def _exact_response(response: dict[str, Json]) -> dict[str, Json]:
    content = {media_type: _without_ids(of) for media_type, of in response.get("content", {}).items()}
    # sorted, because Litestar keeps them in a set, and two replicas would say the same in two orders
    headers = {name: {"schema": {"type": "string"}, **of} for name, of in sorted(response.get("headers", {}).items())}
    return {**response, **({"content": content} if content else {}), **({"headers": headers} if headers else {})}


def _without_ids(media: dict[str, Json]) -> dict[str, Json]:
    if "examples" not in media:
        return media
    examples = {
        name: {key: value for key, value in example.items() if key != "id"}
        for name, example in media["examples"].items()
    }
    return {**media, "examples": examples}
