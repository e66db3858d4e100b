"""What people type and declare is text on every page that shows it: a real browser runs nothing of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Page

from app.db import open_store
from app.domain.case.attempt import Actor
from app.domain.definition.case_type import CaseType
from app.services.assembly import Assembly
from app.services.callers.sign_in_settings import DemoPerson
from app.services.store.people import StoredPerson
from tests.factories import OPENED, TENANT
from tests.house import CLERK, SUPERVISOR, actor, declared, declaring, fired, opened, running
from tests.ui.browsing import browsing
from tests.ui.page_routes import filled, page_routes
from tests.ui.serving import client_of, reader, token_of
from tests.ui.signing import a_database, app_of
from tests.working import assign, comment

ATTRIBUTE = "\"'><img src=x onerror='window.hit=1' data-hit>"
MARKUP = "</textarea></title></option><script>window.hit=1</script><svg onload='window.hit=1' data-hit>"
TEMPLATE = "{{7*191}}{% raw %}${7*191}#{7*191}%(event)s"
BACKWARDS = "\u202e\u2066=HYPERLINK(1)\u200b"
NAUGHTY = f"{ATTRIBUTE}{MARKUP}{TEMPLATE}{BACKWARDS}"
WORDS = {"title", "description", "x-unit"}
SEEN = "window.hit=1"
MONA = actor("mona", "manager")
NAMED = reader(MONA, NAUGHTY, "session-of-mona")
HERSELF = DemoPerson(tenant=TENANT, subject=MONA.id, name=NAUGHTY[:100], roles=("role:manager",), work=NAUGHTY)
GERMAN = DemoPerson(tenant=TENANT, subject=SUPERVISOR.id, name=NAUGHTY[:100], roles=("role:supervisor",))
HARM = """() => ({
  ran: window.hit === 1,
  made: [...document.querySelectorAll(
    "main img, aside img, script:not([src]), iframe, object, embed, base, [data-hit], [style], a[href^='javascript']"
  )].map((one) => one.outerHTML.slice(0, 200)),
  handlers: [...document.querySelectorAll("*")].filter((one) =>
    [...one.attributes].some((told) => told.name.startsWith("on"))).map((one) => one.outerHTML.slice(0, 200)),
  counted: document.documentElement.innerText.includes("1337"),
})"""
UNHARMED = {"ran": False, "made": [], "handlers": [], "counted": False}


def naughty(declared_type: str) -> CaseType:
    """A case type every word of which means mischief, in each language."""
    of = declared().case_types[declared_type].model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return CaseType.model_validate(_spoilt({**of, "data": {**of["data"], "additionalProperties": True}}))


def _spoilt(value: Any, key: str = "") -> Any:
    if isinstance(value, dict) and key == "x-titles":
        return {name: _words(text) for name, text in value.items()}
    if isinstance(value, dict):
        return {name: _words(one) if name in WORDS else _spoilt(one, name) for name, one in value.items()}
    return [_spoilt(one) for one in value] if isinstance(value, list) else value


def _words(text: Any) -> Any:
    return {language: _words(one) for language, one in text.items()} if isinstance(text, dict) else f"{text}{NAUGHTY}"


@pytest.fixture
async def house(tmp_path: Path, sqlite_lived_in: Path) -> AsyncIterator[Assembly]:
    store = open_store(a_database(tmp_path, sqlite_lived_in).url)
    async with running(store, declaring(expense_claim=naughty("expense_claim"))) as started:
        async with started.store.transaction(TENANT) as tx:
            for who in ("carl", "mona", "susan"):
                spoken = "de" if who == "susan" else "en"
                await tx.add_person(
                    StoredPerson(
                        tenant=TENANT,
                        subject=f"user:{who}",
                        made_at=OPENED,
                        display_name=f"{who} {NAUGHTY}",
                        language=spoken,
                    )
                )
        yield started


async def _lived_in(house: Assembly, by: Actor) -> dict[str, str]:
    """A claim in each of whose places somebody wrote what they should not."""
    data = {
        "amount_cents": 90_000,
        "currency": "EUR",
        "purpose": NAUGHTY,
        "cost_centre": "<b>x</b>",
        NAUGHTY: [NAUGHTY],
    }
    other = await opened(house, by=by, data=data, reference=f"2 {NAUGHTY}")
    case_id = await opened(house, by=by, data=data, reference=f"1 {NAUGHTY}")
    await fired(house, case_id, "triage", CLERK)
    await fired(house, case_id, "add_note", CLERK, payload={"note": NAUGHTY}, reason=NAUGHTY)
    await comment(house, case_id, CLERK, f"[x](javascript:window.hit=1) ![x](x) <{NAUGHTY}> `{NAUGHTY}`\n\n{NAUGHTY}")
    await assign(house, case_id, SUPERVISOR, reason=NAUGHTY, assignee=CLERK.id)
    async with client_of(house, NAMED) as client:
        csrf, page = token_of(NAMED), f"/cases/{case_id}"
        files = {"files": (f"{ATTRIBUTE}.svg", b"<svg onload='window.hit=1'/>", "image/svg+xml")}
        attached = await client.post(f"{page}/attach", data=csrf, files=files)
        linked = await client.post(f"{page}/link", data={**csrf, "type": "blocks", "other": other})
        saved = await client.post("/views/new?view=unassigned", data={**csrf, "title": NAUGHTY[:99], "shared": "yes"})
        assert [one.status_code for one in (attached, linked, saved)] == [303, 303, 303]
    [file] = await house.work.attachments(MONA, case_id, None, 10)
    view = saved.headers["location"].rpartition("=")[2]
    said = (await house.work.comments(CLERK, case_id, None, 10))[0].id
    return {
        "case_id": case_id,
        "event": "reject",
        "case_type": "expense_claim",
        "file_id": file.id,
        "view_id": view,
        "name": "decision",
        "comment": said,
    }


def _asked(values: dict[str, str]) -> list[str]:
    """Every page, and those that repeat what stands in their address."""
    told = quote(NAUGHTY, safe="")
    left_out = ("/sign-in", "/static", "/me", "/help", "/c/", "/cases/{case_id}/files/", "/queue/new", "/types/")
    plain = [filled(path, values) for path in page_routes("GET") if not path.startswith(left_out)]
    case = f"/cases/{values['case_id']}"
    return [
        *(path for path in plain if not path.endswith(("/stale", "/gone"))),
        *("/types/expense_claim", "/types/expense_claim/diagram"),
        *(f"{case}/why/approve", f"{case}/do/approve", f"{case}/comment?about=approve&whom=user:carl"),
        *("/?view=unassigned", f"/?view={values['view_id']}", f"/?q={told}", f"/?assignee={told}", f"/?view={told}"),
        *(f"/search?q={told}", "/search?q=onerror", f"/views/new?state={told}", f"/{told}=1", f"/?{told}=1"),
        *(f"/next?skip={values['case_id']}", f"/new/{told}"),
    ]


async def test_nothing_that_somebody_wrote_runs_or_becomes_a_part_of_a_page(house: Assembly) -> None:
    values = await _lived_in(house, actor("ann"))
    seen: set[str] = set()
    app = app_of(house, secure=False, demo_people=(HERSELF, GERMAN), tenant=TENANT)
    async with browsing(app=app) as window:
        page = await window.page("/sign-in?next=/me")
        seen |= await unharmed(page, "the sign-in page")
        await page.locator("button[name=subject]").first.click()
        await page.wait_for_url("**/me")
        for path in ("/me", *_asked(values)):
            await page.goto(path)
            seen |= await unharmed(page, path)
        await _sent_wrongly(page, values)
        german = await window.page(f"/sign-in?next=/cases/{values['case_id']}")
        await german.locator("button[name=subject]").last.click()
        await german.wait_for_url("**/cases/*")
        assert await unharmed(german, "German")
        assert {f"/cases/{values['case_id']}", "/me", "the sign-in page"} <= seen
    assert len(seen) > 20, "it stands there as text"


async def _sent_wrongly(page: Page, values: dict[str, str]) -> None:
    """Forms that come back with what was entered."""
    case = f"/cases/{values['case_id']}"
    await page.goto(f"{case}/do/approve")
    await page.locator("[name='payload.note']").fill(NAUGHTY * 20)
    await page.locator("button[value=fire]:not(.hidden)").click()
    assert await unharmed(page, "a form with an error")
    await page.goto("/new/expense_claim")
    for name in ("data.amount_cents", "data.purpose", "reference"):
        await page.locator(f"[name='{name}']").fill(NAUGHTY)
    await page.locator("button[value=fire]:not(.hidden)").click()
    await page.wait_for_selector(".error-summary")
    assert await page.locator("[name='data.purpose']").input_value() == NAUGHTY
    await unharmed(page, "a new case with errors")


async def unharmed(page: Page, where: str) -> set[str]:
    """The page, where it shows what was written."""
    await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert await page.evaluate(HARM) == UNHARMED, where
    shown = await page.locator("body").inner_text()
    return {where} if SEEN in shown else set()
