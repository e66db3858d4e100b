"""The page of the API works in a browser that reaches nobody but us, and its calls can be tried with a token."""

import json
import re

import pytest
from playwright.async_api import Page, expect

from app.http.sign_in.own_tokens import mint
from tests.running import SECRET, stateward

pytest_plugins = ["tests.browser"]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with stateward(tmp_path_factory.mktemp("served"), "serve", "--port", "0", jwt_secret=SECRET) as service:
        yield service


@pytest.fixture
async def api(service, page: Page):
    """The page, opened; at the end nobody else was asked and the browser complained of nothing."""
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    await page.goto(f"{service.url}/schema")
    yield page
    assert [url for url in asked if not url.startswith((service.url, "data:", "blob:"))] == []
    assert complaints == []


async def test_it_shows_every_operation(api: Page):
    document = await (await api.request.get(f"{api.url}/openapi.json")).json()
    operations = [one for item in document["paths"].values() for one in item.values() if "operationId" in one]
    await expect(api.locator(".opblock")).to_have_count(len(operations))
    await expect(api.locator(".opblock-summary-path", has_text=re.compile("/events")).first).to_be_visible()


async def test_a_call_can_be_tried_with_a_token(api: Page):
    await api.get_by_role("button", name="Authorize").first.click()
    await api.locator(".auth-container input").fill(mint(SECRET, "acme", "ada", ["admin"], 600))
    await api.locator(".auth-btn-wrapper .authorize").click()
    await api.locator(".auth-btn-wrapper .btn-done").click()
    call = api.locator("#operations-cases-findCases")
    await call.locator(".opblock-summary-control").click()
    await call.get_by_role("button", name="Try it out").click()
    async with api.expect_response(re.compile(r"/api/v1/cases(\?|$)")) as answered:
        await call.get_by_role("button", name="Execute").click()
    answer = await answered.value
    assert answer.status == 200
    assert (await answer.json())["items"] == []
    await expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert '"items"' in await call.locator(".live-responses-table .highlight-code").last.inner_text()


async def test_without_a_token_the_page_shows_the_problem(api: Page):
    answer = await api.request.get(api.url.replace("/schema", "/api/v1/cases"))
    assert json.loads(await answer.text())["code"] == "unauthenticated"
