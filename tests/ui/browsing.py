"""Pages in a real Chromium, served by the application of this very process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, Page, async_playwright

from app.http.border.services import Services
from app.ui.frame.frame import PLAIN_COOKIE
from app.ui.frame.reader import Reader
from tests.browser import FLAGS, chromium
from tests.fake_services import Fakes
from tests.ui.serving import FakeReaders, app_of, reader

AXE = Path(__file__).parent / "vendor" / "axe.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TALL = 900


@dataclass
class Window:
    """A Chromium at the pages; `complaints` are what its pages said of errors and of their policy."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)

    async def page(
        self,
        path: str = "/",
        *,
        who: Reader | None = None,
        width: int = 1280,
        dark: bool = False,
        javascript: bool = True,
        **options: Any,
    ) -> Page:
        """A page of a fresh profile, opened; `who` is signed in, Carl unless told otherwise."""
        context = await self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": TALL},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            **options,
        )
        await context.add_cookies(
            [{"name": PLAIN_COOKIE, "value": (who or reader()).session_id, "url": self.url, "httpOnly": True}]
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: told.type == "error" and self._complain(told.text))
        await page.goto(path)
        return page

    def _complain(self, text: str) -> None:
        if "the server responded with a status of 4" not in text:  # a form that was filled in wrongly answers so
            self.complaints.append(text)


@asynccontextmanager
async def browsing(
    services: Services | None = None, *who: Reader, demo: bool = True, app: Litestar | None = None
) -> AsyncIterator[Window]:
    """A Chromium at pages over these services; at the end no page has complained."""
    known = FakeReaders({one.session_id: one for one in (who or (reader(),))})
    target = app or app_of(services or Fakes().services(), known, demo=demo)
    async with served(target) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        window = Window(browser, url)
        try:
            yield window
        finally:
            await browser.close()
        assert window.complaints == [], window.complaints


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The address of an application that answers from this loop."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    running = asyncio.create_task(server.serve())
    try:
        while not await _answers(port):
            assert not running.done()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await running


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await asyncio.sleep(0.01)
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def violations(page: Page, leave_out: Sequence[str] = ()) -> list[str]:
    """What axe finds on the page as it stands, one line an element."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(
        "([tags, out]) => axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: tags},"
        " rules: {'target-size': {enabled: true}, ...Object.fromEntries(out.map((id) => [id, {enabled: false}]))}})",
        [TAGS, list(leave_out)],
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def scrolls_sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
