"""The application over a house that runs, without a server between."""

from httpx import ASGITransport, AsyncClient

from app.http.app import HttpSettings, create_app
from app.http.services import Readiness, Services
from app.metrics import Metrics
from app.services.house import House
from tests.fake_services import SECRET, token


def client_of(house: House, *roles: str, user: str = "alice", metrics: Metrics | None = None) -> AsyncClient:
    """A caller of acme, a clerk unless told otherwise."""

    async def readiness() -> Readiness:
        return Readiness(True)

    exposed = (metrics or Metrics(house.store)).exposed
    services = Services(house.desk, house.cases, house.case_types, house.clocks, house.simulations, readiness, exposed)
    headers = {"authorization": f"Bearer {token(user, roles=roles or ('clerk',))}"}
    transport = ASGITransport(create_app(services, HttpSettings(SECRET)), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://test", headers=headers)
