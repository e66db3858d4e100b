"""The OpenAPI document: as it is served, and as it is committed for those who build on it."""

import json
from pathlib import Path
from typing import Any

from tests.fake_services import Fakes, api

COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def served() -> dict[str, Any]:
    with api(Fakes()) as client:
        document: dict[str, Any] = client.get("/schema/openapi.json").json()
    return document


def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return document


def written(document: dict[str, Any]) -> str:
    """The same document is the same text, with a line per value, so that differences can be read."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
