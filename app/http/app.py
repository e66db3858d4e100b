"""The HTTP application: routes, guards and the hooks that every answer passes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ControllerRouterHandler

from app.http.bodies.body import BodyLimits, BodyRequest
from app.http.border.declared_parameters import declared_parameters, only_declared
from app.http.border.errors import NotAcceptable, on_exception
from app.http.border.gate import Border
from app.http.border.headers import before_send, before_send_behind_tls
from app.http.border.large import LargeBodies
from app.http.border.services import Services
from app.http.cases.cases import find_cases, open_case, read_case
from app.http.cases.events import fire_event, fire_events, possible_events
from app.http.cases.forms import read_form, read_opening_form
from app.http.cases.saved_views import SAVED_VIEWS
from app.http.clocks.clocks import explain_clock, list_clocks
from app.http.clocks.simulating import simulate_clock
from app.http.definitions.case_types import list_case_type_versions, list_case_types, read_case_type
from app.http.definitions.drawing import draw_case_type
from app.http.log.audit import read_audit
from app.http.log.exports import EXPORTS
from app.http.log.feed import read_feed
from app.http.log.fields import read_field
from app.http.log.proofs import PROOFS
from app.http.log.streams import stream_case, stream_tenant
from app.http.openapi.docs import openapi
from app.http.operating.api_keys import list_api_keys, make_api_key, revoke_api_key
from app.http.operating.health import healthz, metrics, readyz
from app.http.operating.me import who_am_i
from app.http.policy.routes import POLICY
from app.http.work.routes import WORK
from app.services.callers.issuers import Issuer

BODY_BYTES = 2**20
WITHOUT_A_SECOND_LOOK = frozenset({"", "*/*", "application/json"})
JSON = ("application/json",)


Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
OnError = Callable[[Request[Any, Any, Any], Exception], Response[Any]]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What an operator sets of the HTTP border. The secret signs our own tokens: at least 32 bytes."""

    jwt_secret: str | None = field(repr=False)
    issuers: tuple[Issuer, ...] = ()
    behind_tls: bool = False
    limits: BodyLimits = field(default_factory=BodyLimits)


def create_app(
    services: Services,
    settings: HttpSettings,
    beside: Sequence[ControllerRouterHandler] = (),
    lifespan: Sequence[Lifespan] = (),
    on_error: OnError = on_exception,
) -> Litestar:
    """The application. `beside` are route handlers of others (pages) that share its hooks; what `lifespan` opens is
    there before the first request and closed after the last. `on_error` answers where no handler of ours does."""
    border = Border(services, settings.jwt_secret, settings.issuers)
    state = State(
        {
            "services": services,
            "border": border,
            "limits": settings.limits,
            "large_bodies": LargeBodies(services.slices),
        }
    )
    app = Litestar(
        route_handlers=[*_api(), healthz, readyz, metrics, *beside],
        exception_handlers={Exception: on_error},
        before_request=only_declared,
        before_send=[before_send, before_send_behind_tls] if settings.behind_tls else [before_send],
        request_max_body_size=BODY_BYTES,
        openapi_config=openapi(),
        logging_config=None,
        debug=False,
        lifespan=[border.running, *lifespan],
        state=state,
    )
    app.state.allowed = {route.path_format: ", ".join(sorted(getattr(route, "methods", ()))) for route in app.routes}
    app.state.parameters = declared_parameters(app)
    return app


async def admitted(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Put the caller on the request, before anything of its body is read. One guard: Litestar copies the handler
    for each."""
    connection.scope["user"] = await connection.app.state.border.admit(connection)
    accepted = connection.headers.get("accept", "")
    if accepted not in WITHOUT_A_SECOND_LOOK:
        _check_acceptable(accepted, handler.opt.get("produces", JSON))


def _check_acceptable(accepted: str, produced: tuple[str, ...]) -> None:
    if not any(_takes(accepted, media_type) for media_type in produced):
        raise NotAcceptable(f"This call answers with {' or '.join(produced)}.")


def _takes(accepted: str, media_type: str) -> bool:
    """Whether an Accept header takes a media type (RFC 9110, 12.5.1): the most specific range decides."""
    main = media_type.partition("/")[0]
    ranges: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip().replace(" ", "") for piece in part.split(";"))
        ranges[name] = not any(_is_zero(parameter) for parameter in parameters)
    return next((ranges[name] for name in (media_type, f"{main}/*", "*/*") if name in ranges), False)


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name == "q" and value.rstrip("0") in {"", "0."}


def _api() -> Sequence[Router]:
    """Side by side: Litestar copies every handler anew for each router that another one holds."""
    parts: dict[str, Sequence[BaseRouteHandler]] = {
        "cases": [
            open_case,
            find_cases,
            read_case,
            possible_events,
            read_form,
            fire_event,
            fire_events,
            read_audit,
            read_field,
        ],
        "work on cases": WORK,
        "saved views": SAVED_VIEWS,
        "case types": [list_case_types, read_case_type, list_case_type_versions, draw_case_type, read_opening_form],
        "clocks": [list_clocks, explain_clock, simulate_clock],
        "log": [read_feed, stream_tenant, stream_case, *PROOFS],
        "exports": EXPORTS,
        "policy": POLICY,
        "API keys": [make_api_key, list_api_keys, revoke_api_key],
        "people": [who_am_i],
    }
    return [
        Router(
            "/api/v1",
            route_handlers=list(handlers),
            tags=[tag],
            guards=[admitted],
            request_class=BodyRequest,
            security=[{"bearer": []}],
        )
        for tag, handlers in parts.items()
    ]
