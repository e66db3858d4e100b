"""Choose what to open, fill in its form, and learn of cases that may be the same."""

import pytest

from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from app.services.store.ports import Store
from app.services.store.stored import PolicyChange, PolicyLine
from app.ui.forms.going_on import first_of
from tests.databases import Database
from tests.house import ALICE, STRANGER, actor, declared, declaring, entries, opened, running, state
from tests.ui.test_forms_of_events import got, posted, seen_by


async def test_the_picker_says_what_each_kind_of_case_is_for(house: Assembly) -> None:
    async with seen_by(house, ALICE) as client:
        page = await got(client, "/new")
    assert {"/new/expense_claim", "/new/incident", "/new/permit"} <= set(page.links)
    assert "Somebody spent money for the company" in page.text


async def test_a_case_is_opened_by_the_event_whose_button_is_pressed(house: Assembly, database: Database) -> None:
    async with seen_by(house, ALICE) as client:
        page = await got(client, "/new/expense_claim")
        typed = {"data__amount_cents": "1,234.50", "data__currency": "EUR", "data__spent_on": "3 Nov 2026"}
        answer = await client.post("/new/expense_claim", data=page.sent("save", reference="EXP-104", **typed))
        assert answer.status_code == 303
        again = await client.post("/new/expense_claim", data=page.sent("save", reference="EXP-104", **typed))
    [entry] = await entries(database, "opened")
    assert answer.headers["location"] == f"/cases/{entry['case_id']}?done={entry['entry_id']}"
    assert again.headers["location"] == answer.headers["location"]
    case = await state(house, entry["case_id"])
    assert (case.state, case.reference) == ("draft", "EXP-104")
    assert case.data["amount_cents"] == 123_450
    assert case.data["spent_on"] == "2026-11-03"
    assert "late" not in case.data


async def test_the_first_button_is_of_the_event_that_goes_on(house: Assembly) -> None:
    async with seen_by(house, ALICE) as client:
        page = await got(client, "/new/expense_claim")
        asked = await got(client, "/new/expense_claim?event=save")
    acts = [(value, text) for name, value, text in page.buttons if name == "act" and text]
    assert acts == [("fire", "Submit Expense claim"), ("save", "Save as a draft Expense claim")]
    assert next(text for name, _, text in asked.buttons if name == "act" and text).startswith("Save as a draft")


def test_what_goes_on_is_told_by_the_states_alone() -> None:
    claim = declared().case_types["expense_claim"]
    assert first_of(claim, ["save", "submit"]) == first_of(claim, ["submit", "save"]) == "submit"
    assert first_of(claim, ["save"]) == "save"


async def test_what_is_missing_is_told_in_the_order_of_the_form(house: Assembly) -> None:
    async with seen_by(house, ALICE) as client:
        page = await got(client, "/new/incident")
        wrong = await posted(client, "/new/incident", page.sent("fire"), 422)
    assert "Summary: Fill this in" in wrong.text
    assert "Priority: Choose one" in wrong.text
    assert wrong.title.startswith("2 errors: New: Incident – ")


async def test_a_reference_that_is_taken_leads_to_the_case_that_has_it(house: Assembly) -> None:
    case_id = await opened(house, reference="EXP-104")
    async with seen_by(house, ALICE) as client:
        page = await got(client, "/new/expense_claim")
        typed = {"data__amount_cents": "5", "data__currency": "EUR"}
        taken = await posted(client, "/new/expense_claim", page.sent("fire", reference="EXP-104", **typed), 409)
    assert f"/cases/{case_id}" in taken.links
    assert taken.fields["data.amount_cents"] == ["5"]


@pytest.mark.usefixtures("_lived_in")
async def test_cases_of_the_same_identifying_value_are_shown_first_and_then_it_is_opened(
    store: Store, database: Database
) -> None:
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["data"]["properties"]["iban"]["x-identifies"] = True
    async with running(store, declaring(expense_claim=CaseType.model_validate(told))) as house:
        data = {"amount_cents": 5, "currency": "EUR", "iban": "DE02120300000000202051"}
        case_id = await opened(house, data=data)
        async with seen_by(house, ALICE) as client:
            page = await got(client, "/new/expense_claim")
            typed = {"data__amount_cents": "5", "data__currency": "EUR", "data__iban": data["iban"]}
            alike = await posted(client, "/new/expense_claim", page.sent("fire", **typed), 422)
            assert f"/cases/{case_id}" in alike.links
            assert len(await entries(database, "opened")) == 1
            answer = await client.post("/new/expense_claim", data=alike.sent())
            assert answer.status_code == 303


@pytest.mark.usefixtures("_lived_in")
@pytest.mark.parametrize("iban", ["DE" * 200, "?!"])
async def test_an_identifying_value_that_cannot_be_searched_for_hinders_nobody(
    store: Store, database: Database, iban: str
) -> None:
    told = declared().case_types["expense_claim"].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["data"]["properties"]["iban"] = {"type": "string", "x-identifies": True}
    async with (
        running(store, declaring(expense_claim=CaseType.model_validate(told))) as house,
        seen_by(house, ALICE) as client,
    ):
        page = await got(client, "/new/expense_claim")
        typed = {"data__amount_cents": "5", "data__currency": "EUR", "data__iban": iban}
        answer = await client.post("/new/expense_claim", data=page.sent("fire", **typed))
        assert answer.status_code == 303
        [entry] = await entries(database, "opened")
        assert (await state(house, entry["case_id"])).data["iban"] == iban


async def test_a_type_that_somebody_may_not_open_is_not_there(house: Assembly) -> None:
    async with seen_by(house, STRANGER) as client:
        await got(client, "/new/nothing", 404)
        await got(client, "/new/expense_claim?event=pay", 404)
    async with seen_by(house, actor("gil", tenant="nobody")) as client:
        assert (await client.get("/new")).status_code == 200


async def test_who_may_not_open_reads_why_in_german_and_nothing_of_the_policy(
    house: Assembly, database: Database
) -> None:
    line = PolicyLine(
        kind="p", role="*", tenant="*", obj="expense_claim", act="submit", eft="deny", when="data.amount_cents > 10000"
    )
    async with house.store.transaction(line.tenant) as tx:
        await tx.change_policy(PolicyChange(add=[line]))
    async with seen_by(house, ALICE, language="de") as client:
        page = await got(client, "/new/expense_claim")
        typed = {"data__amount_cents": "5.000", "data__currency": "EUR"}
        refused = await posted(client, "/new/expense_claim", page.sent("fire", **typed), 403)
    assert await entries(database, "opened") == []
    assert "Nötig ist Betrag: höchstens 100,00 EUR. Hier ist es 5.000,00 EUR." in refused.text
    assert "amount_cents &gt;" not in refused.text
