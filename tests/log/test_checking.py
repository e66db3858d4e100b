"""The log of the live database against itself: what somebody changed behind the service is found, and where."""

import pytest

from app.domain.log.notes import SigningKey
from app.services.assembly import Assembly
from app.services.log.checking import LogCheck
from tests.databases import Database
from tests.house import CLERK, change, fired, open_claim, open_incident, rows
from tests.signing import KEY, NAME, Shelf, free, note_of, signer, write

TABLES = ("audit_entry", "audit_leaf", "audit_tile", "audit_checkpoint", "audit_payload", "audit_pending", "cases")
LAST = "(SELECT max(leaf_index) FROM audit_leaf WHERE tenant = 'acme')"
ENTRY_2 = "(SELECT entry_id FROM audit_leaf WHERE tenant = 'acme' AND leaf_index = 2)"
ENTRY_3 = ENTRY_2.replace("2", "3")


async def told(house: Assembly, key: SigningKey | None = KEY, place: Shelf | None = None) -> list[str]:
    verifiers = [key.verifier] if key else []
    check = LogCheck(house.store, house.clocks, NAME, verifiers, place)
    return [wrong async for step in check.steps() for wrong in step.wrong]


async def lived(house: Assembly, shelf: Shelf | None = None) -> None:
    """Cases that moved, 300 entries besides, and two checkpoints."""
    for _ in range(2):
        case_id = await open_claim(house)
        await fired(house, case_id, "triage", CLERK)
        await open_incident(house)
    await write(house.store, 300)
    for count in (0, 3):
        if count:
            await write(house.store, count)
        await signer(house.store, shelf).look()
        await free(house.store)


async def behind(database: Database, *statements: str) -> None:
    """As somebody who owns the database and took its guards away."""
    if database.kind == "sqlite":
        guards = await rows(database, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
        off = [f"DROP TRIGGER {guard['name']}" for guard in guards]
    else:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES]
    for statement in (*off, *statements):
        await change(database, statement if database.kind == "sqlite" else statement.replace("x'00'", "'\\x00'"))


async def test_a_log_that_nobody_touched_has_nothing_wrong(house: Assembly):
    shelf = Shelf()
    await lived(house, shelf)
    assert await told(house, place=shelf) == []


@pytest.mark.parametrize(
    "changes",
    [
        {
            f"UPDATE audit_entry SET entry = replace(entry, 'a', 'b') WHERE entry_id = {ENTRY_3}": "has another hash",
            f"UPDATE audit_entry SET kind = 'policy' WHERE entry_id = {ENTRY_2}": "its column kind",
            "UPDATE audit_entry SET prev_hash = 'f' WHERE case_seq = 2": "does not follow the one before it",
            "UPDATE audit_tile SET root = hashes WHERE tenant = 'acme'": "tile 0 of level 0 says something else",
            "UPDATE audit_checkpoint SET note = replace(note, 'acme', 'acmf')": "not signed by",
            "UPDATE audit_checkpoint SET root = x'00'": "has another root",
            "UPDATE audit_payload SET value = '7' WHERE path = '/data/amount_cents'": "does not commit to the value of",
            "UPDATE cases SET data = '{}', assignee = 'user:mallory'": "is not what its entries tell: data, assignee",
        },
        {f"DELETE FROM audit_leaf WHERE tenant = 'acme' AND leaf_index = {LAST}": "entries were signed"},
        {"DELETE FROM audit_leaf WHERE tenant = 'acme' AND leaf_index = 7": "no entry has the place 7"},
        {"DELETE FROM audit_entry WHERE kind = 'denied' AND tenant = 'acme'": "no entry has the place"},
    ],
)
async def test_what_was_changed_behind_the_service_is_found(house: Assembly, database: Database, changes):
    await lived(house)
    await behind(database, *changes)
    found = await told(house)
    assert [words for words in changes.values() if not any(words in wrong for wrong in found)] == []


async def test_entries_that_were_written_anew_contradict_the_checkpoint(house: Assembly, database: Database):
    """With their hashes and their places, in another order."""
    await lived(house)
    await behind(
        database,
        "UPDATE audit_leaf SET leaf_index = 100000 WHERE tenant = 'acme' AND leaf_index = 301",
        "UPDATE audit_leaf SET leaf_index = 301 WHERE tenant = 'acme' AND leaf_index = 302",
        "UPDATE audit_leaf SET leaf_index = 302 WHERE tenant = 'acme' AND leaf_index = 100000",
    )
    assert any("has another root than they have now" in wrong for wrong in await told(house))


async def test_a_log_that_departs_from_what_was_published_is_told(house: Assembly):
    shelf = Shelf()
    await lived(house, shelf)
    shelf.notes.append(note_of(10**6, bytes(32)))
    assert any("1000000 entries were published" in wrong for wrong in await told(house, place=shelf))


async def test_without_keys_all_but_the_signatures_is_checked(house: Assembly, database: Database):
    await lived(house)
    assert await told(house, key=None) == []
    assert await told(house, key=SigningKey.new(NAME)) != []
