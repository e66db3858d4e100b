"""The OpenAPI document as it is served: Litestar's, made exact where Litestar is not."""

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from app.http.openapi.operations import exact_operations
from app.http.openapi.schemas import exact_schemas


class Document(JsonRenderPlugin):
    """The document is the same for everyone, so it is written once."""

    _written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._written is None:
            self._written = msgspec.json.encode(exact(openapi_schema))
        return self._written


def exact(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the bodies as pydantic checks them (Litestar drops patterns and forbidden extras), and
    with parameters, headers, links and examples as OpenAPI 3.1 wants them."""
    components = document["components"]
    paths = {path: exact_operations(item) for path, item in sorted(document["paths"].items())}
    return {
        **document,
        "paths": paths,
        "components": {**components, "schemas": exact_schemas(components["schemas"])},
    }
