"""The clocks of a case over HTTP: all their cycles, why they are due, and nothing for those who may not read it."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from httpx import AsyncClient

from app.services.house import House
from tests.databases import Database
from tests.house import fired
from tests.over_http import client_of
from tests.test_clocks import opened, sqlite_file
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


async def test_all_cycles_of_all_clocks_are_listed(house: House, watch: Watch) -> None:
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


async def test_an_old_cycle_stays_beside_the_new_one(house: House, watch: Watch) -> None:
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


async def test_explained_segments_add_up_to_the_time_that_counted(house: House, watch: Watch) -> None:
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


async def test_explained_steps_say_when_they_fired_and_when_they_will(house: House, watch: Watch) -> None:
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


async def test_what_is_not_there_and_what_is_not_readable_look_the_same(house: House) -> None:
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
async def test_a_cycle_that_is_no_number_is_named(house: House, cycle: str) -> None:
    case_id = await opened(house)
    async with client_of(house, "agent") as client:
        answer = await client.get(f"/api/v1/cases/{case_id}/slas/decision/explain?cycle={cycle}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cycle")


async def test_the_overdue_cases_are_found_the_longest_overdue_first(house: House, watch: Watch) -> None:
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
