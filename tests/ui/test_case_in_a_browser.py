"""The page of a case in a real Chromium: one journey by keyboard, from the queue and back to it."""

import re
from pathlib import Path

import pytest

from app.services.assembly import Assembly
from app.ui.frame.reader import Reader
from tests.databases import Database, sqlite_of
from tests.house import ALICE, CLERK, SUPERVISOR, applied, fire, opening, state, tried
from tests.over_http import services_of
from tests.ui.browsing import browsing
from tests.ui.serving import FakeReaders, app_of, reader
from tests.working import comment

CARL: Reader = reader(CLERK, "Carl Clerk", "session-of-carl")
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz " * 3
DATA = {"amount_cents": 82_000, "currency": "EUR", "purpose": LONG}


@pytest.fixture
def database(sqlite_lived_in: Path, tmp_path: Path) -> Database:
    file = tmp_path / "browsed.db"
    file.write_bytes(sqlite_lived_in.read_bytes())
    return sqlite_of(file)


async def opened(house: Assembly) -> str:
    one = opening(ALICE, data=DATA, reference="EXP-104")
    applied(await tried(house, one))
    await fire(house, one.new_case_id, "pay", CLERK)
    await comment(house, one.new_case_id, CLERK, "The receipt is **missing**.")
    return one.new_case_id


async def test_a_case_is_moved_and_commented_on_by_keyboard_and_a_change_is_told(house: Assembly) -> None:
    case_id = await opened(house)
    async with browsing(services_of(house), CARL) as window:
        page = await window.page("/?view=unassigned")
        await page.keyboard.press("n")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile(rf"/cases/{case_id}\?done="))
        assert (await house.cases.read(CLERK, case_id)).assignee == CLERK.id
        await page.keyboard.press("e")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=“Take into review” is done.")
        await page.keyboard.press("c")
        await page.keyboard.type("All there now.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Your comment is there.")
        await comment(house, case_id, SUPERVISOR, "Thank you.")
        await page.evaluate("htmx.ajax('GET', document.querySelector('.live').getAttribute('hx-get'), '.live')")
        await page.wait_for_selector("text=changed this case: commented.")
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.id") == "find"
        await page.locator("h1").click()
        await page.keyboard.press("g")
        await page.keyboard.press("q")
        await page.wait_for_url(re.compile(r"/(\?view=\w+)?$"))
    assert (await state(house, case_id)).state == "review.first_line"


ASK = "void htmx.ajax('GET', document.querySelector('.live').getAttribute('hx-get'), {source: '.live'})"


async def test_a_session_that_ends_leads_to_the_sign_in_page_and_takes_nothing_that_was_written(
    house: Assembly,
) -> None:
    case_id = await opened(house)
    known = FakeReaders({CARL.session_id: CARL})
    async with browsing(app=app_of(services_of(house), known)) as window:
        page = await window.page(f"/cases/{case_id}")
        await page.route(f"**/cases/{case_id}", lambda route: route.fulfill(body="led away"))
        await page.locator("textarea").fill("Half a comment")
        known.sessions.clear()
        for _ in range(2):
            async with page.expect_response("**/stale?*"):
                await page.evaluate(ASK)
        assert await page.locator("textarea").input_value() == "Half a comment"
        await page.locator("textarea").fill("")
        await page.evaluate(ASK)
        await page.wait_for_selector("text=led away")
