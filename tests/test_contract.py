"""The committed OpenAPI document is what the service serves, and nothing that callers rely on goes unnoticed."""

from difflib import unified_diff
from typing import Any

import pytest

from tests.breaking import breaks
from tests.contract import committed, served, written

ACCEPT = "`make openapi` accepts it"


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return served()


def test_the_committed_document_is_the_one_that_is_served(now: dict[str, Any]) -> None:
    before, after = written(committed()).splitlines(), written(now).splitlines()
    changes = list(unified_diff(before, after, "docs/openapi.json", "as served", lineterm="", n=6))
    assert not changes, "\n".join([f"The API changed; {ACCEPT}:", *changes[:400]])


def test_what_breaks_callers_needs_another_version_of_the_api(now: dict[str, Any]) -> None:
    broken = breaks(committed(), now)
    if committed()["info"]["version"] == now["info"]["version"]:
        assert not broken, "\n".join(["Callers of this version would break:", *broken])
