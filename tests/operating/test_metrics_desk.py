"""A monitor learns what attempts came to, where their time goes and how full a process is; labels are bounded."""

import asyncio
from typing import Any

import pytest

from app.metrics.gauges import GaugeMetrics
from app.metrics.process import Metrics
from app.services.assembly import Assembly
from app.services.desk.report import telling
from app.services.process.gauges import Connections, Gauges
from app.services.store.failures import StoreUnavailable
from tests.factories import new_id
from tests.house import ALICE, CLERK, STRANGER, attempt, fire, opening, submit, tried
from tests.observing import client_of, told, value, watched

CASES = "/api/v1/cases"
CLAIM = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 100, "currency": "EUR"}}
ATTEMPTS = "stateward_attempts_total"


@pytest.fixture
def metrics(house: Assembly) -> Metrics:
    return watched(house)


async def test_attempts_are_counted_by_case_type_and_by_what_they_came_to(house: Assembly, metrics: Metrics) -> None:
    opened = await tried(house, opening(key="once"))
    await tried(house, opening(key="once"))
    await fire(house, opened.case["id"], "triage", STRANGER)
    await fire(house, opened.case["id"], "pay", CLERK)
    await fire(house, opened.case["id"], "triage", CLERK)
    await fire(house, new_id(), "triage", CLERK)
    found = await told(metrics)
    claim = {"case_type": "expense_claim", "act": "event"}
    assert value(found, ATTEMPTS, **claim, outcome="applied") == 2
    assert value(found, ATTEMPTS, **claim, outcome="replayed") == 1
    assert value(found, ATTEMPTS, case_type="_unknown", act="event", outcome="not_found") == 1
    refused = {code: value(found, "stateward_refusals_total", code=code) for code in ("not_found", "denied")}
    assert refused == {"not_found": 2, "denied": 1}  # to a stranger the case is not there


async def test_what_is_only_tried_is_counted_apart(house: Assembly, metrics: Metrics) -> None:
    await house.trials.submit([opening(), opening(event="pay")])
    found = await told(metrics)
    claim = {"case_type": "expense_claim", "act": "event"}
    assert value(found, "stateward_dry_runs_total", **claim, outcome="applied") == 1
    assert value(found, "stateward_dry_runs_total", **claim, outcome="invalid") == 1
    assert value(found, ATTEMPTS, **claim, outcome="applied") == 0


async def test_a_batch_tells_its_size_and_the_course_of_its_time(house: Assembly, metrics: Metrics) -> None:
    await submit(house, *(opening() for _ in range(5)))
    found = await told(metrics)
    assert value(found, "stateward_desk_batch_attempts_count") == 1
    assert value(found, "stateward_desk_batch_attempts_sum") == 5
    for phase in ("waiting", "locking", "deciding", "recording"):
        assert value(found, "stateward_desk_seconds_count", phase=phase) == 1
        assert 0 < value(found, "stateward_desk_seconds_sum", phase=phase) < 60


async def test_what_the_desk_refuses_undecided_is_counted_too(house: Assembly, metrics: Metrics) -> None:
    def away(*_: str) -> Any:
        raise StoreUnavailable("the cable was pulled")

    house.store.transaction = away  # type: ignore[method-assign]
    await tried(house, opening())
    assert value(await told(metrics), "stateward_refusals_total", code="unavailable") == 1


async def test_a_monitor_that_fails_harms_no_attempt(house: Assembly, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Any) -> None:
        raise RuntimeError("no room left")

    house.tell_committed(broken)
    answer = await tried(house, opening(key="once"))
    assert answer.error is None
    assert answer.receipt is not None
    assert answer.receipt.case_seq == 1
    assert [record.message for record in caplog.records] == ["cannot record what was committed"]


def test_one_listener_that_fails_does_not_keep_the_others_from_hearing() -> None:
    heard: list[int] = []
    telling(lambda one: [][one], heard.append)(7)
    assert heard == [7]


async def test_requests_are_timed_by_route_and_class_of_status(house: Assembly, metrics: Metrics) -> None:
    async with client_of(house, metrics) as client:
        opened = await client.post(CASES, json=CLAIM)
        case = opened.json()["case"]["id"]
        await client.get(f"{CASES}/{case}")
        await client.get(f"{CASES}/{new_id()}")
        await client.post(CASES, json={**CLAIM, "wrong": 1})
        await client.get(CASES, headers={"authorization": "Bearer nonsense"})
    found = await told(metrics)
    seconds = "stateward_http_request_seconds_count"
    assert value(found, seconds, method="POST", route=CASES, status="2xx") == 1
    assert value(found, seconds, method="POST", route=CASES, status="4xx") == 1
    assert value(found, seconds, method="GET", route=f"{CASES}/{{case_id}}", status="2xx") == 1
    assert value(found, seconds, method="GET", route=f"{CASES}/{{case_id}}", status="4xx") == 1
    for code in ("invalid", "not_found", "unauthenticated"):
        assert value(found, "stateward_refusals_total", code=code) == 1


async def test_a_refusal_of_the_desk_is_counted_once_though_the_border_answers_it(
    house: Assembly, metrics: Metrics
) -> None:
    async with client_of(house, metrics) as client:
        await client.post(f"{CASES}/{new_id()}/events", json={"event": "triage"})
        await client.post("/api/v1/events", json={"attempts": [{"case_id": new_id(), "event": "triage"}] * 2})
    assert value(await told(metrics), "stateward_refusals_total", code="not_found") == 3


async def test_a_thousand_made_up_names_make_no_label(house: Assembly, metrics: Metrics) -> None:
    many = [f"made_up_{number}" for number in range(1_000)]
    for start in range(0, len(many), 100):
        named = many[start : start + 100]
        await submit(house, *(opening(case_type=name, event=name, reference=name) for name in named))
    async with client_of(house, metrics) as client:
        for name in many[::20]:
            await client.get(f"/{name}")
            await client.get(f"{CASES}/{name}", params={name: name})
            await client.request(name.upper(), CASES)
    await submit(house, *(attempt(ALICE, name, name) for name in many[::20]))
    names = {name for _, labels in await told(metrics) for _, name in labels}
    assert not [name for name in names if "made_up" in name.lower()]
    assert len(names) < 100


async def test_a_process_tells_how_full_it_is_and_what_policy_it_decides_by(house: Assembly, metrics: Metrics) -> None:
    asked = asyncio.create_task(house.desk.submit([opening()] * 3))
    await asyncio.sleep(0)
    during = await told(metrics)
    await asked
    assert value(during, "stateward_desk_waiting_attempts") == 3
    assert value(await told(metrics), "stateward_desk_waiting_attempts") == 0
    assert value(during, "stateward_pool_connections_most") == 10
    assert value(during, "stateward_policy_version") == house.policies.engine.version > 0


async def test_a_connection_is_in_use_while_something_is_decided_and_not_afterwards(
    house: Assembly, metrics: Metrics
) -> None:
    await tried(house, opening())
    before = value(await told(metrics), "stateward_pool_connections_in_use")
    async with house.store.transaction():
        assert value(await told(metrics), "stateward_pool_connections_in_use") == before + 1
    assert value(await told(metrics), "stateward_pool_connections_in_use") == before


async def test_the_age_of_a_policy_begins_anew_with_each_version() -> None:
    from prometheus_client import CollectorRegistry

    now, version = [100.0], [1]
    registry = CollectorRegistry()
    level = GaugeMetrics(registry, lambda: Gauges(0, Connections(0, 1), version[0]), lambda: now[0])
    await level.look()
    now[0] += 60
    await level.look()
    assert registry.get_sample_value("stateward_policy_age_seconds") == 60
    version[0] = 2
    await level.look()
    assert registry.get_sample_value("stateward_policy_age_seconds") == 0
    assert registry.get_sample_value("stateward_policy_version") == 2


async def test_a_claim_of_the_next_case_and_what_was_skipped_for_it_are_counted(
    house: Assembly, metrics: Metrics
) -> None:
    async with client_of(house, metrics) as client:
        cases = [(await client.post(CASES, json=CLAIM)).json()["case"]["id"] for _ in range(2)]
        wish = {"skip": [{"case_id": cases[0], "reason": "mine"}]}
        answer = await client.post("/api/v1/next-case", json=wish)
    assert answer.status_code == 200, answer.text
    found = await told(metrics)
    assert value(found, ATTEMPTS, case_type="expense_claim", act="case:claim", outcome="applied") == 2
    assert value(found, ATTEMPTS, case_type="expense_claim", act="event", outcome="applied") == 2


async def test_places_in_the_log_are_counted_and_a_sequencer_that_stands_still_shows(
    house: Assembly, metrics: Metrics
) -> None:
    assert value(await told(metrics), "stateward_log_sequenced_timestamp_seconds") == 0
    await submit(house, opening(), opening())
    before = await house.ledger.sequence()
    found = await told(metrics)
    assert value(found, "stateward_log_sequenced_total") == before >= 2
    assert value(found, "stateward_log_sequenced_timestamp_seconds") > 1_700_000_000
