"""The pages of case types in a real Chromium: nothing that axe finds, nothing that scrolls sideways."""

from app.services.definitions.case_types import CaseTypeView
from tests.fake_services import Fakes
from tests.house import declared
from tests.ui.browsing import browsing, scrolls_sideways, violations


async def test_a_case_type_is_accessible_light_and_dark_wide_and_narrow() -> None:
    fakes = Fakes()
    shipped = declared().case_types["permit"]
    fakes.case_types.view = CaseTypeView(shipped, 1, shipped.hash())
    async with browsing(fakes.services()) as window:
        for path, width, dark in (
            ("/types/permit", 1280, False),
            ("/types/permit", 320, True),
            ("/types/permit/diagram", 320, False),
            ("/types", 1280, True),
        ):
            page = await window.page(path, width=width, dark=dark)
            assert await violations(page) == [], path
            assert not await scrolls_sideways(page), path
            await page.context.close()


async def test_a_drawing_is_painted_by_the_rules_of_the_page_in_both_themes() -> None:
    fakes = Fakes()
    shipped = declared().case_types["incident"]
    fakes.case_types.view = CaseTypeView(shipped, 1, shipped.hash())
    ask = "[...document.querySelectorAll('.statechart .leaf > .box')].map((one) => getComputedStyle(one).fill)"
    async with browsing(fakes.services()) as window:
        light, dark = [await (await window.page("/types/incident", dark=dark)).evaluate(ask) for dark in (False, True)]
    assert set(light) == {"rgb(255, 255, 255)"}
    assert set(dark) == {"rgb(26, 30, 36)"}
