"""Which cases are linked, as a transaction that has locked them finds it."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables.work import LINK
from app.services.store.stored import LinkKey

KEY = (LINK.c.tenant, LINK.c.case_id, LINK.c.type, LINK.c.to_id)


async def linked(connection: AsyncConnection, links: Sequence[LinkKey]) -> frozenset[LinkKey]:
    """Those of the links that are there."""
    asked = {(link.tenant, link.case_id, link.type, link.to_id) for link in links}
    found = await connection.execute(select(*KEY).where(tuple_(*KEY).in_(sorted(asked))))
    return frozenset(LinkKey(*row) for row in found)
