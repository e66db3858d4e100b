"""A process of the service and its HTTP border, called without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.http.app import HttpSettings, create_app
from app.http.auth import mint
from app.http.services import Readiness, Services
from app.services.house import House
from app.services.rate_limits import RateLimits

SECRET = "a secret for tests that is long enough"


async def ready() -> Readiness:
    return Readiness(True)


@asynccontextmanager
async def over_http(house: House, rates: RateLimits | None = None) -> AsyncIterator[httpx.AsyncClient]:
    services = Services(house.desk, house.cases, house.case_types, ready, house.api_keys, house.keys, rates)
    app: Any = create_app(services, HttpSettings(SECRET))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://stateward") as client:
        yield client


def signed_in(user: str, *roles: str, tenant: str = "acme") -> dict[str, str]:
    return bearing(mint(SECRET, tenant, user, list(roles), 600))


def bearing(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}
