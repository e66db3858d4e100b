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

from app.http.openapi.document import Document

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


VERSION = "1.4"
"""Of the API: another one where callers of this one would break (`make openapi` says where)."""
TAGS = {
    "cases": "Open cases, find them, and fire the events that move them",
    "work on cases": "Whose a case is, and what people say, attach and relate",
    "saved views": "How people look at cases: kept for them, and shared where they say so",
    "case types": "What is declared: states, events, schemas",
    "clocks": "Deadlines of cases, and why they are when they are",
    "log": "Read along what happens, in an order without gaps",
    "policy": "Who may do what: read it, preview and make changes, ask who could",
    "API keys": "Credentials of services",
    "people": "Who calls, as people know them",
    "operation": "For monitors; without a credential",
}
GUIDE = """\
Every call but those of *operation* wants `Authorization: Bearer` with a token or an API key, and sees the tenant that \
it names; what belongs to another one is not found.

- **Errors** are problem details (RFC 9457) with a stable `code`; where a rule refuses, `reasons` tell what helps.
- **Retries**: with an `Idempotency-Key` the same request has one effect for 24 hours, and the same receipt or refusal.
- **Versions**: a case has an ETag; with `If-Match` a change applies only to the version that the caller saw.
- **Pages**: the next page is asked for with the `next_after` or the `next_cursor` of the one before.
- **Times** are RFC 3339; answers give them in UTC."""


def openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Stateward",
        version=VERSION,
        summary="Case management: declared state machines, guarded by policy, recorded in a log chained by hashes.",
        description=GUIDE,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=about) for name, about in TAGS.items()],
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
