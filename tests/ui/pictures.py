"""Pictures of every page, to look at: `python -m tests.ui.pictures [FOLDER [URL]]`, of the demo unless told otherwise.

Each page light and dark, wide and narrow; the folder is build/pictures.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.browser import FLAGS, chromium
from tests.running import stateward

SIZES = (1280, 320)
WHO = "Sue"
"""Whose pages are pictured: she sees most of them."""
PAGES = {
    "queue": "/",
    "queue-mine": "/?view=mine",
    "queue-unassigned": "/?view=unassigned",
    "queue-overdue": "/?view=overdue",
    "queue-empty": "/?q=nothing-is-called-so",
    "search": "/search",
    "search-found": "/search?q=train",
    "new": "/new/expense_claim",
    "me": "/me",
    "keys": "/help/keys",
    "type": "/types/expense_claim",
    "not-found": "/nothing",
    "components": "/dev/components",
    "components-error": "/dev/components?state=error",
}
"""Pages with an address of their own; those of a case are found from the queue."""
OF_A_CASE = ("", "/history", "/files", "/diagram")


async def main(folder: Path, url: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if url is not None:
        await _take(folder, url)
        return
    with tempfile.TemporaryDirectory() as place, stateward(Path(place), "demo", "--port", "0") as demo:
        await _take(folder, demo.url)


async def _take(folder: Path, url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        for width in SIZES:
            for dark in (False, True):
                async with _signed_in(browser, url, width, dark) as page:
                    await _picture(page, folder, url, f"{width}-{'dark' if dark else 'light'}")
        await browser.close()


@asynccontextmanager
async def _signed_in(browser: Browser, url: str, width: int, dark: bool) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.screenshot(path=_place(Path(sys.argv[1] if len(sys.argv) > 1 else "build/pictures"), "sign-in", width, dark))
    await page.get_by_role("button", name=re.compile(WHO)).first.click()
    yield page
    await context.close()


def _place(folder: Path, name: str, width: int, dark: bool) -> Path:
    return folder / f"{name}-{width}-{'dark' if dark else 'light'}.png"


async def _picture(page: Page, folder: Path, url: str, suffix: str) -> None:
    pages = dict(PAGES)
    await page.goto(url)
    cases = await page.locator("main a[href^='/cases/']").evaluate_all("all => all.map(one => one.pathname)")
    for number, case in enumerate(dict.fromkeys(cases[:2])):
        pages |= {f"case{number}{part.replace('/', '-')}": f"{case}{part}" for part in OF_A_CASE}
    for name, path in pages.items():
        answer = await page.goto(f"{url}{path}")
        await page.screenshot(path=folder / f"{name}-{suffix}.png", full_page=True)
        print(f"{name}-{suffix}: {answer.status if answer else '?'}")


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(Path(given[0]) if given else Path("build/pictures"), given[1] if len(given) > 1 else None))
