"""The committed OpenAPI document is what the service serves, and nothing that callers rely on goes unnoticed."""

import json
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

import pytest

from tests.breaking import breaks
from tests.contract import COMMITTED, committed, served, written

ACCEPT = "`make openapi` accepts it"


def leaves(value: Any, place: str = "") -> Iterator[str]:
    """A line per value, with the way to it, so that each line of a difference says where it is."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from leaves(value[key], f"{place} > {key}" if place else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{place}[{index}]")
    else:
        yield f"{place}: {json.dumps(value)}"


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return served()


def test_the_committed_document_is_the_one_that_is_served(now: dict[str, Any]) -> None:
    changes = list(unified_diff(list(leaves(committed())), list(leaves(now)), lineterm="", n=0))
    told = [line for line in changes if not line.startswith(("---", "+++", "@@"))]
    assert not told, "\n".join([f"The API changed; {ACCEPT}:", *told[:400]])
    assert COMMITTED.read_text(encoding="utf-8") == written(now), ACCEPT


def test_what_breaks_callers_needs_another_version_of_the_api(now: dict[str, Any]) -> None:
    broken = breaks(committed(), now)
    if committed()["info"]["version"] == now["info"]["version"]:
        assert not broken, "\n".join(["Callers of this version would break:", *broken])
