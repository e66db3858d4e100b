"""A page in a real Chromium for every test that asks for one: fresh process, empty profile, nobody signed in."""

import subprocess
import sys
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

FINDER = Path(__file__).resolve().parent.parent / ".ci" / "browser.py"
FLAGS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def chromium() -> str:
    """The path of the Chromium that `.ci/browser.py` finds; the test fails with its sentence where there is none."""
    found = subprocess.run([sys.executable, FINDER, "--find"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip(), pytrace=False)
    return found.stdout.strip()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A blank page; `await page.goto(...)` from here. Playwright gives each launch a new empty profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        yield await browser.new_page()
        await browser.close()
