"""What only a browser knows of the frame: axe, sideways scroll, keys, focus, and what works without scripts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.ui.browsing import Window, browsing, scrolls_sideways, violations
from tests.ui.serving import reader

SHOWN = "/dev/components"
LOOKS = [
    (f"{SHOWN}?state=error", 1280, False),
    (f"{SHOWN}?state=error", 320, True),
    ("/help/keys", 320, False),
    ("/nothing", 320, True),
]
QUIET = reader(name="Quiet", session="session-of-quiet", keys=False)
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window() -> AsyncIterator[Window]:
    async with browsing(None, reader(), QUIET) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(("path", "width", "dark"), LOOKS)
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    window: Window, path: str, width: int, dark: bool
) -> None:
    page = await window.page(path, width=width, dark=dark)
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await page.context.close()


async def test_nothing_scrolls_sideways_with_the_text_spacing_of_wcag(window: Window) -> None:
    page = await window.page(SHOWN, width=320, bypass_csp=True)
    await page.add_style_tag(content=SPACED)
    assert not await scrolls_sideways(page)


async def test_rows_are_walked_and_selected_by_keys(window: Window) -> None:
    page = await window.page(SHOWN)
    for key in "jjk":
        await page.keyboard.press(key)
    await expect(page.get_by_role("link", name="EXP-104").last).to_be_focused()
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    assert await page.locator("input[name=case]:checked").count() == 3


async def test_keys_rest_in_fields_and_with_modifiers(window: Window) -> None:
    page = await window.page(SHOWN)
    field = page.get_by_label("Subject")
    await field.fill("")
    await field.press_sequentially("j?gqx")
    await expect(field).to_have_value("j?gqx")
    await page.locator("h1").click()
    await page.keyboard.press("Control+j")
    assert page.url.endswith(SHOWN)


async def test_the_help_is_a_page_and_the_keys_can_be_off(window: Window) -> None:
    page = await window.page(SHOWN)
    await page.keyboard.press("?")
    await expect(page).to_have_url(f"{window.url}/help/keys")
    quiet = await window.page(SHOWN, who=QUIET)
    await quiet.keyboard.press("?")
    await quiet.keyboard.press("j")
    await expect(quiet.locator("body")).to_be_focused()
    assert quiet.url.endswith(SHOWN)


@pytest.mark.parametrize("javascript", [True, False])
async def test_after_an_error_the_focus_is_on_what_is_wrong(window: Window, javascript: bool) -> None:
    page = await window.page(SHOWN, javascript=javascript)
    await page.get_by_label("Amount").first.fill("0")
    await page.get_by_role("button", name="Approve EXP-104").last.click()
    await expect(page).to_have_title("2 errors: Components – Acme")
    await expect(page.locator(".error-summary")).to_be_focused()
    await page.get_by_role("link", name="Enter an amount of 1 or more.").click()
    await expect(page.get_by_label("Amount").first).to_be_focused()
    await page.get_by_label("Amount").first.fill("7")
    await page.get_by_role("button", name="Approve EXP-104").last.click()
    await expect(page).to_have_title("Components – Acme")


async def test_the_menu_holds_the_side_where_it_is_narrow_also_without_scripts(window: Window) -> None:
    page = await window.page(SHOWN, width=320, javascript=False)
    await expect(page.get_by_role("navigation", name="Queues", exact=True)).to_be_hidden()
    await page.get_by_text("Menu", exact=True).click()
    await expect(page.get_by_role("link", name="Queue").first).to_be_visible()


async def test_focus_is_seen_and_never_under_the_bar(window: Window) -> None:
    page = await window.page(SHOWN)
    bar = await bottom_of_bar(page)
    for _ in range(25):
        await page.keyboard.press("Tab")
        seen = await page.evaluate(
            "(() => { const at = document.activeElement, box = at.getBoundingClientRect();"
            " return [getComputedStyle(at).outlineStyle, box.bottom, !!at.closest('.bar, .skip')] })()"
        )
        assert seen[0] == "solid"
        assert seen[2] or seen[1] > bar


async def bottom_of_bar(page: Page) -> float:
    box = await page.locator(".bar").bounding_box()
    assert box is not None
    return box["y"] + box["height"]


async def test_times_count_on_in_the_words_of_the_server(window: Window) -> None:
    page = await window.page(SHOWN)
    await page.clock.install()
    await page.reload()
    clock = page.locator(".clock", has_text="Decision")
    await expect(clock).to_contain_text("Overdue by 2 h")
    await page.clock.fast_forward("01:00:00")
    await expect(clock).to_contain_text("Overdue by 3 h")


async def test_a_live_note_is_asked_for_and_said_in_a_status(window: Window) -> None:
    page = await window.page(SHOWN)
    await page.route("**/dev/components/none", lambda route: route.fulfill(body="3 new cases – <a href='/'>show</a>"))
    await page.clock.install()
    await page.reload()
    note = page.locator("[data-live]")
    await expect(note).to_be_empty()
    await page.clock.fast_forward("00:31")
    await expect(note).to_have_text("3 new cases – show")
    await expect(note).to_have_role("status")


async def test_paper_has_no_bar_and_nothing_folded(window: Window) -> None:
    page = await window.page(SHOWN, javascript=False)
    await page.emulate_media(media="print")
    await expect(page.locator(".bar")).to_be_hidden()
    await expect(page.get_by_text("9f3c77d0")).to_be_visible()
    await expect(page.get_by_role("button", name="Next case")).to_be_hidden()
