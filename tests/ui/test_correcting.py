"""The data of a case are corrected from a page: old and new value are shown before it is done, without JavaScript."""

import pytest

from app.domain.case.attempt import Actor
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import ALICE, CLERK, MANAGER, entries, open_claim, state
from tests.ui.form_of_page import FormOfPage
from tests.ui.test_forms_of_events import got, posted, seen_by
from tests.work.test_corrections import correct

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLAIM = {"amount_cents": 120_000, "currency": "EUR", "purpose": "Taxi"}
WHY = {"reason": "Typed twice"}


def of(case_id: str) -> str:
    return f"/cases/{case_id}/correct"


async def test_old_and_new_value_are_shown_and_then_done(house: Assembly, database: Database) -> None:
    case_id = await open_claim(house, CLAIM)
    async with seen_by(house, MANAGER) as client:
        assert of(case_id) in (await got(client, f"/cases/{case_id}")).links
        page = await got(client, of(case_id))
        assert page.fields["data.amount_cents"] == ["1200.00"]
        assert ("act", "correct") not in [(name, value) for name, value, _ in page.buttons]
        changed = {"data__amount_cents": "12.00", "data__purpose": "", **WHY}
        shown = await posted(client, of(case_id), page.sent("check", **changed), 422)
        assert "Amount: 1,200.00 EUR → 12.00 EUR" in shown.text
        assert "What it was for: Taxi → nothing" in shown.text
        assert (await state(house, case_id)).data["amount_cents"] == 120_000
        done = await client.post(of(case_id), data=shown.sent("correct"))
        twice = await client.post(of(case_id), data=shown.sent("correct"))
        assert done.status_code == 303
        assert twice.headers["location"] == done.headers["location"]
        after = await got(client, done.headers["location"])
    assert "The data are corrected." in after.text
    assert "corrected the data" in after.text
    assert "Typed twice" in after.text
    data = (await state(house, case_id)).data
    assert (data["amount_cents"], "purpose" in data) == (1_200, False)
    [entry] = await entries(database, "corrected")
    assert entry["removed"] == ["/data/purpose"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"data__amount_cents": "much", **WHY}, "Enter an amount"),
        ({"data__amount_cents": "", **WHY}, "Enter"),
        ({"data__amount_cents": "12.00", "reason": " "}, "Say why"),
        (WHY, "Changes nothing"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(house: Assembly, changed: dict[str, str], says: str) -> None:
    case_id = await open_claim(house, CLAIM)
    async with seen_by(house, MANAGER) as client:
        page = await got(client, of(case_id))
        wrong = await posted(client, of(case_id), page.sent("check", **changed), 422)
    assert says in wrong.text
    assert (await state(house, case_id)).version == 1


async def test_what_somebody_else_changed_meanwhile_is_not_taken_back(house: Assembly) -> None:
    case_id = await open_claim(house, CLAIM)
    async with seen_by(house, MANAGER) as client:
        page = await got(client, of(case_id))
        await correct(house, case_id, purpose="Train")
        late = await posted(client, of(case_id), page.sent("check", data__amount_cents="12.00", **WHY), 412)
        assert "Somebody changed this case" in late.text
        again = await posted(client, of(case_id), late.sent("check"), 422)
        assert (await client.post(of(case_id), data=again.sent("correct"))).status_code == 303
    data = (await state(house, case_id)).data
    assert (data["amount_cents"], data["purpose"]) == (1_200, "Train")


@pytest.mark.parametrize("who", [CLERK, ALICE])
async def test_whoever_may_not_is_offered_nothing_and_refused(house: Assembly, who: Actor) -> None:
    case_id = await open_claim(house, CLAIM)
    async with seen_by(house, MANAGER) as client:
        sent = (await got(client, of(case_id))).sent("check", data__amount_cents="12.00", **WHY)
    async with seen_by(house, who) as client:
        assert of(case_id) not in (await got(client, f"/cases/{case_id}")).links
        page = await got(client, of(case_id))
        assert "The case does not take this from you now." in page.text
        own = {**sent, "csrf": _token(page), "act": ["correct"]}
        refused = await client.post(of(case_id), data=own)
    assert refused.status_code in (403, 404)
    assert (await state(house, case_id)).data["amount_cents"] == 120_000


def _token(page: FormOfPage) -> list[str]:
    return [value for form in page.forms for name, value in form if name == "csrf"][:1]
