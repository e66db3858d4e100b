"""Every page of a house that runs, as axe and a narrow screen see it: with cases, with errors, and when empty."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.db import open_store
from app.services.assembly import Assembly
from app.ui.frame.reader import Reader
from tests.house import CLERK, MANAGER, STRANGER, actor, fired, open_claim, opened, running
from tests.lengths import LONG, part
from tests.over_http import services_of
from tests.ui.browsing import Window, browsing, scrolls_sideways, violations
from tests.ui.page_routes import page_routes
from tests.ui.serving import client_of, reader, token_of
from tests.ui.signing import a_database
from tests.working import assign, comment, naming_reviewers

LOOKS = [(width, dark) for width in (1280, 320) for dark in (False, True)]
MONA = reader(MANAGER, "Mona Manager", "session-of-mona")
STEVE = reader(STRANGER, "Steve", "session-of-steve", language="de")
ROOT = reader(actor("root", "admin", tenant="globex"), "Root", "session-of-root")
LENGTHY = "Reise zur Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzeskonferenz " * 3
SEEN_ELSEWHERE = re.compile(r"/sign-in|/me\b|/static|/dev|/c/|.*/(stale|new)$|/cases/[^/]+/files/.")
"""Ways in and one's own page have tests of their own; the others are no pages, but parts, files and ways to them."""
PAGES = ("/", "/?view=unassigned", "/?view=overdue", "/search", "/search?q=reise", "/next", "/views", "/help/keys")
TYPES = ("/new", "/new/expense_claim", "/types", "/types/expense_claim", "/types/expense_claim/diagram")
OF_A_CASE = (
    "", "/history", "/history?show=refused", "/paper", "/files", "/fields", "/diagram", "/actions", "/why", "/why/pay",
    "/slas/decision", "/assign", "/attach", "/comment", "/link", "/roles", "/correct", "/do/approve",
    f"/gone?receipt={'0' * 64}",
)  # fmt: skip
WRONG = ("/?view=nothing", "/?q=nothing-is-called-so", "/search?due_before=whenever", "/next?nothing=yes", "/nothing")
WRONG_ON_A_CASE = ("/do/pay", "/do/triage", "/slas/nothing", "/comment?about=approve&whom=user:carl")
SENT_WRONG = ("/comment", "/attach", "/link", "/roles", "/correct", "/assign", "/do/reject")
"""Forms whose button is pressed as they stand."""
EMPTY = ("/", "/new", "/types", "/search", "/views", "/?view=unassigned")
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
TONES = """() => [...document.querySelectorAll(".tag, .due, .clock, .notice, .segments li")].map((one) => {
  const known = ["late", "soon", "ok", "info", "paused", "neutral"]
  return [one.classList[0] ?? "li", one.textContent.trim(), known.find((tone) => one.classList.contains(tone)) ?? ""]
})"""
BARE = """() => [...document.querySelectorAll(
    ".button, .tag, .clock, .notice, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea"
  )].filter((one) => one.checkVisibility() && !one.closest(".hidden")).filter((one) => {
    const has = getComputedStyle(one)
    return has.borderTopStyle === "none" || parseFloat(has.borderTopWidth) < 1
  }).map((one) => one.outerHTML.slice(0, 120))"""
FOCUS = """() => {
  const at = document.activeElement, has = getComputedStyle(at), box = at.getBoundingClientRect()
  const bar = document.querySelector(".bar").getBoundingClientRect().bottom
  const shown = has.outlineStyle === "solid" && parseFloat(has.outlineWidth) >= 3
  const free = !!at.closest(".bar, .skip") || (box.bottom > bar && box.top < innerHeight)
  return [at === document.body || (shown && free), at.outerHTML.slice(0, 120)]
}"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Sight:
    """A page as somebody sees it; `press`: after the button of its form."""

    path: str
    who: Reader = MONA
    press: bool = False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, sqlite_lived_in: Path) -> AsyncIterator[Assembly]:
    folder = tmp_path_factory.mktemp("every-page")
    async with running(open_store(a_database(folder, sqlite_lived_in).url)) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case_id(house: Assembly) -> str:
    """A claim that somebody spoke of and attached to, one that nobody touched, and one that is somebody's."""
    data = {"amount_cents": 82_000, "currency": "EUR", "purpose": LENGTHY}
    other = await opened(house, data={**data, "amount_cents": 99}, reference="EXP-7")
    await assign(house, other, MANAGER, assignee=CLERK.id)
    await naming_reviewers(house)
    lived_in = await open_claim(house, data)
    await fired(house, lived_in, "triage", CLERK)
    await comment(house, lived_in, CLERK, f"Which *fair* is it? {LENGTHY}")
    async with client_of(house, MONA) as client:
        csrf, files = token_of(MONA), {"files": (f"{LENGTHY[:90]}.txt", b"12 EUR", "text/plain")}
        await client.post(f"/cases/{lived_in}/attach", data=csrf, files=files)
        await client.post(f"/cases/{lived_in}/link", data={**csrf, "type": "blocks", "other": other})
        await client.post(f"/cases/{lived_in}/fire", data={**csrf, "event": "clear_budget"})
        await client.post("/views/new?view=unassigned", data={**csrf, "title": LENGTHY[:99], "shared": "yes"})
    return lived_in


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(house: Assembly, case_id: str) -> AsyncIterator[Window]:
    async with browsing(services_of(house), MONA, STEVE, ROOT) as opened_window:
        yield opened_window


async def sights(house: Assembly, case_id: str) -> Sequence[Sight]:
    [view] = await house.views.list(MANAGER)
    case, skip = f"/cases/{case_id}", f"/next?skip={case_id}"
    plain = [*PAGES, *TYPES, *WRONG, f"/?view={view.id}", f"/views/{view.id}", "/views/new?state=submitted", skip]
    return [
        *(Sight(path) for path in plain),
        *(Sight(case + part) for part in (*OF_A_CASE, *WRONG_ON_A_CASE)),
        *(Sight(case + part, press=True) for part in SENT_WRONG),
        *(Sight(path, press=True) for path in ("/new/expense_claim", "/views/new?state=submitted", skip)),
        *(Sight(path, STEVE) for path in (*EMPTY, case)),
        *(Sight(path, ROOT) for path in ("/", "/search?open=yes")),
    ]


async def test_each_page_that_there_is_is_looked_at(house: Assembly, case_id: str) -> None:
    seen = [one.path.partition("?")[0] for one in await sights(house, case_id)]
    for route in page_routes("GET"):
        like = re.compile(re.sub(r"\{\w+\}", "[^/]+", route))
        assert SEEN_ELSEWHERE.match(route) or any(like.fullmatch(path) for path in seen), route


async def test_axe_finds_nothing_on_any_page(window: Window, house: Assembly, case_id: str) -> None:
    """In the suite every second page has one of the four looks; in the long form each has all of them."""
    found: list[str] = []
    pages: dict[tuple[str, int], Page] = {}
    for place, sight in enumerate(part(await sights(house, case_id), 2)):
        for look in range(len(LOOKS)) if LONG else [place % len(LOOKS)]:
            width, dark = LOOKS[look]
            key = sight.who.session_id, look
            if key not in pages:
                pages[key] = await window.page("/help/keys", who=sight.who, width=width, dark=dark)
            found += [f"{sight.path} {width} {dark}: {one}" for one in await _faults(pages[key], sight, width)]
    for page in pages.values():
        await page.context.close()
    assert found == []


async def _faults(page: Page, sight: Sight, width: int) -> list[str]:
    await page.goto(sight.path)
    if sight.press:
        await page.locator("main form button.primary").last.click()
        await expect(page, sight.path).to_have_title(re.compile(r"^\d+ error"))
    await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = await violations(page)
    if width == 320 and await scrolls_sideways(page):
        found.append("it scrolls sideways")
    return found


async def test_what_stands_for_something_is_no_colour_alone(window: Window, case_id: str) -> None:
    """The same words never mean two things, and every tone has words; what is due has a shape besides."""
    page = await window.page("/help/keys", who=MONA)
    for path in ("/?view=unassigned", "/", f"/cases/{case_id}", f"/cases/{case_id}/slas/decision", "/dev/components"):
        await page.goto(path)
        said: dict[tuple[str, str], str] = {}
        for kind, text, tone in await page.evaluate(TONES):
            assert text, (path, kind, tone)
            assert kind not in ("due", "clock") or re.search("[▲◆●‖✓]", text) or not tone, (path, text)
            assert said.setdefault((kind, text), tone) == tone, (path, kind, text)
    await page.context.close()


async def test_with_forced_colours_everything_keeps_its_edge(window: Window, case_id: str) -> None:
    page = await window.page("/help/keys", who=MONA, forced_colors="active")
    for path in ("/?view=unassigned", f"/cases/{case_id}", f"/cases/{case_id}/do/reject", "/dev/components"):
        await page.goto(path)
        assert await page.evaluate(BARE) == [], path
    await page.context.close()


@pytest.mark.parametrize("width", [1280, 320])
async def test_focus_is_seen_wherever_it_goes(window: Window, case_id: str, width: int) -> None:
    page = await window.page("/help/keys", who=MONA, width=width)
    for path in ("/?view=unassigned", f"/cases/{case_id}", f"/cases/{case_id}/do/approve"):
        await page.goto(path)
        for _ in range(30):
            await page.keyboard.press("Tab")
            seen = await page.evaluate(FOCUS)
            assert seen[0], (path, seen[1])
    await page.context.close()


async def test_nothing_scrolls_sideways_with_the_text_spacing_of_wcag(window: Window, case_id: str) -> None:
    """At 320 px, which is what is left of 1280 at 400 %."""
    page = await window.page("/help/keys", who=MONA, width=320, bypass_csp=True)
    for path in ("/?view=unassigned", f"/cases/{case_id}", f"/cases/{case_id}/do/approve", "/types/expense_claim"):
        await page.goto(path)
        await page.add_style_tag(content=SPACED)
        assert not await scrolls_sideways(page), path
    await page.context.close()
