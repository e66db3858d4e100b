"""The clocks of a case over HTTP: all their cycles, why they are due, and nothing for those who may not read it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from httpx import AsyncClient

from app.domain.deciding import clocks_after
from app.services.assembly import Assembly
from app.services.clocks import clocks
from tests.clocks.test_clocks import opened, sqlite_file
from tests.databases import Database
from tests.house import fired
from tests.over_http import client_of
from tests.ticking import AGENT, Watch, declared_with, tick, ticking, watch

__all__ = ["sqlite_file", "watch"]

DECISION = """
decision:
  title: Decision in a day
  start: {enters: [new, work]}
  pause: {in: waiting}
  stop: {enters: done}
  target: 8h
  calendar: office
  reopen: restart
  steps:
    - {at: 50%, notify: role:supervisor}
    - {at: 100%, fire: escalate}
review:
  start: {enters: new}
  start_at: data.received_on
  pause: {in: waiting}
  target: 2d
  steps:
    - {at: 50%, urgency: 10}
    - {at: 100%, urgency: 10}
"""
NOBODY = "0198c0de-0000-7000-8000-00000000ffff"


@pytest.fixture
async def house(sqlite_file: Database, watch: Watch, tmp_path: Path) -> Any:
    async with ticking(sqlite_file, declared_with(tmp_path, DECISION), watch) as house:
        yield house


async def fits(client: AsyncClient, name: str, answer: Any) -> bool:
    document = (await client.get("/schema/openapi.json")).json()
    schema = {**document["components"]["schemas"][name], "components": document["components"]}
    jsonschema_rs.validator_for(schema).validate(answer)
    return True


async def test_all_cycles_of_all_clocks_are_listed(house: Assembly, watch: Watch) -> None:
    case_id = await opened(house)
    async with client_of(house, "agent") as client:
        answer = (await client.get(f"/api/v1/cases/{case_id}/slas")).json()
        assert [(item["clock"], item["cycle"], item["status"]) for item in answer["items"]] == [
            ("decision", 1, "running"),
            ("review", 1, "running"),
        ]
        assert await fits(client, "CyclesView", answer)
        shown = (await client.get(f"/api/v1/cases/{case_id}")).json()
        assert await fits(client, "CaseView", shown)
        assert set(shown["slas"]) == {"decision", "review"}


async def test_an_old_cycle_stays_beside_the_new_one(house: Assembly, watch: Watch) -> None:
    case_id = await opened(house)
    watch.at(10, day=1)
    await tick(house)
    await fired(house, case_id, "finish", AGENT)
    watch.at(11, day=1)
    await fired(house, case_id, "reopen", AGENT)
    async with client_of(house, "agent") as client:
        answer = (await client.get(f"/api/v1/cases/{case_id}/slas")).json()
        first = (await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain?cycle=1")).json()
        newest = (await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain")).json()
    told = [(item["cycle"], item["status"], item["current"], item["breached_at"]) for item in answer["items"][:2]]
    assert told == [(1, "met_late", False, "2026-06-09T09:00:00.000000Z"), (2, "running", True, None)]
    assert answer["items"][0]["next_fire_at"] is None
    assert (first["cycle"], int(first["late_by_seconds"])) == (1, 3600)
    assert first["segments"][-1]["to"].startswith("2026-06-09T10:00:00")
    assert (newest["cycle"], newest["segments"]) == (2, [])


async def test_explained_segments_add_up_to_the_time_that_counted(house: Assembly, watch: Watch) -> None:
    case_id = await opened(house)
    watch.at(10)
    await fired(house, case_id, "take", AGENT)
    watch.at(11)
    await fired(house, case_id, "wait", AGENT)
    watch.at(13)
    await fired(house, case_id, "take", AGENT)
    watch.at(14)
    async with client_of(house, "agent") as client:
        answer = (await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain")).json()
        assert await fits(client, "ExplainedView", answer)
    assert (answer["elapsed_seconds"], answer["target_seconds"]) == (3 * 3600, 8 * 3600)
    assert [(segment["counted"], segment["why"]) for segment in answer["segments"]] == [
        (True, "working hours"),
        (False, "paused: in waiting"),
        (True, "working hours"),
    ]


async def test_explained_steps_say_when_they_fired_and_when_they_will(house: Assembly, watch: Watch) -> None:
    late = await opened(house, data={"received_on": "2026-06-04"})
    watch.at(13)
    await tick(house)
    async with client_of(house, "agent") as client:
        answer = (await client.get(f"/api/v1/cases/{late}/slas/decision/explain")).json()
        past = (await client.get(f"/api/v1/cases/{late}/slas/review/explain")).json()
    assert answer["steps"] == [
        {"at": "50%", "fires_at": "2026-06-08T13:00:00.000000Z", "skipped": False},
        {"at": "100%", "fires_at": "2026-06-09T09:00:00.000000Z", "skipped": False},
    ]
    assert past["steps"] == [
        {"at": "50%", "fires_at": "2026-06-05T00:00:00.000000Z", "skipped": True},
        {"at": "100%", "fires_at": "2026-06-06T00:00:00.000000Z", "skipped": False},
    ]


async def test_what_is_not_there_and_what_is_not_readable_look_the_same(house: Assembly) -> None:
    case_id = await opened(house)
    calls = [f"/api/v1/cases/{name}/slas{rest}" for name in (NOBODY, "nonsense") for rest in ("", "/decision/explain")]
    async with client_of(house, "agent") as agent, client_of(house, user="steve") as stranger:
        foreign = [await stranger.get(f"/api/v1/cases/{case_id}/slas{rest}") for rest in ("", "/decision/explain")]
        missing = [await agent.get(f"/api/v1/cases/{case_id}/slas/{name}/explain") for name in ("other", "%00", "é")]
        later = await agent.get(f"/api/v1/cases/{case_id}/slas/decision/explain?cycle=2")
        answers = [*foreign, *missing, later, *[await agent.get(call) for call in calls]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("cycle", ["0", "-1", "one", "1.5", "", "9999999999999999999999", "%00"])
async def test_a_cycle_that_is_no_number_is_named(house: Assembly, cycle: str) -> None:
    case_id = await opened(house)
    async with client_of(house, "agent") as client:
        answer = await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain?cycle={cycle}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cycle")


async def test_the_overdue_cases_are_found_the_longest_overdue_first(house: Assembly, watch: Watch) -> None:
    first = await opened(house)
    watch.at(10)
    second = await opened(house)
    watch.at(16)
    third = await opened(house)
    watch.at(11, day=1)
    async with client_of(house, "agent") as client:
        overdue = (await client.get("/api/v1/cases?overdue=true&sort=due_at")).json()["items"]
        others = (await client.get("/api/v1/cases?overdue=false&sort=due_at")).json()["items"]
    assert [case["id"] for case in overdue] == [first, second]
    assert [case["id"] for case in others] == [third]


async def test_a_clock_of_a_century_is_explained_page_by_page(house: Assembly) -> None:
    case_id = await opened(house, occurred_at=datetime(1900, 1, 2, 9, tzinfo=UTC))
    segments: list[Any] = []
    async with client_of(house, "agent") as client:
        address = f"/api/v1/cases/{case_id}/slas/decision/explain"
        whole = (await client.get(address)).json()
        assert len(whole["segments"]) == 1000
        page = (await client.get(f"{address}?limit=3")).json()
        first = page["segments"]
        again = (await client.get(address, params={"limit": 997, "cursor": page["next_cursor"]})).json()
        assert first + again["segments"] == whole["segments"]
        last = (await client.get(address, params={"cursor": "2026-06-07T09:00:00.000000Z"})).json()
        segments = last["segments"]
        wrong = await client.get(f"{address}?cursor=page-two")
        assert await fits(client, "ExplainedView", last)
    assert (last["next_cursor"], segments[0]["from"]) == (None, "2026-06-07T09:00:00.000000Z")
    assert [one["from"] for one in segments[1:]] == [one["to"] for one in segments[:-1]]
    assert last["elapsed_seconds"] == whole["elapsed_seconds"] > 100 * 250 * 8 * 3600
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_history_that_takes_too_long_to_count_is_told_so(
    house: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await opened(house)
    monkeypatch.setattr(clocks, "LONGEST_EFFORT", 0.0)
    async with client_of(house, "agent") as client:
        answer = await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")


async def test_a_step_of_every_minute_of_many_years_is_past_at_once(
    tmp_path: Path, sqlite_file: Database, watch: Watch
):
    every_minute = "quick: {start: {enters: new}, target: 1m, steps: [{at: +1m, every: 1m, urgency: 1}]}\n"
    async with ticking(sqlite_file, declared_with(tmp_path, every_minute), watch) as house:
        case_id = await opened(house, occurred_at=datetime(2018, 1, 2, 9, tzinfo=UTC))
        fired = await tick(house)
        assert [(one.firing.step.at, one.firing.skipped) for one in fired] == [("+1m", False)]
        watch.pass_by(minutes=2)
        assert len(await tick(house)) == 2
        async with client_of(house, "agent") as client:
            told = (await client.get(f"/api/v1/cases/{case_id}/slas/quick/explain")).json()
        assert len(told["steps"]) == 1001
        assert [one["fires_at"] for one in told["steps"][-3:]] == [
            "2026-06-08T09:01:00.000000Z",
            "2026-06-08T09:02:00.000000Z",
            "2026-06-08T09:03:00.000000Z",
        ]
        assert [found async for _, found in house.verification.differences(repair=False) if found] == []


WRONG_TIMES = [
    "0001-01-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "9999-12-31",
    "0001-01-01",
    "20261201",
    "2026-W49-1",
    "2026-12-32",
    "tomorrow",
]
DATED = DECISION + "answer: {kind: due_at, start: {enters: new}, due: {field: data.deadline}, calendar: office}\n"


@pytest.mark.parametrize("field", ["received_on", "deadline"])
@pytest.mark.parametrize("written", WRONG_TIMES)
async def test_a_time_that_nobody_can_mean_is_refused_with_its_field(
    tmp_path: Path, sqlite_file: Database, watch: Watch, field: str, written: str
) -> None:
    async with (
        ticking(sqlite_file, declared_with(tmp_path, DATED), watch) as house,
        client_of(house, "agent") as client,
    ):
        body = {"case_type": "ticket", "data": {field: written}}
        answer = await client.post("/api/v1/cases", json=body)
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["field"]) == (422, f"data.{field}")
    other_age = written in {*WRONG_TIMES[:5]}
    assert fault["message"].startswith("Must lie between" if other_age else "Must be a date"), fault["message"]


@pytest.mark.parametrize("written", WRONG_TIMES)
async def test_an_event_happened_between_1900_and_2199(house: Assembly, written: str) -> None:
    attempt = {"case_type": "ticket", "reference": "R-1", "event": "open", "data": {}, "occurred_at": written}
    async with client_of(house, "root", "admin") as client:
        answer = await client.post("/api/v1/events", json={"attempts": [attempt]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "attempts.0.occurred_at")


async def test_a_time_of_another_age_that_a_case_holds_already_stops_none_of_its_events(
    tmp_path: Path, sqlite_file: Database, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ticking(sqlite_file, declared_with(tmp_path, DATED), watch) as house:
        with monkeypatch.context() as older:
            older.setattr(clocks_after, "check_dates", lambda *_: None)
            case_id = await opened(house, data={"deadline": "9999-12-30T00:00:00Z", "received_on": "1800-01-01"})
        await fired(house, case_id, "take", AGENT)
        assert [found async for _, found in house.verification.differences(repair=False) if found] == []
