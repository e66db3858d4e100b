"""All that stands in a database, to see whether something was written."""

from sqlalchemy.engine import make_url

from app.db.connections.sqlite_library import sqlite3
from tests.databases import Database
from tests.house import rows

NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
}


async def everything(database: Database) -> list[str]:
    """Every row of every table."""
    names = [row["name"] for row in await rows(database, NAMES[database.kind])]
    if database.kind == "sqlite":
        file = sqlite3.connect(str(make_url(database.url).database))
        try:
            return sorted(f"{name}: {row}" for name in names for row in file.execute(f'SELECT * FROM "{name}"'))
        finally:
            file.close()
    each = " UNION ALL ".join(f"SELECT '{name}: ' || CAST(t AS text) AS row FROM \"{name}\" t" for name in names)
    return sorted(row["row"] for row in await rows(database, each))
