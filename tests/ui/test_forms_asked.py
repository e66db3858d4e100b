"""A form that an event asks for, on its page and over HTTP: what it shows, reveals and sends, and what the log says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import CLERK, declared, declaring, entries, fired, open_claim, running, state
from tests.over_http import client_of
from tests.ui.test_forms_of_events import do, got, posted, seen_by

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLAIM = {"amount_cents": 4200, "currency": "EUR", "purpose": "Train", "iban": "DE1"}
FORM = [
    {"field": "data.category", "required": True},
    {"field": "data.cost_centre", "required": True, "show": "data.category == 'other'"},
    {"page": "Bank", "fields": ["data.iban", "data.purpose"]},
    {"field": "data.late", "show": "data.cost_centre == 'X'"},
]


def asking() -> CaseType:
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["data"]["properties"]["currency"]["default"] = "EUR"
    told["events"]["triage"]["form"] = FORM
    told["events"]["save"] = {"form": ["data.amount_cents", "data.currency", FORM[1], "data.category"]}
    del told["opening_titles"]
    return CaseType.model_validate(told)


@pytest.fixture
async def asked(_lived_in: None, store: Any) -> AsyncIterator[Assembly]:
    async with running(store, declaring(expense_claim=asking())) as house:
        yield house


async def test_a_form_starts_with_what_the_case_holds_and_hides_what_its_conditions_hide(asked: Assembly) -> None:
    case_id = await open_claim(asked, CLAIM)
    async with seen_by(asked, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
    assert page.fields["data.iban"] == ["DE1"]
    assert "data.cost_centre" not in page.ids
    assert page.fields["asked"] == ["0,2,3"]
    assert page.html.index("Category") < page.html.index("<h2>Bank</h2>") < page.html.index("IBAN")


async def test_what_is_entered_reveals_more_and_nothing_is_fired_before_that_was_seen(
    asked: Assembly, database: Database
) -> None:
    case_id = await open_claim(asked, CLAIM)
    async with seen_by(asked, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        more = await posted(client, do(case_id, "triage"), page.sent(data__category="other", data__iban=""), 422)
        assert "asks for more" in more.text or "#data.cost_centre" in more.links
        assert "data.cost_centre" in more.ids
        wrong = await posted(client, do(case_id, "triage"), more.sent(), 422)
        assert "#data.cost_centre" in wrong.links
        answer = await client.post(do(case_id, "triage"), data=wrong.sent(data__cost_centre="C1"))
        assert answer.status_code == 303
    case = await state(asked, case_id)
    assert "iban" not in case.data
    assert (case.data["category"], case.data["cost_centre"]) == ("other", "C1")
    [entry] = [one for one in await entries(database, "transition") if one["event"] == "triage"]
    assert entry["removed"] == ["/data/iban"]
    assert set(entry["fields"]) == {"/data/category", "/data/cost_centre"}


async def test_a_new_case_is_asked_for_by_the_form_of_its_opening(asked: Assembly, database: Database) -> None:
    async with seen_by(asked, CLERK) as client:
        page = await got(client, "/new/expense_claim?event=save")
        assert page.fields["data.currency"] == ["EUR"]
        assert "data.purpose" not in page.ids
        answer = await client.post("/new/expense_claim", data=page.sent(data__amount_cents="42"))
        assert answer.status_code == 303, answer.text
    [entry] = await entries(database, "opened")
    assert entry["defaulted"] == ["/data/currency"]


async def test_any_client_reads_the_form_and_sends_it(asked: Assembly) -> None:
    case_id = await open_claim(asked, CLAIM)
    async with client_of(asked, user="carl") as client:
        form = (await client.get(f"/api/v1/cases/{case_id}/events/triage/form")).json()
        assert form["values"] == {"iban": "DE1", "purpose": "Train"}
        assert [page["title"] for page in form["pages"]] == [None, "Bank", None]
        assert form["schema"]["required"] == ["category"]
        opening = (await client.get("/api/v1/case-types/expense_claim/openings/save/form")).json()
        assert opening["values"] == {"currency": "EUR"}
        for path in (
            f"cases/{case_id}/events/pay",
            f"cases/{case_id}/events/no",
            "case-types/expense_claim/openings/pay",
        ):
            assert (await client.get(f"/api/v1/{path}/form")).status_code == 404
        wrong = await client.post(
            f"/api/v1/cases/{case_id}/events", json={"event": "triage", "data": {"categry": "other"}}
        )
        assert wrong.json().get("errors") == [
            {"field": "data.category", "message": "This field is required."},
            {"field": "data.categry", "message": "This field is not known; did you mean `category`?"},
        ]
        body = {"attempts": [{"case_id": case_id, "event": "triage", "data": {"category": "travel", "purpose": None}}]}
        [result] = (await client.post("/api/v1/events", json=body)).json()["results"]
        assert result["status"] == 200
        assert "purpose" not in result["case"]["data"]


async def test_what_a_condition_hides_collides_with_nobody(asked: Assembly) -> None:
    """The cost centre is hidden, and the case has one; somebody else was faster with the purpose."""
    case_id = await open_claim(asked, {**CLAIM, "cost_centre": "C1"})
    async with seen_by(asked, CLERK) as client:
        page = await got(client, do(case_id, "triage"))
        await fired(asked, case_id, "add_note", CLERK, payload={"note": "meanwhile"})
        now = await posted(client, do(case_id, "triage"), page.sent(data__category="meals"), 412)
        assert "keep.data.cost_centre" not in now.ids
        assert (await client.post(do(case_id, "triage"), data=now.sent())).status_code == 303
    assert "cost_centre" not in (await state(asked, case_id)).data
