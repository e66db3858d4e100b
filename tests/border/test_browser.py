"""The browser of the tests is a real one and knows nothing of the test before it."""

from pathlib import Path

from playwright.async_api import Page

pytest_plugins = ["tests.browser"]


async def test_a_page_runs_its_script(page: Page, tmp_path: Path) -> None:
    await page.goto(_file(tmp_path, "<p>wait</p><script>document.querySelector('p').textContent = 6 * 7</script>"))
    assert await page.inner_text("p") == "42"


async def test_a_page_remembers_nothing_of_the_page_before(page: Page, tmp_path: Path) -> None:
    await page.goto(_file(tmp_path, "<script>document.title = localStorage.length; localStorage.seen = 1</script>"))
    assert await page.title() == "0"


async def test_the_profile_of_a_second_page_is_empty_too(page: Page, tmp_path: Path) -> None:
    await page.goto(_file(tmp_path, "<script>document.title = localStorage.length; localStorage.seen = 1</script>"))
    assert await page.title() == "0"


def _file(folder: Path, html: str) -> str:
    path = folder / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{html}")
    return path.as_uri()
