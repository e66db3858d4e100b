"""What an operator sees of each request: metrics, a line in the log, a span. Nothing that callers send is in them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any, Protocol

import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from app.http.border.headers import REFUSAL, request_id
from app.http.border.large import let_go

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
"""As the semantic conventions of OpenTelemetry call it."""
LOGGER = structlog.get_logger("stateward.access")
RecordCall = Callable[[str, str, int, float, str | None], None]


class Tracer(Protocol):
    def request(self, method: str, headers: dict[str, str]) -> AbstractContextManager[Any]: ...

    def answered(self, span: Any, method: str, route: str, status: int, request_id: str) -> None: ...


class Observed:
    """An application with eyes on it. `record_call` gets method, route, status, seconds and the border's refusal."""

    def __init__(
        self, app: ASGIApp, record_call: RecordCall, tracer: Tracer | None = None, *, access_log: bool = False
    ) -> None:
        self._app = app
        self._record_call = record_call
        self._tracer = tracer
        self._access_log = access_log

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._tracer is None:
            await self._timed(scope, receive, send, None)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        with self._tracer.request(_method(scope), headers) as span:
            await self._timed(scope, receive, send, span)

    async def _timed(self, scope: HTTPScope, receive: Receive, send: Send, span: Any) -> None:
        began = perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(scope, message["status"], perf_counter() - began, span)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            let_go(scope)  # of one that was cancelled before its answer began

    def _answered(self, scope: HTTPScope, status: int, seconds: float, span: Any) -> None:
        method, route = _method(scope), str(scope.get("path_template") or "")
        self._record_call(method, route, status, seconds, scope["state"].get(REFUSAL))
        if self._tracer is not None:
            self._tracer.answered(span, method, route, status, request_id(scope))
        if self._access_log:
            ms = round(seconds * 1000, 1)
            LOGGER.info("answered", method=method, route=route, status=status, ms=ms, request_id=request_id(scope))


def _method(scope: HTTPScope) -> str:
    """A method that we know: callers may write anything there."""
    return scope["method"] if scope["method"] in METHODS else OTHER
