"""Fixtures for all tests."""

from tests.databases import *  # noqa: F403
