"""The policy lives in the database: seeded once, changed by `apply`, and in force at once on every process."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.commands.opening.declared import Declared
from app.domain.values.errors import NotFound
from app.services.assembly import Assembly
from app.services.cases.views import Wanted
from app.services.policy.policies import PolicySource
from tests.databases import Database
from tests.house import (
    ALICE,
    CLERK,
    actor,
    another_process,
    code,
    declared,
    entries,
    fire,
    fired,
    let_nobody_read,
    open_claim,
    open_incident,
    policy_file,
    rows,
)

CLAIMS = policy_file("expense_claim")
NO_TRIAGE = [line for line in CLAIMS.lines if line.act != "triage"]


def _changed(lines: Sequence[object]) -> PolicySource:
    return replace(CLAIMS, file=replace(CLAIMS.file, sha256="0" * 64), lines=lines)  # type: ignore[arg-type]


def _declaring(source: PolicySource) -> Declared:
    others = [found for found in declared().policies if found.file.name != source.file.name]
    return replace(declared(), policies=(*others, source))


async def test_a_file_is_seeded_once_and_its_seeding_is_logged(house: Assembly, database: Database) -> None:
    async with another_process(database):
        pass
    logged = await entries(database, "policy")
    assert [(entry["tenant"], entry["file"], entry["how"]) for entry in logged] == [
        ("*", "expense_claim.csv", "seeded"),
        ("*", "incident.csv", "seeded"),
        ("*", "permit.csv", "seeded"),
    ]
    assert [entry["policy_version"] for entry in logged] == [1, 2, 3]
    assert logged[0]["added"] == len(CLAIMS.lines)


async def test_a_file_that_differs_only_warns(
    house: Assembly, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    claim = await open_claim(house)
    caplog.clear()
    async with another_process(database, _declaring(_changed(NO_TRIAGE))) as other:
        [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert "stateward policy apply expense_claim.csv" in warning.getMessage()
        assert code(await fire(other, claim, "triage", CLERK)) == "applied"
    assert len(await entries(database, "policy")) == 3


async def test_apply_replaces_the_lines_of_its_own_file_and_no_other(house: Assembly, database: Database) -> None:
    incidents = "SELECT * FROM policy_line WHERE source <> 'expense_claim.csv' ORDER BY id"
    before = await rows(database, incidents)
    more = replace(CLAIMS.lines[-1], role="role:clerk", act="pay")
    assert await house.policies.apply(_changed([*NO_TRIAGE, more])) == (1, 2)
    assert await rows(database, incidents) == before
    in_force = await rows(
        database, "SELECT act FROM policy_line WHERE removed IS NULL AND source = 'expense_claim.csv'"
    )
    assert sorted(row["act"] for row in in_force) == sorted(line.act for line in [*NO_TRIAGE, more])
    entry = (await entries(database, "policy"))[-1]
    assert (entry["how"], entry["added"], entry["removed"], entry["file_sha256"]) == ("applied", 1, 2, "0" * 64)
    assert await house.policies.apply(_changed([*NO_TRIAGE, more])) == (0, 0)


async def test_a_change_binds_the_next_attempt_and_the_next_read_on_every_process(
    house: Assembly, database: Database
) -> None:
    claim, incident = await open_claim(house), await open_incident(house)
    agent = actor("ag", "agent")
    async with another_process(database) as other:
        assert code(await fire(other, claim, "add_note", CLERK)) == "applied"
        await house.policies.apply(_changed(NO_TRIAGE))
        assert code(await fire(other, claim, "triage", CLERK)) == "denied"
        await house.policies.apply(_changed(CLAIMS.lines))
        assert "triage" in {event.event for event in (await other.cases.possible(CLERK, claim, False)).events}
        await fired(other, claim, "triage", CLERK)
        assert len((await other.cases.find(agent, Wanted())).items) == 1
        await let_nobody_read(house, "incident")
        assert list((await other.cases.find(agent, Wanted())).items) == []
        with pytest.raises(NotFound):
            await other.cases.read(agent, incident)


async def test_of_two_files_applied_at_once_one_is_in_force_and_not_a_mixture(
    house: Assembly, database: Database
) -> None:
    last = CLAIMS.lines[-1]
    versions = [[*CLAIMS.lines[:-1], replace(last, act=act)] for act in ("add_note", "reject", "pay")]
    async with another_process(database) as other, another_process(database) as third:
        pairs = zip((house, other, third), versions, strict=True)
        await asyncio.gather(*(process.policies.apply(_changed(lines)) for process, lines in pairs))
    ours = "removed IS NULL AND source = 'expense_claim.csv'"
    acts = sorted(row["act"] for row in await rows(database, f"SELECT act FROM policy_line WHERE {ours}"))
    assert acts in [sorted(line.act for line in lines) for lines in versions]
    assert [entry["policy_version"] for entry in await entries(database, "policy")] == [1, 2, 3, 4, 5, 6]


async def test_a_role_that_a_line_gives_somebody_binds_at_once(house: Assembly) -> None:
    claim = await open_claim(house)
    dora = actor("dora")
    member = replace(CLAIMS.lines[0], role="user:dora", obj="role:clerk", tenant="acme")
    assert code(await fire(house, claim, "triage", dora)) == "not_found"
    await house.policies.apply(_changed([*CLAIMS.lines, member]))
    assert code(await fire(house, claim, "triage", actor("dora", tenant="other"))) == "not_found"
    assert code(await fire(house, claim, "triage", dora)) == "applied"


async def test_an_entry_names_the_policy_that_was_in_force(house: Assembly, database: Database) -> None:
    claim = await open_claim(house)
    await fired(house, claim, "add_note", ALICE)
    await house.policies.apply(_changed(NO_TRIAGE))
    await fired(house, claim, "add_note", ALICE)
    hashes = [entry["policy"]["hash"] for entry in await entries(database) if "case_seq" in entry]
    assert (hashes[0], len(set(hashes))) == (hashes[1], 2)


async def test_a_process_that_starts_later_has_the_living_policy_and_not_the_file(
    house: Assembly, database: Database
) -> None:
    claim = await open_claim(house)
    await house.policies.apply(_changed(NO_TRIAGE))
    async with another_process(database) as other:
        assert code(await fire(other, claim, "triage", CLERK)) == "denied"
