"""Charge a caller for what a request attempts, and say how the rate limit stands."""

from math import ceil

from litestar.types import Scope

from app.http.border.errors import RateLimited
from app.http.border.headers import RATE_LIMIT
from app.http.border.services import ApiRequest, services_of
from app.services.callers.rate_limits import RateLimits, Taken, headers_of


def limit(rates: RateLimits, taken: Taken, scope: Scope) -> None:
    """Raises RateLimited where it was refused."""
    scope["state"][RATE_LIMIT] = headers_of(rates.rate, taken)
    if not taken.allowed:
        raise RateLimited(max(ceil(taken.retry_after), 1))


def charge(request: ApiRequest, attempts: int) -> None:
    """For a request with so many attempts, of which the border charged one."""
    rates = services_of(request).rates
    if rates is not None and attempts > 1:
        limit(rates, rates.take_more(request.user.tenant, request.user.id, attempts - 1), request.scope)
