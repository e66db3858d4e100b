"""`stateward policy verify` finds the lines of the policy that somebody wrote past the service and its log."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.db.connections.sqlite_library import sqlite3
from app.main import main
from app.services.assembly import Assembly
from app.services.policy.requests import AskedChange
from app.services.policy.verification import LinesInLog, PolicyVerification
from app.services.store.stored import PolicyLine
from tests.databases import Database, engine_of
from tests.house import actor
from tests.log.test_auditors import SOURCE
from tests.running import ROOT

ADMIN = actor("ada", "admin")
MALLORY = PolicyLine(kind="g", role="user:mallory", tenant="acme", obj="role:admin")
COLUMNS = "id, kind, role, tenant, obj, act, when_, eft, source, added, removed"


async def written(database: Database, *statements: str) -> None:
    """Past the service, as whoever owns the database can."""
    engine = engine_of(database.admin_url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def found(house: Assembly, tenant: str | None = None) -> list[tuple[str, str, str, str]]:
    _, unaccounted = await PolicyVerification(house.store).unaccounted(tenant)
    return [(one.what, one.line.tenant, one.line.role, one.line.obj) for one in unaccounted]


def inserted(line: PolicyLine, version: int, number: int = 9_000, removed: str = "NULL") -> str:
    values = f"{number}, '{line.kind}', '{line.role}', '{line.tenant}', '{line.obj}', '{line.act}', '', '{line.eft}'"
    return f"INSERT INTO policy_line ({COLUMNS}) VALUES ({values}, NULL, {version}, {removed})"


async def changed(house: Assembly) -> int:
    """Lines of files, of an applied file and of an administrator, one of which is gone again."""
    helper = PolicyLine(kind="g", role="user:hal", tenant="acme", obj="role:helper")
    await house.policies.apply(replace(SOURCE, lines=[*SOURCE.lines, helper]))
    await house.policies.apply(SOURCE)
    bob = await house.policy_changes.change(
        ADMIN, AskedChange(add=[PolicyLine(kind="g", role="user:bob", tenant="acme", obj="role:clerk")])
    )
    await house.policy_changes.change(ADMIN, AskedChange(remove=[line.id for line in bob.added]))
    await house.policy_changes.change(
        ADMIN, AskedChange(add=[PolicyLine(kind="g", role="user:bea", tenant="acme", obj="role:clerk")])
    )
    return await house.store.policy_version()


async def test_every_line_that_the_service_ever_wrote_has_its_entries(house: Assembly) -> None:
    await changed(house)
    looked_at, unaccounted = await PolicyVerification(house.store).unaccounted()
    assert unaccounted == []
    assert looked_at == len(await house.store.policy_lines(-1))
    assert looked_at > len(await house.store.policy_lines())


@pytest.mark.parametrize("newer", [0, 1], ids=["as of a change that was made", "as of one that never was"])
async def test_a_role_that_somebody_inserted_is_found_in_its_tenant(house: Assembly, database: Database, newer) -> None:
    version = await changed(house) + newer
    await written(database, inserted(MALLORY, version))
    assert await found(house) == [("added", "acme", "user:mallory", "role:admin")]
    assert await found(house, "acme") == await found(house)
    assert await found(house, "globex") == []


async def test_a_line_that_stands_twice_and_was_added_once_is_found_once(house: Assembly, database: Database) -> None:
    version = await changed(house)
    await written(database, inserted(PolicyLine(kind="g", role="user:bea", tenant="acme", obj="role:clerk"), version))
    assert await found(house) == [("added", "acme", "user:bea", "role:clerk")]


async def test_a_line_that_was_in_force_for_a_while_is_found_afterwards(house: Assembly, database: Database) -> None:
    version = await changed(house)
    await written(database, inserted(MALLORY, version - 1, removed=str(version)))
    assert [what for what, *_ in await found(house)] == ["added", "removed"]


async def test_a_line_that_somebody_switched_off_is_found(house: Assembly, database: Database) -> None:
    version = await changed(house)
    await written(database, f"UPDATE policy_line SET removed = {version} WHERE role = 'user:bea'")
    assert await found(house) == [("removed", "acme", "user:bea", "role:clerk")]


async def test_a_line_that_is_another_now_is_found_as_both(house: Assembly, database: Database) -> None:
    await changed(house)
    await written(database, "UPDATE policy_line SET role = 'user:mallory' WHERE role = 'user:bea'")
    both = [("added", "acme", "user:mallory", "role:clerk"), ("lost", "acme", "user:bea", "role:clerk")]
    assert await found(house) == both


async def test_entries_that_only_count_account_for_as_many_lines_as_they_count(
    house: Assembly, database: Database
) -> None:
    """As the first releases wrote them."""
    version = await house.store.policy_version() + 1
    told = LinesInLog()
    told.learn({"policy_version": version, "added": 2, "removed": 0})
    assert [told.accounts_for("added", version, MALLORY) for _ in range(3)] == [True, True, False]
    assert not told.accounts_for("removed", version, MALLORY)


def test_the_command_names_tenant_version_and_line(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("machines", "policies"):
        monkeypatch.setenv(f"STATEWARD_{name.upper()}", str(ROOT / name))
    assert main(["policy", "apply"]) == 0
    capsys.readouterr()
    assert main(["policy", "verify"]) == 0
    assert re.fullmatch(r"\d+ lines looked at: 0 without their entries\n", capsys.readouterr().out)
    with sqlite3.connect("stateward.db") as connection:
        connection.execute(inserted(MALLORY, 3))
    assert main(["policy", "verify"]) == 1
    told = capsys.readouterr().out.splitlines()
    line = "`g, user:mallory, role:admin, acme`"
    assert told[0] == f"acme, version 3: {line} is there, and no entry of the log says who put it in force"
    assert told[1].endswith("looked at: 1 without their entries")
    assert main(["policy", "verify", "--tenant", "globex"]) == 0
