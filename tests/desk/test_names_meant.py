"""Names that there are not are refused over HTTP with the one that was probably meant."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.services.assembly import Assembly
from tests.databases import mostly_sqlite
from tests.house import CLAIM, open_claim
from tests.over_http import client_of

__all__ = ["mostly_sqlite"]

CASES = "/api/v1/cases"


@pytest.fixture
async def http(house: Assembly) -> AsyncIterator[AsyncClient]:
    async with client_of(house, "manager", "admin", user="mona") as client:
        yield client


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("event", "meant"), [("aprove", "approve"), ("approves", "approve"), ("take_into_review", "triage")]
)
async def test_an_event_that_there_is_not(house: Assembly, http: AsyncClient, event: str, meant: str) -> None:
    """The title is a name that people know."""
    case_id = await open_claim(house)
    told = {"event": f"`{event}` is not an event of expense_claim; did you mean `{meant}`?"}
    assert faults(await http.post(f"{CASES}/{case_id}/events", json={"event": event})) == told
    assert faults(await http.get("/api/v1/whocan", params={"case": case_id, "event": event})) == told
    batch = {"attempts": [{"case_id": case_id, "event": event}]}
    [result] = (await http.post("/api/v1/events", json=batch)).json()["results"]
    assert result["problem"]["errors"] == [{"field": "event", "message": told["event"]}]


async def test_a_case_type_that_there_is_not(http: AsyncClient) -> None:
    told = faults(await http.post(CASES, json={"case_type": "expense_clam", "data": CLAIM}))
    assert told == {
        "case_type": "There is no case type `expense_clam` that opens cases here; did you mean `expense_claim`?"
    }


async def test_a_word_that_is_like_none_is_answered_with_what_there_is(http: AsyncClient) -> None:
    [message] = faults(await http.post(CASES, json={"case_type": "kyd", "data": {}})).values()
    assert message.startswith("There is no case type `kyd` that opens cases here; the case types are `")


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("case_type", "expense_clam", "`expense_clam` is not a case type; did you mean `expense_claim`?"),
        ("state", "submited", "`submited` is not a state of any case type; did you mean `submitted`?"),
        ("state", "Paid!", "`Paid!` is not a state of any case type; did you mean `paid`?"),
        ("team", "north", "Must be `team:NAME`; did you mean `team:north`?"),
        ("assignee", "carl", "Must be `user:NAME`; did you mean `user:carl`?"),
    ],
)
async def test_a_filter_that_can_find_nothing(http: AsyncClient, name: str, written: str, told: str) -> None:
    assert faults(await http.get(CASES, params={name: written})) == {name: told}
    if name in ("case_type", "team") and " " not in written:
        assert name in faults(await http.post("/api/v1/next-case", json={name: written}))


async def test_a_filter_that_finds_nothing_yet_is_right(house: Assembly, http: AsyncClient) -> None:
    await open_claim(house)
    for name, written in {"case_type": "permit", "state": "review.second_line", "team": "team:north"}.items():
        assert (await http.get(CASES, params={name: written})).json()["items"] == []
    assert len((await http.get(CASES, params={"state": "submitted"})).json()["items"]) == 1
