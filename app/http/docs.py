"""The OpenAPI document and its page, from files of our own: nothing is fetched from another host."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Server, Tag
from litestar.params import FromPath

from app.http.document import Document

PAGE_POLICY = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
OURS = Path(__file__).parent / "static"
MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
    "docs.js": "text/javascript",
    "docs.css": "text/css",
}


class Page(OpenAPIRenderPlugin):
    """Swagger UI without inline scripts, so that the page needs no exception from its policy."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return _read("docs.html")


@get("/assets/{name:str}", include_in_schema=False)
async def asset(name: FromPath[str]) -> Response[bytes]:
    if name not in MEDIA_TYPES:
        raise NotFoundException
    return Response(_read(name), media_type=MEDIA_TYPES[name], headers={"Cache-Control": "public, max-age=86400"})


TAGS = ("cases", "work on cases", "case types", "clocks", "log", "policy", "API keys", "operation")


def openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Stateward",
        version="1",
        summary="Case management: declared state machines, guarded by policy, recorded in a log that proves itself.",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[Server(url="/")],
        tags=[Tag(name=name) for name in TAGS],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT, or an API key")
            }
        ),
        use_handler_docstrings=True,
        render_plugins=[Page(), Document()],
        openapi_router=Router(
            "/schema", route_handlers=[asset], include_in_schema=False, after_request=_with_our_policy
        ),
    )


def _with_our_policy(response: Response[Any]) -> Response[Any]:
    """Litestar answers an unknown path below /schema with a page of its own: make it our problem instead."""
    if response.status_code == 404:
        raise NotFoundException
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


@cache
def _read(name: str) -> bytes:
    ours = OURS / name
    return (ours if ours.exists() else _swagger_ui() / name).read_bytes()


def _swagger_ui() -> Path:
    """The folder of the package's files; found without importing it, because its import loads a template engine."""
    spec = find_spec("swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"
