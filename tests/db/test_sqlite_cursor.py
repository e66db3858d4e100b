"""A statement on SQLite changes to the thread of its connection once, and tells all that it did."""

from collections import Counter

import aiosqlite
import pytest
from sqlalchemy import bindparam, column, insert, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from app.db.connections.engines import sqlite_engine

NOTE = table("note", column("id"), column("words"))


@pytest.fixture
async def connection(tmp_path):
    engine = sqlite_engine(make_url(f"sqlite+aiosqlite:///{tmp_path}/notes.db"))
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT NOT NULL)"))
        yield connection
    await engine.dispose()


@pytest.fixture
def changes(monkeypatch):
    """How often somebody changed to the thread of a connection."""
    counted, execute = Counter(), aiosqlite.Connection._execute

    async def counting(self, *given, **named):
        counted["changes"] += 1
        return await execute(self, *given, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counting)
    return counted


async def test_a_statement_changes_to_the_thread_once_however_much_it_reads_or_writes(connection, changes):
    written = await connection.execute(insert(NOTE), [{"id": n, "words": f"number {n}"} for n in range(300)])
    assert (written.rowcount, changes["changes"]) == (300, 1)
    rows = (await connection.execute(select(NOTE).order_by(NOTE.c.id))).mappings().all()
    assert [row["words"] for row in rows] == [f"number {n}" for n in range(300)]
    assert changes["changes"] == 2
    one = await connection.execute(text("SELECT words FROM note WHERE id = :id"), {"id": 7})
    assert (one.scalar_one(), changes["changes"]) == ("number 7", 3)


async def test_it_tells_how_many_rows_it_changed_and_returns_what_it_is_asked_for(connection):
    await connection.execute(insert(NOTE), [{"id": 1, "words": "a"}, {"id": 2, "words": "b"}])
    changed = await connection.execute(text("UPDATE note SET words = 'c' WHERE id < 9"))
    assert changed.rowcount == 2
    moved = NOTE.update().where(NOTE.c.id == bindparam("of")).values(words="d")
    assert (await connection.execute(moved, [{"of": 1}, {"of": 5}])).rowcount == 1
    returned = await connection.execute(insert(NOTE).returning(NOTE.c.id), {"id": 3, "words": "e"})
    assert returned.scalar_one() == 3
    assert (await connection.execute(text("SELECT words FROM note WHERE id = 9"))).all() == []


async def test_what_fails_in_the_thread_fails_here_and_the_connection_goes_on(connection):
    with pytest.raises(IntegrityError):
        await connection.execute(insert(NOTE), {"id": 1, "words": None})
    with pytest.raises(OperationalError, match="no such table"):
        await connection.execute(text("SELECT * FROM nowhere"))
    await connection.execute(insert(NOTE), {"id": 1, "words": "after all"})
    assert (await connection.execute(select(NOTE.c.words))).scalar_one() == "after all"
