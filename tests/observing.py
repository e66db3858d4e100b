"""A house that is observed as a worker's is: by metrics, by traces, and by a log of requests."""

from collections.abc import Mapping

from httpx import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from app.http.operating.request_log import Observed
from app.metrics.process import Metrics
from app.services.assembly import Assembly
from app.tracing import Tracing
from tests.fake_services import token
from tests.one_app import app_of
from tests.over_http import services_of

Labels = frozenset[tuple[str, str]]


def watched(house: Assembly, tracing: Tracing | None = None) -> Metrics:
    metrics = Metrics(house.store, house.gauges)
    house.tell_fired(metrics.record_fired)
    house.tell_sequenced(metrics.record_sequenced)
    house.tell_answered(metrics.record_answered)
    house.tell_tried(metrics.record_tried)
    house.tell_committed(metrics.record_committed, *([tracing.record] if tracing else []))
    if tracing:
        house.come_from(tracing.origin)
    return metrics


def client_of(
    house: Assembly, metrics: Metrics, tracing: Tracing | None = None, *, access_log: bool = False, raises: bool = False
) -> AsyncClient:
    """A caller of acme, a clerk."""
    app = app_of(services_of(house, metrics))
    observed = Observed(app, metrics.record_call, tracing, access_log=access_log)
    transport = ASGITransport(observed, raise_app_exceptions=raises)
    headers = {"authorization": f"Bearer {token(roles=('clerk',))}"}
    return AsyncClient(transport=transport, base_url="http://test", headers=headers)


async def told(metrics: Metrics) -> dict[tuple[str, Labels], float]:
    """Every sample of what Prometheus reads, by its name and labels."""
    _, text = await metrics.exposed()
    families = text_string_to_metric_families(text.decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(samples: Mapping[tuple[str, Labels], float], name: str, **labels: str) -> float:
    """0 where it was never counted."""
    return samples.get((name, frozenset(labels.items())), 0)
