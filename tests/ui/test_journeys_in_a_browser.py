"""A day at the pages in a real Chromium, by people who really sign in: what they do, are refused, and never lose."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from app.db import open_store
from app.services.assembly import Assembly
from app.services.callers.sign_in_settings import DemoPerson
from app.services.store.policy_lines import PolicyLine
from app.services.store.ports import Store
from app.services.store.stored import PolicyChange
from tests.databases import Database
from tests.factories import TENANT
from tests.house import ALICE, CLERK, MANAGER, actor, entries, fired, opened, running, state
from tests.over_http import services_of
from tests.ui.browsing import Window, browsing
from tests.ui.serving import reader
from tests.ui.signing import a_database, app_of
from tests.working import assign


def somebody(subject: str, name: str, role: str) -> DemoPerson:
    return DemoPerson(tenant=TENANT, subject=f"user:{subject}", name=name, roles=(f"role:{role}",))


CARL = somebody("carl", "Carl Clerk", "clerk")
SUSAN = somebody("susan", "Susan Super", "supervisor")
MONA = somebody("mona", "Mona Manager", "manager")
CLAIM = {"amount_cents": 40_000, "currency": "EUR", "purpose": "A train to Cologne"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory, sqlite_lived_in: Path) -> Database:
    return a_database(tmp_path_factory.mktemp("journeys"), sqlite_lived_in)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(place: Database) -> AsyncIterator[Assembly]:
    async with running(open_store(place.url)) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(house: Assembly) -> AsyncIterator[Window]:
    """One browser for all of them, each of whom has a profile of their own."""
    app = app_of(house, secure=False, demo_people=(CARL, SUSAN, MONA), tenant=TENANT)
    async with browsing(app=app) as opened_window:
        yield opened_window


async def sits_down(window: Window, who: DemoPerson, path: str, *, javascript: bool = True) -> Page:
    """Somebody signs in by one click and comes to the page that they wanted."""
    page = await window.page(path, javascript=javascript)
    await page.get_by_role("button", name=who.name).click()
    await page.wait_for_url(f"**{path}")
    return page


async def of(place: Database, case_id: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in await entries(place, kind) if one["case_id"] == case_id]


async def test_a_clerk_clears_five_cases_with_the_keyboard_alone(window: Window, house: Assembly) -> None:
    cases = [await opened(house, by=ALICE, data=CLAIM, reference=f"KEY-{number}") for number in range(5)]
    page = await window.page("/")
    await page.get_by_role("button", name=CARL.name).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/")
    for done in range(5):
        await page.keyboard.press("n")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice")).to_contain_text("You have this case now.")
        await page.keyboard.press("e")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notice")).to_contain_text("“Take into review” is done.")
        found = [await state(house, case_id) for case_id in cases]
        assert sum(one.state == "review.first_line" for one in found) == done + 1
    assert {one.assignee for one in found} == {CLERK.id}
    await page.context.close()


async def test_a_double_click_fires_once(window: Window, house: Assembly, place: Database) -> None:
    case_id = await opened(house, by=ALICE, data=CLAIM)
    page = await sits_down(window, CARL, f"/cases/{case_id}")
    await page.get_by_role("button", name="Take into review").dblclick(no_wait_after=True)
    await is_fired_once(page, case_id, place)


async def test_who_clicks_again_as_no_answer_came_fires_once(window: Window, house: Assembly, place: Database) -> None:
    case_id = await opened(house, by=ALICE, data=CLAIM)
    page = await sits_down(window, CARL, f"/cases/{case_id}", javascript=False)
    button = page.get_by_role("button", name="Take into review")

    async def answer_is_lost(route: Route) -> None:
        await route.fetch(max_redirects=0)
        await route.abort("aborted")

    await page.route("**/fire", answer_is_lost, times=1)
    async with page.expect_event("requestfailed"):
        await button.click(no_wait_after=True)
    await button.click()
    await is_fired_once(page, case_id, place)


async def is_fired_once(page: Page, case_id: str, place: Database) -> None:
    await expect(page.locator(".notice")).to_contain_text("“Take into review” is done.")
    assert len(await of(place, case_id, "transition")) == 1
    assert await of(place, case_id, "denied") == []
    await page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_manager_who_claimed_herself_reads_why_and_another_approves(
    window: Window, house: Assembly, javascript: bool
) -> None:
    """The clerk may not either, and reads who may."""
    case_id = await opened(house, by=MANAGER, data=CLAIM, reference=f"OWN-{javascript}")
    await fired(house, case_id, "triage", CLERK)
    hers = await sits_down(window, MONA, f"/cases/{case_id}", javascript=javascript)
    await expect(hers.get_by_role("link", name="Approve", exact=True)).to_be_hidden()
    await hers.get_by_text("What I can't do").click()
    await hers.locator("details.barred").get_by_role("link", name="Approve", exact=True).click()
    await expect(hers.locator("h1")).to_have_text(re.compile("You can't approve OWN-"))
    await expect(hers.locator("main")).to_contain_text("You opened it, so somebody else must do “Approve”.")
    clerks = await sits_down(window, CARL, f"/cases/{case_id}/why/approve", javascript=javascript)
    await expect(clerks.locator("main")).to_contain_text("“Approve” is for heads of office, managers and supervisors.")
    susans = await sits_down(window, SUSAN, f"/cases/{case_id}", javascript=javascript)
    await susans.get_by_role("link", name="Approve", exact=True).click()
    await susans.get_by_role("button", name="Approve OWN-").click()
    await expect(susans.locator(".notice").first).to_contain_text("“Approve” is done. It is now Approved.")
    for page in (hers, clerks, susans):
        await page.context.close()


async def test_of_two_on_one_case_the_second_sees_what_changed_and_keeps_what_he_typed(
    window: Window, house: Assembly
) -> None:
    case_id = await opened(house, by=ALICE, data=CLAIM, reference="TWO-1")
    slow = await sits_down(window, SUSAN, f"/cases/{case_id}/do/reject")
    await slow.get_by_label("Reason").fill("No receipt, and the day is missing")
    quick = await sits_down(window, CARL, f"/cases/{case_id}")
    await quick.get_by_role("button", name="Take into review").click()
    await expect(quick.locator(".notice")).to_be_visible()
    await slow.get_by_role("button", name="Reject TWO-1").click()
    await expect(slow.locator(".notice").first).to_contain_text(
        re.compile(r"Carl Clerk changed this case at \d\d:\d\d, while you were writing")
    )
    await expect(slow.locator(".timeline")).to_contain_text("Take into review")
    await expect(slow.get_by_label("Reason")).to_have_value("No receipt, and the day is missing")
    assert (await state(house, case_id)).state == "review.first_line", "nothing was sent yet"
    await slow.get_by_role("button", name="Reject anyway").click()
    await expect(slow.locator(".notice").first).to_contain_text("“Reject” is done.")
    await expect(slow.locator(".timeline")).to_contain_text("No receipt, and the day is missing")
    for page in (slow, quick):
        await page.context.close()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    window: Window, house: Assembly, place: Database, javascript: bool
) -> None:
    case_id = await opened(house, by=ALICE, data=CLAIM, reference=f"END-{javascript}")
    page = await sits_down(window, SUSAN, f"/cases/{case_id}/do/reject", javascript=javascript)
    await page.get_by_label("Reason").fill("Written for half an hour,\nin two lines")
    await house.signing_in.people.sign_out_everywhere(actor("susan"))
    await page.get_by_role("button", name="Reject END-").click()
    await expect(page.locator("main")).to_contain_text("nothing was sent")
    await page.get_by_role("button", name=SUSAN.name).click()
    await page.get_by_role("button", name="Go on where you were").click()
    await expect(page.get_by_label("Reason")).to_have_value("Written for half an hour,\nin two lines")
    assert await of(place, case_id, "transition") == []
    await page.get_by_role("button", name="Reject END-").click()
    await expect(page.locator(".notice").first).to_contain_text("“Reject” is done.")
    assert len(await of(place, case_id, "transition")) == 1
    await page.context.close()


async def test_the_cases_of_a_list_are_walked_through_from_one_to_the_next(window: Window, house: Assembly) -> None:
    for number in range(3):
        await opened(house, by=ALICE, data={**CLAIM, "purpose": "Zeppelin"}, reference=f"WALK-{number}")
    page = await sits_down(window, CARL, "/search?q=zeppelin")
    rows = page.locator("#cases a.reference")
    await expect(rows).to_have_count(3)
    listed = await rows.all_inner_texts()
    await rows.nth(1).click()
    beside = page.get_by_role("navigation", name="The list that you came from").get_by_role("link")
    await expect(beside).to_have_text([f"Previous in the list: {listed[0]}", f"Next in the list: {listed[2]}"])
    await beside.last.click()
    await expect(page.locator("h1")).to_contain_text(listed[2])
    await expect(beside).to_have_text([f"Previous in the list: {listed[1]}"])
    await page.context.close()


async def test_a_right_that_is_taken_away_takes_its_button_away_on_the_next_page(
    window: Window, house: Assembly
) -> None:
    case_id = await opened(house, by=ALICE, data=CLAIM)
    page = await sits_down(window, CARL, f"/cases/{case_id}")
    button = page.get_by_role("button", name="Take into review")
    await expect(button).to_be_visible()
    line = PolicyLine(kind="p", role="role:clerk", tenant=TENANT, obj="expense_claim", act="triage", eft="deny")
    async with house.store.transaction(TENANT) as tx:
        await tx.change_policy(PolicyChange(add=[line]))
    await button.click()
    await expect(page.locator(".notice").first).to_contain_text("You can't do “Take into review” on this case")
    await expect(button).to_be_hidden()
    assert (await state(house, case_id)).state == "submitted"
    await page.get_by_text("What I can't do").click()
    await expect(page.locator("details.barred")).to_contain_text("Take into review")
    await page.context.close()


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.usefixtures("_lived_in")
async def test_on_postgres_a_case_is_moved_and_told(store: Store) -> None:
    """The same pages over the other database."""
    async with running(store, desks=2) as house:
        case_id = await opened(house, by=ALICE, data=CLAIM, reference="PG-1")
        await assign(house, case_id, actor("susan", "supervisor"), assignee=None, team="team:north")
        async with browsing(services_of(house)) as window:
            page = await window.page("/?view=unassigned", who=reader())
            await page.get_by_role("link", name="PG-1").click()
            await page.get_by_role("button", name="Take into review").click()
            await expect(page.locator(".notice").first).to_contain_text("“Take into review” is done.")
            await expect(page.locator(".timeline")).to_contain_text("Submitted → First approval")
        assert (await state(house, case_id)).state == "review.first_line"
