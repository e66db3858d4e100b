"""The application over a house that runs, without a server between."""

from httpx import ASGITransport, AsyncClient

from app.http.border.services import Readiness, Services
from app.metrics.process import Metrics
from app.services.assembly import Assembly
from app.services.callers.rate_limits import RateLimits
from tests.fake_services import token
from tests.one_app import app_of


async def _ready() -> Readiness:
    return Readiness(True)


def services_of(house: Assembly, metrics: Metrics | None = None, rates: RateLimits | None = None) -> Services:
    return Services(
        desk=house.desk,
        trials=house.trials,
        cases=house.cases,
        case_types=house.case_types,
        type_rights=house.type_rights,
        clocks=house.clocks,
        simulations=house.simulations,
        policy_changes=house.policy_changes,
        who_can=house.who_can,
        readiness=_ready,
        metrics=(metrics or Metrics(house.store)).exposed,
        ledger=house.ledger,
        work=house.work,
        next_case=house.next_case,
        queues=house.queues,
        views=house.views,
        attachments=house.attachments,
        held_files=house.held_files,
        api_keys=house.api_keys,
        keys=house.keys,
        case_pages=house.case_pages,
        people=house.signing_in.people,
        rates=rates,
        forms=house.forms,
        proofs=house.proofs,
        noted_reads=house.noted_reads,
        exports=house.export_jobs,
        field_history=house.field_history,
        together=house.store.together,
    )


def client_of(house: Assembly, *roles: str, user: str = "alice", metrics: Metrics | None = None) -> AsyncClient:
    """A caller of acme, a clerk unless told otherwise."""
    headers = {"authorization": f"Bearer {token(user, roles=roles or ('clerk',))}"}
    return _calling(services_of(house, metrics), headers)


def client_without_credential(house: Assembly, rates: RateLimits | None = None) -> AsyncClient:
    return _calling(services_of(house, rates=rates), {})


def _calling(services: Services, headers: dict[str, str]) -> AsyncClient:
    transport = ASGITransport(app_of(services), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://test", headers=headers)
