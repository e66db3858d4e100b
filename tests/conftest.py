"""Fixtures for all tests."""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
import structlog

from tests.databases import *  # noqa: F403
from tests.databases import where_there_is_room
from tests.house import *  # noqa: F403
from tests.one_app import *  # noqa: F403

DEAREST = {
    "test_contract_fuzzed",
    "test_attack_neighbours",
    "test_every_page",
    "test_docs",
    "test_journeys_in_a_browser",
    "test_read_along_processes",
    "test_commands_demo",
    "test_attack_outage",
    "test_attack_killing",
    "test_stopping",
    "test_commands_serve",
    "test_authorization_matrix",
    "test_finding",
    "test_supply_chain",
    "test_naughty_in_a_browser",
    "test_store_listing",
    "test_scheduler_crashes",
    "test_policy_two_processes",
    "test_in_a_browser",
    "test_who_can",
    "test_decisions_against_a_naive_model",
    "test_matrix_over_pages",
    "test_attack_mutating",
}


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """In memory, if there is enough: each commit of a file on a disk is waited for."""
    gc.disable()  # until all is imported
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="stateward-tests-", dir=where_there_is_room())
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: a worker that began one last would be waited for."""
    items.sort(key=lambda item: item.path.stem not in DEAREST)


def pytest_collection_finish() -> None:
    """What was imported stays, and most of what a test makes goes by itself: looking through it all took a tenth of
    the processor's time."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command run in this process points the logs at the test's own stderr, which is closed after the test."""
    root, ours = logging.getLogger(), logging.getLogger("stateward")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _environment_as_before() -> Iterator[None]:
    """`demo`, run in this process, sets what its workers read."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
