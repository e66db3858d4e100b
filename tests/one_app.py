"""Applications that tests share: making one takes as long as ten requests, and every test wants one."""

from collections.abc import Iterator

import pytest
from litestar import Litestar

from app.http.admitting import Border
from app.http.app import HttpSettings, create_app
from app.http.services import Services

__all__ = ["_apps_are_free_again"]

SECRET = "a secret for tests that is long enough, also for the algorithms we refuse"
_APPS: list[Litestar] = []
_taken = 0


def app_of(services: Services) -> Litestar:
    """One that no other part of this test has, over these services, with the usual settings."""
    global _taken
    if _taken == len(_APPS):
        _APPS.append(create_app(services, HttpSettings(SECRET)))
    app = _APPS[_taken]
    app.state.services, app.state.border = services, Border(services, SECRET, ())
    _taken += 1
    return app


@pytest.fixture(autouse=True)
def _apps_are_free_again() -> Iterator[None]:
    global _taken
    yield
    _taken = 0
