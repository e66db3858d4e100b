"""The queue in a browser: nothing that axe finds, no sideways scroll, and its keys."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from app.db import open_store
from app.services.assembly import Assembly
from tests.clock_making import IN_THE_FUTURE, LONG_AGO
from tests.databases import sqlite_of
from tests.factories import TENANT, a_case
from tests.factories import opening as a_record
from tests.house import running
from tests.over_http import services_of
from tests.ui.browsing import browsing, scrolls_sideways, violations

LONG = "Reimbursementoftravelaccommodationandincidentalexpenses" * 4
LOOKS = [
    ("/?view=unassigned&type=expense_claim", 1280, False),
    ("/?view=unassigned", 320, True),
    ("/?view=unassigned&asignee=me&due_before=soon", 320, False),
]


@pytest.fixture
async def house(sqlite_lived_in: Path, tmp_path: Path) -> AsyncIterator[Assembly]:
    file = Path(shutil.copy(sqlite_lived_in, tmp_path / "queue.db"))
    async with running(open_store(sqlite_of(file).url)) as started:
        due = (None, LONG_AGO, IN_THE_FUTURE, LONG_AGO + timedelta(days=1))
        cases = [
            a_case(
                case_type=("expense_claim", "permit")[number % 2],
                reference=LONG if number == 3 else f"R-{number}",
                due_at=due[number % 4],
                urgency=number % 3 * 30,
                team="team:north" if number % 2 else None,
                data={"amount_cents": 100 * number, "currency": "EUR", "purpose": LONG},
            )
            for number in range(60)
        ]
        async with started.store.transaction(TENANT) as tx:
            await tx.record(a_record(*cases))
        yield started


async def test_lists_bear_axe_narrow_windows_and_the_keyboard(house: Assembly) -> None:
    async with browsing(services_of(house)) as window:
        for path, width, dark in LOOKS:
            page = await window.page(path, width=width, dark=dark)
            assert await violations(page) == [], path
            assert not await scrolls_sideways(page), path
            await page.context.close()
        await moves_by_keys(await window.page("/?view=unassigned"))
        narrow = await window.page("/?view=unassigned", width=320)
        await expect(narrow.get_by_label("Case type")).to_be_hidden()
        await expect(narrow.locator("thead")).to_be_hidden()
        plain = await window.page("/?view=unassigned", width=320, javascript=False)
        await plain.get_by_text("Filters", exact=True).click()
        await expect(plain.get_by_label("Case type")).to_be_visible()


async def moves_by_keys(page: Page) -> None:
    """`n` changes something, so it only shows its button."""
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator("tbody tr").nth(1).locator("a.reference")).to_be_focused()
    await page.keyboard.press("n")
    await expect(page.get_by_role("button", name="Next case")).to_be_focused()
