"""Write by which words cases are found, on SQLite; triggers bring the index of words along."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.rows.search_texts import said_after
from app.db.tables.search_texts import SEARCH_TEXT

Row = dict[str, Any]


async def put_search_texts(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    own = [row for row in rows if not row["said"]]
    both = [await _after(connection, row) for row in rows if row["said"]]
    for changed, some in ((("own",), own), (("own", "said"), both)):
        if some:
            await connection.execute(_put(changed), some)


async def _after(connection: AsyncConnection, row: Row) -> Row:
    """The whole row: what was said before is read in the same transaction, which holds the only lock there is."""
    t = SEARCH_TEXT.c
    wanted = select(t.own, t.said).where(t.tenant == row["tenant"], t.case_id == row["case_id"])
    before = (await connection.execute(wanted)).one_or_none()
    if before is None:
        return row
    return row | {"own": row["own"] or before.own, "said": said_after(before.said, row["said"])}


def _put(changed: Sequence[str]) -> Any:
    new = sqlite.insert(SEARCH_TEXT)
    key = [SEARCH_TEXT.c.tenant, SEARCH_TEXT.c.case_id]
    return new.on_conflict_do_update(index_elements=key, set_={name: new.excluded[name] for name in changed})
