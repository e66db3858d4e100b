"""Whether the process lives, whether traffic may come, and what a monitor counts."""

from typing import Any

from litestar import Request, Response, get

from app.domain.values.errors import Unavailable
from app.http.border.documented import problems
from app.http.border.services import services_of
from app.http.border.views import HealthView, ReadinessView


@get(
    "/healthz",
    operation_id="healthz",
    summary="Is the process alive?",
    tags=["operation"],
    responses=problems(signed_in=False),
)
async def healthz() -> Response[HealthView]:
    """Says yes as long as the process answers; it asks nobody."""
    return Response({"status": "ok"})


@get(
    "/readyz",
    operation_id="readyz",
    summary="May traffic come here?",
    tags=["operation"],
    responses=problems(signed_in=False),
)
async def readyz(request: Request[Any, Any, Any]) -> Response[ReadinessView]:
    """503 with the problems while the store cannot serve; warnings are for the operator."""
    found = await services_of(request).readiness()
    besides = {"warnings": list(found.warnings), "details": found.details}
    if not found.ready:
        raise Unavailable("This replica is not ready.", extra={"problems": list(found.problems), **besides})
    return Response({"ready": True, "warnings": list(found.warnings), "details": found.details})


@get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_description="Counts and times, in the text format of Prometheus",
    tags=["operation"],
    media_type="text/plain",
    responses=problems(signed_in=False),
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counts and times of all workers of this service, in the text format of Prometheus. Nothing names a case or a
    tenant."""
    media_type, text = await services_of(request).metrics()
    return Response(text, media_type=media_type)
