"""Pictures of every page, to look at: `python -m tests.ui.pictures [FOLDER [URL]]`, of a demo unless told otherwise.

Each page light and dark, wide and narrow, as one of the people of the demo sees it; the folder is build/pictures.
"""

import asyncio
import re
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.browser import FLAGS, chromium
from tests.running import stateward

LOOKS = [(width, dark) for width in (1280, 320) for dark in (False, True)]
WHO = re.compile("Sue")
PAGES = {
    "queue": "/",
    "unassigned": "/?view=unassigned",
    "overdue": "/?view=overdue",
    "nothing-found": "/?q=nothing-is-called-so",
    "next": "/next",
    "search": "/search",
    "search-found": "/search?q=train",
    "new": "/new",
    "new-claim": "/new/expense_claim",
    "me": "/me",
    "keys": "/help/keys",
    "type": "/types/expense_claim",
    "not-found": "/nothing",
    "components": "/dev/components",
    "components-wrong": "/dev/components?state=error",
}
OF_A_CASE = ("", "/history", "/files", "/diagram")
FROM_A_CASE = {"do": "a[href*='/do/']", "why": "a[href*='/why']", "sla": "a[href*='/slas/'], a[href*='/clocks/']"}
"""Pages whose addresses a case tells."""


def main(folder: Path, url: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        service: Any = nullcontext() if url else stateward(Path(place), "demo", "--port", "0")
        with service as demo:
            asyncio.run(_take(folder, url or demo.url))


async def _take(folder: Path, url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        for width, dark in LOOKS:
            await _pictured(browser, folder, url, width, dark)
        await browser.close()


async def _pictured(browser: Browser, folder: Path, url: str, width: int, dark: bool) -> None:
    look = "dark" if dark else "light"
    context = await browser.new_context(
        base_url=url, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page = await context.new_page()

    async def picture(name: str, path: str) -> None:
        answer = await page.goto(path)
        await page.screenshot(path=folder / f"{name}-{width}-{look}.png", full_page=True)
        print(f"{answer.status if answer else '???'} {name}-{width}-{look}.png")

    await picture("sign-in", "/sign-in")
    await page.get_by_role("button", name=WHO).first.click()
    for name, path in {**PAGES, **await _of_cases(page)}.items():
        await picture(name, path)
    await context.close()


async def _of_cases(page: Page) -> dict[str, str]:
    """The pages of the first case that the queue shows, and of one that is overdue."""
    found: dict[str, str] = {}
    for kind, queue in (("case", "/?view=unassigned"), ("late-case", "/?view=overdue")):
        await page.goto(queue)
        cases = await _addresses(page, "main a[href^='/cases/']")
        if cases:
            await page.goto(cases[0])
            found |= {f"{kind}{part.replace('/', '-')}": f"{cases[0].partition('?')[0]}{part}" for part in OF_A_CASE}
            for name, selector in FROM_A_CASE.items():
                found |= {f"{kind}-{name}": path for path in (await _addresses(page, selector))[:1]}
    return found


async def _addresses(page: Page, selector: str) -> list[str]:
    return list(await page.locator(selector).evaluate_all("all => all.map(one => one.getAttribute('href'))"))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path("build/pictures"), given[1] if len(given) > 1 else None)
