"""An event fired by keyboard alone, a list that grows without a reload, and axe on every page of forms."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.services.assembly import Assembly
from tests.house import CLERK, SUPERVISOR, actor, declaring, fired, open_claim, opened, running, state
from tests.over_http import services_of
from tests.ui.browsing import Window, browsing, scrolls_sideways, violations
from tests.ui.serving import reader
from tests.ui.test_forms_of_events import do, with_lines

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CARL = reader(CLERK)
SUSAN = reader(SUPERVISOR, "Susan Supervisor", "session-of-susan")
LOOKS = [(320, True)]


@pytest.fixture
async def lined(_lived_in: None, store: Any) -> AsyncIterator[Assembly]:
    async with running(store, declaring(expense_claim=with_lines())) as house:
        yield house


@pytest.fixture
async def window(lined: Assembly) -> AsyncIterator[Window]:
    async with browsing(services_of(lined), CARL, SUSAN) as opened_window:
        yield opened_window


async def tabs_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id || document.activeElement.value") == name:
            return
    raise AssertionError(f"Tab never reaches {name}")


async def test_a_form_is_filled_in_and_fired_by_keyboard_alone(lined: Assembly, window: Window) -> None:
    case_id = await opened(lined, reference="EXP-104")
    page = await window.page(do(case_id, "triage"))
    await tabs_to(page, "payload.lines")
    await page.keyboard.press("Enter")
    await expect(page.locator("[id='payload.lines.0.amount']")).to_be_visible()
    await tabs_to(page, "payload.lines.0.amount")
    await page.keyboard.type("0")
    await page.keyboard.press("Enter")
    await expect(page.locator(".error-summary")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("[id='payload.lines.0.amount']")).to_be_focused()
    await page.keyboard.type("12.50")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/cases/{case_id}?done=*")
    assert (await state(lined, case_id)).state == "review.first_line"


async def test_a_row_is_added_without_a_reload_and_what_was_typed_stays(lined: Assembly, window: Window) -> None:
    case_id = await open_claim(lined)
    page = await window.page(do(case_id, "triage"))
    await page.evaluate("window.still = true")
    await page.locator("[id='payload.note']").fill("kept")
    await page.get_by_role("button", name="Add: Line").click()
    await expect(page.locator("[id='payload.lines.0.amount']")).to_be_visible()
    assert await page.evaluate("window.still")
    await expect(page.locator("[id='payload.note']")).to_have_value("kept")


@pytest.mark.parametrize(("width", "dark"), LOOKS)
async def test_axe_finds_nothing_on_the_pages_of_forms(lined: Assembly, window: Window, width: int, dark: bool) -> None:
    case_id = await opened(lined, reference="EXP-104")
    page = await window.page(do(case_id, "triage"), width=width, dark=dark)
    await looks_right(page)
    await page.get_by_role("button", name="Add: Line").click()
    await page.get_by_role("button", name="Take into review EXP-104").click()
    await expect(page.locator(".error-summary")).to_be_visible()
    await looks_right(page)
    for path in ("/new", "/new/expense_claim", do(case_id, "pay")):
        await page.goto(path)
        await looks_right(page)
    rejecting = await window.page(do(case_id, "reject"), who=SUSAN, width=width, dark=dark)
    await rejecting.get_by_label("Reason").fill("No receipt")
    await fired(lined, case_id, "add_note", actor("bea", "clerk"))
    await rejecting.get_by_role("button", name="Reject EXP-104").click()
    await expect(rejecting.get_by_role("button", name="Reject anyway")).to_be_visible()
    await looks_right(rejecting)


async def looks_right(page: Page) -> None:
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
