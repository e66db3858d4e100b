"""The look of a case type is not pinned: that of the newest version counts for the cases of all."""

from typing import Any

import pytest

from app.domain.definition.case_type import CaseType
from app.domain.values.errors import NotFound
from app.services.assembly import Assembly
from tests.databases import Database
from tests.fake_services import Fakes, api
from tests.house import another_process, declared, declaring, house, open_claim, state

__all__ = ["house"]


def claims(views: dict[str, Any] | None, title: str = "Claim") -> CaseType:
    """A version of the expense claim that looks like this."""
    told: dict[str, Any] = declared().case_types["expense_claim"].model_dump(by_alias=True, exclude_none=True)
    told.pop("views", None)
    return CaseType.model_validate({**told, "title": title, **({"views": views} if views else {})})


async def test_a_newer_look_counts_for_cases_that_are_open_already(house: Assembly, database: Database) -> None:
    old = await open_claim(house)
    newer = claims({"list": ["reference", "due"]})
    async with another_process(database, declaring(expense_claim=newer)) as process:
        assert (await state(process, old)).definition_version == 1
        views = process.case_types.views("expense_claim")
        assert views is not None
        assert views.columns == ("reference", "due")


async def test_a_version_without_views_looks_like_the_newest_that_has_some(house: Assembly, database: Database) -> None:
    for list_ in (["reference"], ["reference", "due"], None):
        views = {"list": list_} if list_ else None
        async with another_process(database, declaring(expense_claim=claims(views, f"Claim {list_}"))) as process:
            found = process.case_types.views("expense_claim")
            assert found is not None
            assert found.columns == tuple(list_ or ["reference", "due"])


async def test_a_file_that_becomes_what_it_was_looks_as_it_did(house: Assembly, database: Database) -> None:
    """The version in force counts before a newer one that is not in force any more."""
    async with another_process(database, declaring(expense_claim=claims({"list": ["reference"]}))):
        pass
    async with another_process(database) as process:
        assert process.case_types.views("expense_claim") == declared().case_types["expense_claim"].views


async def test_a_case_type_whose_file_is_gone_keeps_its_look(house: Assembly, database: Database) -> None:
    async with another_process(database, declaring(expense_claim=None)) as process:
        assert process.case_types.views("expense_claim") == house.case_types.views("expense_claim") is not None


async def test_a_case_type_that_never_said_anything_has_no_look(house: Assembly, database: Database) -> None:
    plain = CaseType.model_validate({"case_type": "plain", "initial": "a", "states": {"a": {}}})
    async with another_process(database, declaring(plain=plain)) as process:
        assert process.case_types.views("plain") is None
        assert process.case_types.views("nonsense") is None


async def test_versions_are_told_with_the_moment_since_when_there_is_one(house: Assembly, database: Database) -> None:
    async with another_process(database, declaring(expense_claim=claims(None))) as process:
        newest, first = await process.case_types.versions("expense_claim")
    assert (newest.version, newest.in_force, first.version, first.in_force) == (2, True, 1, False)
    assert newest.hash == claims(None).hash()
    assert newest.published_at is not None
    assert first.published_at is not None
    assert newest.published_at > first.published_at
    with pytest.raises(NotFound):
        await house.case_types.versions("nonsense")


async def test_a_name_with_an_underscore_is_not_taken_for_a_pattern(house: Assembly, database: Database) -> None:
    other = CaseType.model_validate({"case_type": "expensexclaim", "initial": "a", "states": {"a": {}}})
    async with another_process(database, declaring(expensexclaim=other)) as process:
        assert len(await process.store.definitions_published("expense_claim")) == 1


def test_the_api_answers_clocks_views_and_versions_and_plain_titles() -> None:
    fakes = Fakes()
    shipped = declared().case_types["incident"]
    fakes.case_types.view = type(fakes.case_types.view)(shipped, 1, shipped.hash())
    with api(fakes) as client:
        [listed] = client.get("/api/v1/case-types").json()["items"]
        read = client.get("/api/v1/case-types/incident").json()
        versions = client.get("/api/v1/case-types/incident/versions").json()
        missing = client.get("/api/v1/case-types/nonsense/versions")
    assert listed == {key: read[key] for key in listed}
    reaction, resolution, confirmation = read["clocks"]
    assert (reaction["title"], reaction["time"], reaction["calendar"]) == (
        *("Somebody looks at it", "30m where data.priority == 1, else 4h", "office_de"),
    )
    assert resolution["steps"][-1] == {"at": "+2h", "every": "2h", "max": 5, "does": ["notify role:supervisor"]}
    assert (confirmation["time"], confirmation["calendar"]) == ("5d", "always")
    assert read["views"]["list"][0] == "reference"
    assert read["views"]["title"] == "data.summary"
    assert read["views"]["groups"][0] == {
        "title": "Incident",
        "fields": ["data.summary", "data.priority", "data.service", "data.description"],
    }
    assert read["title"] == "Incident"
    assert read["data_schema"]["properties"]["priority"]["x-titles"]["1"] == "1 – critical"
    assert [one["version"] for one in versions["items"]] == [1]
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        (
            {"kind": "due_at", "due": {"business_days": 2, "at": "16:00", "cutoff": "15:00"}},
            "2 business days at 16:00, cut off at 15:00",
        ),
        ({"kind": "due_at", "due": {"calendar_days": 1}}, "1 calendar day"),
        ({"kind": "due_at", "due": {"field": "data.deadline"}}, "data.deadline"),
        (
            {"kind": "due_at", "due": {"field": "data.deadline", "business_days": -2, "at": "start"}},
            "2 business days before data.deadline at the same time",
        ),
        (
            {"kind": "due_at", "due": {"calendar_days": 30, "if_closed": "next"}},
            "30 calendar days, on a closed day the next one",
        ),
        ({"kind": "periodic", "every": "24h"}, "every 24h"),
    ],
)
def test_the_time_of_each_kind_of_clock_is_told(clock: dict[str, Any], time: str) -> None:
    told = {"case_type": "expense_claim", "initial": "a", "states": {"a": {}}}
    fakes = Fakes()
    case_type = CaseType.model_validate({**told, "slas": {"s": {"start": {"enters": "a"}, **clock}}})
    fakes.case_types.view = type(fakes.case_types.view)(case_type, 1, case_type.hash())
    with api(fakes) as client:
        [found] = client.get("/api/v1/case-types/expense_claim").json()["clocks"]
    assert found["time"] == time
