"""The ways in and one's own page in a real Chromium: by keyboard alone, and without anything that axe finds."""

import pytest

from app.db import open_store
from app.services.callers.passwords import Passwords
from tests.house import running
from tests.ui.browsing import browsing, scrolls_sideways, violations
from tests.ui.signing import PASSWORD, QUICK, a_database, app_of, known
from tests.ui.test_signing_in import SUE


@pytest.fixture
async def house(tmp_path, sqlite_lived_in):
    async with running(open_store(a_database(tmp_path, sqlite_lived_in).url)) as started:
        started.signing_in.accounts._passwords = Passwords(QUICK)
        yield started


async def checked(page) -> None:
    assert await violations(page) == []
    assert not await scrolls_sideways(page)


async def test_somebody_signs_in_and_out_by_keyboard_and_no_page_has_faults(house):
    await known(house)
    async with browsing(app=app_of(house, secure=False, demo_people=(SUE,), tenant="acme")) as window:
        for width, dark in ((1280, False), (320, True)):
            page = await window.page("/sign-in?next=/me", width=width, dark=dark)
            await checked(page)
            await page.locator("summary", has_text="Sign in by name").press("Enter")
            await page.locator("#name").press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".error-summary")
            assert await page.evaluate("document.activeElement.className") == "error-summary"
            await checked(page)
            await page.locator("#name").fill("ann")
            await page.locator("#password").fill(PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/me")
            await checked(page)
            await page.goto("/me/one-time-password")
            await checked(page)
            await page.goto("/me/password")
            await checked(page)
            await page.goto("/me")
            await page.get_by_role("button", name="Sign out", exact=True).press("Enter")
            await page.wait_for_url("**/sign-in")
            await page.context.close()


async def test_one_click_signs_in_without_javascript(house):
    async with browsing(app=app_of(house, secure=False, demo_people=(SUE,))) as window:
        page = await window.page("/sign-in?next=/me", javascript=False)
        await page.get_by_role("button", name="Sue Park").click()
        await page.wait_for_url("**/me")
        assert "Sue Park" in await page.locator("main").inner_text()
