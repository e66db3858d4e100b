"""Since when an entry waits for its place in the log, on SQLite; PostgreSQL tells it by a view of the owner."""

from datetime import datetime

from sqlalchemy import Select, func, select

from app.db.tables.tables import ENTRY, PENDING

MOST_LOOKED_AT = 1_000


def oldest() -> Select[tuple[datetime | None]]:
    """When the oldest entry that waits was written; of some, for a queue that nobody empties may be long."""
    some = select(PENDING.c.tenant, PENDING.c.entry_id).limit(MOST_LOOKED_AT).subquery()
    same = (ENTRY.c.tenant == some.c.tenant) & (ENTRY.c.entry_id == some.c.entry_id)
    return select(func.min(ENTRY.c.at, type_=ENTRY.c.at.type).label("since")).select_from(some.join(ENTRY, same))
