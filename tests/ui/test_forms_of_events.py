"""The form of an event over HTTP: what it shows, fires, refuses and keeps."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.domain.case.attempt import Actor
from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import (
    ALICE,
    CLERK,
    SUPERVISOR,
    actor,
    declared,
    declaring,
    entries,
    fired,
    open_claim,
    open_incident,
    opened,
    running,
    state,
)
from tests.ui.form_of_page import FormOfPage
from tests.ui.serving import client_of, reader

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AGENT = actor("ben", "agent")
NAUGHTY = '"><img src=x onerror=alert(1)>{{7*7}}</textarea>\u202e'
LINES = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "note": {"type": "string", "title": NAUGHTY},
        "kind": {"enum": [NAUGHTY, "b"], "title": "Kind"},
        "lines": {
            "title": "Lines",
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "title": "Line",
                "required": ["amount"],
                "properties": {
                    "amount": {"type": "integer", "minimum": 1, "x-money": "data.currency", "title": "Amount"},
                    "on": {"type": "string", "format": "date", "title": "Day"},
                },
            },
        },
        "free": {"type": "object", "title": "Anything"},
    },
}


def with_lines() -> CaseType:
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["events"]["triage"]["payload"] = LINES
    return CaseType.model_validate(told)


@pytest.fixture
async def lined(_lived_in: None, store: Any) -> AsyncIterator[Assembly]:
    async with running(store, declaring(expense_claim=with_lines())) as house:
        yield house


def seen_by(house: Assembly, who: Actor, language: str = "en") -> httpx.AsyncClient:
    return client_of(
        house, reader(who, who.id.removeprefix("user:").title(), f"session-of-{who.id}", language=language)
    )


async def got(client: httpx.AsyncClient, path: str, status: int = 200) -> FormOfPage:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return FormOfPage(answer.text)


async def posted(client: httpx.AsyncClient, path: str, sent: Any, status: int) -> FormOfPage:
    answer = await client.post(path, data=sent)
    assert answer.status_code == status, answer.text
    return FormOfPage(answer.text)


def do(case_id: str, event: str) -> str:
    return f"/cases/{case_id}/do/{event}"


async def test_a_form_says_what_will_happen_and_its_button_names_event_and_case(house: Assembly) -> None:
    case_id = await opened(house, reference="EXP-104")
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
    assert "The case goes from Submitted to First approval." in page.text
    assert ("act", "fire", "Take into review EXP-104") in page.buttons
    assert page.title.startswith("Take into review – EXP-104 – ")


async def test_an_event_is_fired_and_leads_to_the_case_with_its_entry(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        answer = await client.post(do(case_id, "triage"), data=page.sent())
        assert answer.status_code == 303
        twice = await client.post(do(case_id, "triage"), data=page.sent())
    assert (await state(house, case_id)).state == "review.first_line"
    [entry] = [one for one in await entries(database, "transition") if one["event"] == "triage"]
    assert answer.headers["location"] == f"/cases/{case_id}?done={entry['entry_id']}"
    assert twice.headers["location"] == answer.headers["location"]


async def test_two_clicks_at_once_fire_once(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house)
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        answers = await asyncio.gather(*(client.post(do(case_id, "triage"), data=page.sent()) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len([one for one in await entries(database, "transition") if one["event"] == "triage"]) == 1


async def test_a_reason_that_is_missing_is_asked_for_and_all_else_is_kept(house: Assembly) -> None:
    case_id = await opened(house, reference="EXP-104")
    async with seen_by(house, SUPERVISOR) as client:
        page = await got(client, do(case_id, "reject"))
        wrong = await posted(client, do(case_id, "reject"), page.sent(reason="  "), 422)
        assert wrong.title.startswith("1 error: Reject – EXP-104 – ")
        assert "#reason" in wrong.links
        assert (await client.post(do(case_id, "reject"), data=wrong.sent(reason="No receipt"))).status_code == 303


async def test_faults_of_the_schema_are_told_as_what_to_do_at_their_fields(house: Assembly) -> None:
    case_id = await open_incident(house)
    async with seen_by(house, AGENT) as client:
        page = await got(client, do(case_id, "triage"))
        assert page.fields["payload.priority"] == ["3"]
        wrong = await posted(client, do(case_id, "triage"), page.sent(payload__priority="7"), 422)
        assert "Priority: Choose one of those that stand here" in wrong.text
        assert "#payload.priority" in wrong.links


async def test_check_says_where_it_would_go_and_does_nothing(house: Assembly) -> None:
    case_id = await open_incident(house)
    async with seen_by(house, AGENT) as client:
        page = await got(client, do(case_id, "triage"))
        assert "depends on what you enter" in page.text
        checked = await posted(client, do(case_id, "triage"), page.sent("check", payload__priority="1"), 422)
    assert "The case goes from New to Second line." in checked.text
    assert "The clock “Somebody looks at it” ends." in checked.text
    assert (await state(house, case_id)).state == "new"


async def test_rows_are_added_and_taken_out_without_scripts_and_everything_is_kept(lined: Assembly) -> None:
    case_id = await open_claim(lined)
    async with seen_by(lined, CLERK, "de") as client:
        path = do(case_id, "triage")
        page = await got(client, path)
        page = await posted(client, path, page.sent("add=payload.lines", payload__note="kept"), 422)
        page = await posted(client, path, page.sent("add=payload.lines", payload__lines__0__amount="12,x"), 422)
        assert page.fields["payload.lines.0.amount"] == ["12,x"]
        wrong = await posted(client, path, page.sent(payload__lines__1__on="3.12."), 422)
        assert {"#payload.lines.0.amount", "#payload.lines.1.amount"} <= set(wrong.links)
        page = await posted(client, path, wrong.sent("remove=payload.lines.0"), 422)
        assert (page.fields["payload.lines.0.on"], page.fields["payload.note"]) == (["3.12."], ["kept"])
        typed = {"payload__lines__0__amount": "1.234,5", "payload__free": '{"a": [1, 2]}'}
        assert (await client.post(path, data=page.sent(**typed))).status_code == 303
    [entry] = [one for one in await lined.cases.log(CLERK, case_id, False, None, 10) if one.case_seq == 2]
    [line] = entry.values["/payload/lines"]
    assert (line["amount"], entry.values["/payload/free"]) == (123_450, {"a": [1, 2]})
    assert line["on"].endswith("-12-03")


async def test_what_people_type_and_declare_is_shown_as_text(lined: Assembly) -> None:
    case_id = await open_claim(lined)
    async with seen_by(lined, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        answer = await client.post(do(case_id, "triage"), data=page.sent(payload__note=NAUGHTY))
    assert answer.status_code == 422
    assert "<img" not in answer.text
    assert FormOfPage(answer.text).fields["payload.note"] == [NAUGHTY]


async def test_somebody_was_faster_and_nothing_collides(house: Assembly) -> None:
    case_id = await open_claim(house, to="checks")
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "ask"))
        await fired(house, case_id, "clear_budget", actor("bea", "clerk"))
        conflict = await posted(client, do(case_id, "ask"), page.sent(payload__question="Which train?"), 412)
        assert "changed this case at" in conflict.text
        assert "did “Clear the budget”" in conflict.text
        assert conflict.fields["payload.question"] == ["Which train?"]
        assert ("act", "fire", "Ask the claimant anyway") in conflict.buttons
        assert (await client.post(do(case_id, "ask"), data=conflict.sent())).status_code == 303


async def test_somebody_changed_the_same_field_and_one_has_to_choose(house: Assembly) -> None:
    case_id = await opened(house, case_type="incident", event="report", data={"summary": "No mail", "priority": 3})
    resolve = do(case_id, "resolve")
    chief = actor("susan", "supervisor")
    await fired(house, case_id, "triage", AGENT, payload={"priority": 2})
    async with seen_by(house, chief) as client:
        page = await got(client, resolve)
        await fired(house, case_id, "resolve", actor("eve", "supervisor"), data={"resolution": "Theirs"})
        await fired(house, case_id, "reopen", ALICE, reason="not yet")
        page = await posted(client, resolve, page.sent(data__resolution="Mine"), 412)
        assert "keep.data.resolution" in page.ids
        assert "keep.data.resolution" not in page.fields
        unchosen = await posted(client, resolve, page.sent(), 412)
        assert "Choose which one to keep" in unchosen.text
        assert unchosen.fields["data.resolution"] == ["Mine"]
        chosen = {**unchosen.sent(), "keep.data.resolution": ["now"]}
        assert (await client.post(resolve, data=chosen)).status_code == 303
    assert (await state(house, case_id)).data["resolution"] == "Theirs"


async def test_an_event_that_is_gone_says_why_and_what_was_written_becomes_a_comment(
    house: Assembly, database: Database
) -> None:
    case_id = await opened(house, reference="EXP-104")
    async with seen_by(house, SUPERVISOR) as client:
        page = await got(client, do(case_id, "reject"))
        await fired(house, case_id, "reject", actor("mona", "manager"), reason="Twice")
        gone = await posted(client, do(case_id, "reject"), page.sent(reason="Not <b>mine</b>"), 409)
        assert "EXP-104 is closed" in gone.text
        assert "Not <b>mine</b>" in gone.text
        answer = await client.post(do(case_id, "reject"), data=gone.sent("comment"))
        assert answer.status_code == 303
    [comment] = await entries(database, "comment")
    assert answer.headers["location"].endswith(comment["entry_id"])


async def test_an_event_that_is_refused_leads_to_why(house: Assembly) -> None:
    case_id = await open_claim(house)
    async with seen_by(house, CLERK) as client:
        page = await got(client, do(case_id, "pay"), 403)
    assert f"/cases/{case_id}/why/pay" in page.links


async def test_a_form_that_met_the_end_of_a_session_stands_there_again_and_fires_nothing(house: Assembly) -> None:
    case_id = await open_claim(house)
    async with seen_by(house, SUPERVISOR) as client:
        page = await got(client, do(case_id, "reject"))
        again = {**page.sent(reason="As I wrote"), "restored": ["1"]}
        kept = await posted(client, do(case_id, "reject"), again, 422)
    assert kept.fields["reason"] == ["As I wrote"]
    assert (await state(house, case_id)).state == "submitted"


@pytest.mark.parametrize("event", ["nothing", "save"])
async def test_an_event_that_there_is_not_and_a_case_of_others_are_not_there(house: Assembly, event: str) -> None:
    case_id = await open_claim(house)
    async with seen_by(house, CLERK) as client:
        await got(client, do(case_id, event), 404)
    async with seen_by(house, actor("gil", "admin", tenant="globex")) as client:
        await got(client, do(case_id, "triage"), 404)
        assert (await client.post(do(case_id, "triage"))).status_code in (403, 404)
