"""Every page of a house that runs, as axe and a narrow screen see it: with cases, with errors, and when empty."""

import pytest

from app.services.assembly import Assembly
from app.ui.pages import pages
from tests.house import CLERK, STRANGER, SUPERVISOR, fired, open_claim, opened
from tests.over_http import services_of
from tests.ui.browsing import browsing, scrolls_sideways, violations
from tests.ui.serving import reader
from tests.working import comment

LOOKS = ((1280, False), (320, True))
SUE = reader(SUPERVISOR, "Sue Supervisor", session="session-of-sue")
STEVE = reader(STRANGER, "Steve", session="session-of-steve", theme="dark", language="de")
LONG = "Reise zur Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzeskonferenz " * 3
OF_A_CASE = ("/history", "/files", "/fields", "/diagram", "/why/pay", "/slas/decision")
FORMS = ("/assign", "/attach", "/comment", "/link", "/roles", "/do/approve")
QUEUES = ("/", "/?view=unassigned", "/?q=nothing-is-called-so", "/search?q=reise")
OTHERS = ("/next", "/views/new?state=submitted", "/new", "/new/expense_claim", "/types/expense_claim")


def there() -> set[str]:
    """The first words of the addresses that there are."""
    routers = [one for one in pages() if hasattr(one, "routes")]
    return {route.path_format.split("/")[1] for router in routers for route in router.routes}


async def _lived_in(house: Assembly) -> str:
    """A claim that somebody spoke of, and one that nobody touched."""
    await opened(house, data={"amount_cents": 99, "currency": "EUR", "purpose": LONG})
    case_id = await open_claim(house, {"amount_cents": 82_000, "currency": "EUR", "purpose": LONG})
    await fired(house, case_id, "triage", CLERK)
    await comment(house, case_id, CLERK, f"Which *fair* is it? {LONG}")
    return case_id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_axe_finds_nothing_on_any_page(house: Assembly) -> None:
    case = f"/cases/{await _lived_in(house)}"
    paths = [*QUEUES, *OTHERS, *(f"{case}{part}" for part in (*OF_A_CASE, *FORMS))]
    known = there()
    asked = [path for path in paths if path.partition("?")[0].split("/")[1] in known]
    found: list[str] = []
    async with browsing(services_of(house), SUE, STEVE) as window:
        for look, (width, dark) in enumerate(LOOKS):  # a page is seen in one of them, with all of it open
            page = await window.page(asked[look], who=SUE, width=width, dark=dark)
            for path in (*asked[look :: len(LOOKS)], case):  # that of a case in both
                await page.goto(path)
                await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
                found += [f"{path} {width}: {one}" for one in await violations(page)]
                if width == 320 and await scrolls_sideways(page):
                    found.append(f"{path} scrolls sideways")
        page = await window.page("/", who=STEVE, width=320)
        for path in ("/", "/new", case):  # whoever may nothing
            await page.goto(path)
            found += [f"{path} for Steve: {one}" for one in await violations(page)]
    assert found == []
