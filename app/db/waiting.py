"""What waits for its place in the log, and since when: a warning where nobody gives places any more."""

from datetime import datetime

from sqlalchemy import Select, func, select

from app.db.tables import ENTRY, PENDING
from app.services.unfired import LONG, TICK

MOST_LOOKED_AT = 1_000


def oldest() -> Select[tuple[datetime | None]]:
    """When the oldest entry that waits was written; of some, for a queue that nobody empties may be long."""
    some = select(PENDING.c.tenant, PENDING.c.entry_id).limit(MOST_LOOKED_AT).subquery()
    same = (ENTRY.c.tenant == some.c.tenant) & (ENTRY.c.entry_id == some.c.entry_id)
    return select(func.min(ENTRY.c.at, type_=ENTRY.c.at.type).label("since")).select_from(some.join(ENTRY, same))


def told(seconds: float | None, remedy: str = TICK) -> list[str]:
    if seconds is None or seconds <= LONG:
        return []
    waited = f"an entry has waited {seconds:.0f} seconds for its place in the log, and the feed tells nothing new"
    return [f"{waited}: {remedy}"]
