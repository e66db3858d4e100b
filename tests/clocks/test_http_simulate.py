"""Clocks simulated over HTTP: published examples, calendars by name and made up, and whatever callers get wrong."""

import asyncio
import sys
import time
from typing import Any

import jsonschema_rs
import pytest

from app.domain.clocks.simulate_effort import REST, Effort
from app.domain.values.errors import Invalid, Unavailable
from app.services.assembly import Assembly
from app.services.clocks import simulations
from app.services.clocks.simulations import Asked
from app.services.fairness.counting import MOST_WAITING, SWITCH, Counting
from tests.fake_services import Fakes, api
from tests.house import house
from tests.over_http import client_of

__all__ = ["house"]

SIMULATE = "/api/v1/sla/simulate"
LONDON = {"zone": "Europe/London", "weekly": {"mon-fri": ["09:00-17:00"]}}
GOOD_FRIDAY = {**LONDON, "holidays": {"country": "GB", "subdivision": "ENG"}}
START = {"at": "2026-04-02T15:30:00+01:00", "do": "start"}
STEPS = [{"at": "50%"}, {"at": "100%"}, {"at": "+4h", "every": "4h", "max": 3}]


@pytest.fixture(scope="module")
def client():
    with api(Fakes()) as client:
        yield client


def simulated(client: Any, **body: Any) -> Any:
    given = {"clock": {"target": "8h", "steps": STEPS}, "calendar": GOOD_FRIDAY, "moments": [START]}
    return client.post(SIMULATE, json=given | body)


def fields(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


def test_the_holidays_of_a_calendar_that_nobody_declared_are_left_out(client):
    answer = simulated(client)
    assert (answer.status_code, answer.json()["due_at"]) == (200, "2026-04-07T14:30:00.000000Z")  # Easter between
    document = client.get("/schema/openapi.json").json()
    schema = {**document["components"]["schemas"]["SimulatedView"], "components": document["components"]}
    jsonschema_rs.validator_for(schema).validate(answer.json())


def test_the_example_of_the_document_is_answered(client):
    document = client.get("/schema/openapi.json").json()["components"]["schemas"]["Simulate"]
    body = {name: of["examples"][0] for name, of in document["properties"].items()}
    assert client.post(SIMULATE, json=body).json()["state"] == "running"


def test_a_clock_may_bring_its_calendar_along(client):
    answer = simulated(client, calendar=None, clock={"target": "8h", "calendar": LONDON})
    assert answer.json()["due_at"] == "2026-04-03T14:30:00.000000Z"


async def test_the_clock_of_a_case_type_is_simulated_on_its_calendar(house: Assembly) -> None:
    async with client_of(house) as client:
        clock = {"case_type": "expense_claim", "name": "decision"}
        moments = [{"at": "2026-12-23T15:00:00+01:00", "do": "start"}]
        declared = (await client.post(SIMULATE, json={"clock": clock, "moments": moments})).json()
        named = {"clock": {"target": "16h"}, "calendar": "office_de", "moments": moments}
        assert (await client.post(SIMULATE, json=named)).json()["due_at"] == declared["due_at"]
        assert declared["due_at"] == "2026-12-29T14:00:00.000000Z"  # closed from Christmas Eve to the Sunday
        shorter = {"clock": {**clock, "target": "1h"}, "moments": moments}
        assert (await client.post(SIMULATE, json=shorter)).json()["due_at"] == "2026-12-23T15:00:00.000000Z"


FIVE_MINUTES = [f"{hour:02}:{minute}0-{hour:02}:{minute}5" for hour in range(24) for minute in range(6)]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no clock": ({"clock": None}, "clock"),
    "an unknown field": ({"clocks": 1}, "clocks"),
    "moments that are none": ({"moments": "now"}, "moments"),
    "a country that does not exist": ({"calendar": {**LONDON, "holidays": {"country": "XX"}}}, "calendar"),
    "a subdivision": ({"calendar": {**LONDON, "holidays": {"country": "GB", "subdivision": "DE"}}}, "calendar"),
    "a private name of the library": ({"calendar": {**LONDON, "holidays": {"country": "os"}}}, "calendar"),
    "an unknown calendar": ({"calendar": "nowhere"}, "calendar"),
    "a team without a case": ({"calendar": {"follow": "team"}}, "calendar"),
    "a list for a calendar": ({"calendar": []}, "calendar"),
    "a folder for a zone": ({"calendar": {**LONDON, "zone": "../../etc/hosts"}}, "calendar"),
    "no hours at all": ({"calendar": {"zone": "UTC"}}, "calendar"),
    "hours that overlap": (
        {"calendar": {"zone": "UTC", "weekly": {"mon": ["09:00-12:00", "11:00-13:00"]}}},
        "calendar",
    ),
    "hours of five minutes": ({"calendar": {**LONDON, "override": {"2026-04-03": FIVE_MINUTES}}}, "calendar"),
    "an unknown case type": ({"clock": {"case_type": "nothing", "name": "x"}}, "clock.case_type"),
    "a moment before all": ({"moments": [{**START, "at": "0001-01-01T00:00:00Z"}]}, "moments.0.at"),
    "a moment after all": ({"moments": [{**START, "at": "9999-12-31T23:59:59-01:00"}]}, "moments.0.at"),
    "a now after all": ({"now": "9999-12-31T23:59:59-14:00"}, "now"),
    "a moment of last year": ({"moments": [START, {"at": "2025-01-01T00:00:00Z", "do": "stop"}]}, "moments.1.at"),
    "steps without end": (
        {"clock": {"target": "8h", "steps": [{"at": "+1h", "every": "1h", "max": 10**9}]}},
        "clock.steps",
    ),
    "a key that no clock has": ({"clock": {"target": "8h", "step": STEPS}}, "clock.step"),
    "days without end": ({"clock": {"due": {"business_days": 10**9}}}, "moments"),
    "more days than there are": ({"clock": {"due": {"calendar_days": 10**12}}}, "clock.due"),
    "targets that look at a case": ({"clock": {"target": [{"is": "8h"}]}}, "clock.target"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(client, name):
    body, field = WRONG[name]
    assert field in fields(simulated(client, **body))


def test_what_is_wrong_is_said_for_people(client):
    clock = {"target": "8 hours", "steps": [{"at": "late"}, {"at": "50%", "urgent": 1}, {}]}
    assert [error["message"] for error in simulated(client, clock=clock).json()["errors"]] == [
        "Must be written like `2h30m`.",
        "Must be written like `50%`, `-1h`, `-2bd` or `+4h`.",
        "Is not known.",
        "Is missing.",
    ]


def test_many_calendars_are_too_many(client):
    calendars = [{**LONDON, "closed": [f"2026-05-{day:02}"]} for day in range(1, 29)]
    moments = [START, *({"at": START["at"], "do": "handover", "calendar": each} for each in calendars)]
    assert fields(simulated(client, moments=moments)) == ["moments.16.calendar"]


ONE_HOUR_A_WEEK = {"zone": "Europe/Berlin", "weekly": {"mon": ["09:00-10:00"]}}


def test_a_simulation_that_would_never_end_is_cut_short(client):
    before = time.thread_time()
    answer = simulated(client, clock={"due": {"business_days": 10**9}}, calendar=ONE_HOUR_A_WEEK, moments=[START])
    assert fields(answer) == ["moments"]
    assert "nearer due" in answer.json()["errors"][0]["message"]
    assert time.thread_time() - before < simulations.LONGEST_EFFORT  # none of it in the thread that answers


def test_effort_ends_when_its_seconds_are_spent_over_all_of_its_turns():
    clock = iter([0.0, 0.5, 0.5, 100.0, 100.4, 100.4, 200.0, 200.3, 200.3])
    effort = Effort(1, clock=lambda: next(clock), rest=lambda _: None)
    with effort:
        effort()
    with effort:
        effort()
    with pytest.raises(Invalid), effort:
        effort()


def test_who_counts_rests_every_few_milliseconds_so_that_others_may_go_first():
    rests: list[float] = []
    clock = iter([0.0, 0.001, 0.003, 0.0035, 0.006, 0.006])
    with Effort(1, clock=lambda: next(clock), rest=rests.append) as effort:
        for _ in range(4):
            effort()
    assert rests == [REST, REST]


async def test_whoever_comes_when_too_many_of_their_tenant_wait_is_told_to_come_again(house: Assembly) -> None:
    asking = [asyncio.ensure_future(house.simulations.simulate("acme", Asked({"target": "8h"}))) for _ in range(10)]
    done = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in done) == 10 - MOST_WAITING - 1


async def test_tenants_take_turns_however_many_of_one_wait() -> None:
    counting, order = Counting(), []
    many = [counting.count("many", lambda n=n: order.append(f"many {n}")) for n in range(5)]
    await asyncio.gather(*many, counting.count("one", lambda: order.append("one")))
    assert order[:3] == ["many 0", "many 1", "one"]


async def test_threads_change_more_often_as_long_as_somebody_counts() -> None:
    usual = sys.getswitchinterval()
    assert await Counting().count("acme", sys.getswitchinterval) == pytest.approx(SWITCH) != pytest.approx(usual)
    assert sys.getswitchinterval() == usual


def test_an_answer_of_endless_segments_is_refused(client):
    every_half_hour = [f"{hour:02}:{minute}-{hour:02}:{minute + 20}" for hour in range(24) for minute in (10, 35)]
    calendar = {"zone": "UTC", "weekly": {"mon-sun": every_half_hour}}
    answer = simulated(client, calendar=calendar, now="2027-04-02T15:30:00Z")
    assert fields(answer) == ["now"]
