"""Applications that tests share: making one takes as long as ten requests, and every test wants one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from litestar import Litestar

from app.http.app import HttpSettings, create_app
from app.http.border.gate import Border
from app.http.border.large import LargeBodies
from app.http.border.services import Services

__all__ = ["_apps_are_free_again"]

SECRET = "a secret for tests that is long enough, also for the algorithms we refuse"
_free: list[Litestar] = []
_until_the_test_ends = ExitStack()


@contextmanager
def an_app(services: Services) -> Iterator[Litestar]:
    """One that nobody else has meanwhile, over these services, with the usual settings."""
    app = _free.pop() if _free else create_app(services, HttpSettings(SECRET))
    app.state.services, app.state.border = services, Border(services, SECRET, ())
    app.state.large_bodies = LargeBodies(services.slices)
    try:
        yield app
    finally:
        _free.append(app)


def app_of(services: Services) -> Litestar:
    """One that no other part of this test has."""
    return _until_the_test_ends.enter_context(an_app(services))


@pytest.fixture(autouse=True)
def _apps_are_free_again() -> Iterator[None]:
    yield
    _until_the_test_ends.close()
