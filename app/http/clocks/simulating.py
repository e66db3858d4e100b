"""What a clock would do, for one that no case has to have."""

from typing import Any, cast

from litestar import Response, post
from litestar.params import JSONBody

from app.http.bodies.requests import Simulate
from app.http.border.documented import problems
from app.http.border.services import ApiRequest, services_of
from app.http.clocks.views import SimulatedView
from app.services.clocks.simulations import Asked


@post(
    "/sla/simulate",
    operation_id="simulateClock",
    summary="What a clock would do",
    status_code=200,
    responses=problems("too_large", "unsupported_media_type", "invalid"),
)
async def simulate_clock(request: ApiRequest, data: JSONBody[Simulate]) -> Response[SimulatedView]:
    """Due, breach, steps and every stretch of time, for a clock that no case has to have. Nothing is kept. At most
    1,000 moments within ten years, 16 calendars and two seconds of counting."""
    asked = Asked(data.clock, data.calendar, data.moments, data.now)
    return Response(cast(Any, await services_of(request).simulations.simulate(request.user.tenant, asked)))
