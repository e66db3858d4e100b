"""Definitions live on: a changed file is a new version, and a case stays on the one it was opened under."""

import asyncio
from typing import Any

import pytest

from app.domain.definition.case_type import CaseType
from app.domain.values.errors import NotFound
from app.services.assembly import Assembly
from tests.databases import Database
from tests.house import (
    ALICE,
    CLERK,
    another_process,
    applied,
    attempt,
    change,
    code,
    declared,
    declaring,
    entries,
    fire,
    fired,
    open_claim,
    opened,
    opening,
    rows,
    state,
    tried,
    unguarded,
)


def _without_triage() -> CaseType:
    """Claims whose next version knows `take_up` in place of `triage`."""
    told: dict[str, Any] = declared().case_types["expense_claim"].model_dump(by_alias=True, exclude_none=True)
    told["events"]["take_up"] = told["events"].pop("triage")
    return CaseType.model_validate(told)


async def test_an_unchanged_file_is_no_new_version_and_no_new_entry(house: Assembly, database: Database) -> None:
    async with another_process(database):
        pass
    stored = await rows(database, "SELECT case_type, version FROM definition ORDER BY case_type")
    assert [tuple(row.values()) for row in stored] == [("expense_claim", 1), ("incident", 1), ("permit", 1)]
    logged = await entries(database, "definition")
    assert sorted((entry["tenant"], entry["case_type"]) for entry in logged) == [
        ("*", "expense_claim"),
        ("*", "incident"),
        ("*", "permit"),
    ]
    assert "case_seq" not in logged[0]


async def test_a_changed_file_is_a_new_version_for_new_cases_and_no_other(house: Assembly, database: Database) -> None:
    old = await open_claim(house)
    async with another_process(database, declaring(expense_claim=_without_triage())) as newer:
        new = applied(await tried(newer, opening()))
        assert (new["definition"]["version"], (await state(newer, old)).definition_version) == (2, 1)
        assert code(await fire(newer, new["id"], "triage", CLERK)) == "invalid"
        assert (await fired(newer, old, "triage", CLERK))["definition"]["version"] == 1
        [entry] = [e for e in await entries(database, "definition") if e["definition"]["version"] == 2]
        assert entry["definition"]["hash"] == new["definition"]["hash"]
    # the older process learns the newer version when it meets a case of it
    assert code(await fire(house, new["id"], "triage", CLERK)) == "invalid"
    assert (await house.cases.read(ALICE, new["id"])).definition_version == 2
    assert applied(await tried(house, opening()))["definition"]["version"] == 1


async def test_a_file_that_becomes_what_it_was_is_the_version_it_was(house: Assembly, database: Database) -> None:
    for found in (declaring(expense_claim=_without_triage()), declared()):
        async with another_process(database, found) as process:
            case = applied(await tried(process, opening()))
    assert case["definition"]["version"] == 1
    assert len(await entries(database, "definition")) == 4


async def test_a_case_goes_on_where_its_file_is_gone(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    async with another_process(database, declaring(expense_claim=None)) as without:
        assert code(await tried(without, opening())) == "invalid"
        assert [view.case_type.case_type for view in without.case_types.list()] == ["incident", "permit"]
        await fired(without, claim, "triage", CLERK)
        assert "approve" in {e.event for e in (await without.cases.possible(CLERK, claim, True)).refused}


async def test_a_case_type_that_is_not_declared_is_not_found(house: Assembly) -> None:
    with pytest.raises(NotFound):
        house.case_types.get("nonsense")


async def test_processes_that_start_at_once_store_each_definition_and_policy_once(database: Database) -> None:
    async def start_and_open() -> str:
        async with another_process(database) as process:
            return await opened(process)

    await asyncio.gather(*(start_and_open() for _ in range(3)))
    assert len(await entries(database, "definition")) == len(await rows(database, "SELECT hash FROM definition")) == 3
    assert len(await entries(database, "policy")) == len(await rows(database, "SELECT name FROM policy_file")) == 3
    lines = sum(len(source.lines) for source in declared().policies)
    assert len(await rows(database, "SELECT id FROM policy_line")) == lines


async def test_a_definition_that_cannot_be_read_harms_its_own_cases_only(house: Assembly, database: Database) -> None:
    async with another_process(database, declaring(expense_claim=_without_triage())) as newer:
        broken = await opened(newer)
    sound = await open_claim(house)
    await unguarded(database, "definition_refuses_update")
    await change(database, "UPDATE definition SET text = '{}' WHERE version = 2")
    answers = await house.desk.submit([attempt(ALICE, "add_note", broken), attempt(ALICE, "add_note", sound)])
    assert [code(answer) for answer in answers] == ["internal", "applied"]
