"""Fixtures for all tests."""

from tests.databases import *  # noqa: F403
from tests.house import *  # noqa: F403
