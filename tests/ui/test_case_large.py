"""The page of a case stays as it is where there is much of everything: entries, events, fields, long values."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.db import open_store
from app.domain.definition.case_type import CaseType
from app.domain.verbs.commenting import Comment
from app.services.assembly import Assembly
from app.services.store.stored import PolicyLine
from tests.databases import Database, sqlite_of
from tests.house import CLERK, applied, attempt, declaring, opening, policy_file, running, submit, tried
from tests.ui.serving import client_of

EVENTS, FIELDS, FILLED, ENTRIES = 600, 4_000, 190, 1_000
LONG = "word " * 40
MOST_BYTES = 100_000


def large() -> CaseType:
    fields: dict[str, Any] = {f"field_{n}": {"title": f"Field {n} {LONG}"} for n in range(FIELDS)}
    events = {f"event_{n}": {"title": f"Event {n}", "from": "a" if n % 2 else "b", "to": "b"} for n in range(EVENTS)}
    return CaseType.model_validate(
        {
            "case_type": "expense_claim",
            "title": "Large",
            "max_data_bytes": 2**20,
            "opening": {"submit": "a"},
            "data": {"type": "object", "properties": fields},
            "states": {"a": {"title": LONG}, "b": {}},
            "events": events,
        }
    )


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Database:
    file = tmp_path / "large.db"
    file.write_bytes(sqlite_template.read_bytes())
    return sqlite_of(file)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[Assembly]:
    source = policy_file("expense_claim")
    acts = ("*", "case:read", "case:comment")
    lines = [
        PolicyLine(
            kind="p",
            role="*",
            tenant="*",
            obj="expense_claim",
            act=act,
            when="",
            eft="allow",
            source="expense_claim.csv",
        )
        for act in acts
    ]
    small = declaring(expense_claim=large(), incident=None, permit=None)
    found = replace(small, policies=(replace(source, lines=lines),))
    async with running(open_store(database.url), found) as started:
        yield started


async def test_a_large_case_has_a_page_of_the_usual_size(house: Assembly) -> None:
    many = {f"part {n}": LONG for n in range(1_000)}
    data = {**{f"field_{n}": LONG[:100] for n in range(FILLED)}, "field_0": many}
    one = opening(CLERK, data=data)
    applied(await tried(house, one))
    case_id = one.new_case_id
    for _ in range(ENTRIES // 100):
        await submit(house, *(attempt(CLERK, None, case_id, verb=Comment(LONG)) for _ in range(100)))
    async with client_of(house) as client:
        page = (await client.get(f"/cases/{case_id}")).text
        assert len(page) < MOST_BYTES, len(page)
        assert len(re.findall(r'<li class="entry', page)) == 20
        assert "more field" in page
        for part in ("/history", "/fields", "/fields?number=4", "/why", "/why/event_0"):
            answer = await client.get(f"/cases/{case_id}{part}")
            assert (answer.status_code, len(answer.text) < MOST_BYTES) == (200, True), part
