"""Write on SQLite what built-in verbs make."""

from typing import Any

from sqlalchemy import and_, bindparam, delete
from sqlalchemy.dialects import sqlite

from app.db.tables.tables import ROLE
from app.db.tables.work import MADE, Made


def _insert(made: Made) -> Any:
    insert = sqlite.insert(made.table)
    return insert.on_conflict_do_nothing() if made.once else insert


MAKING: dict[str, Any] = {
    **{made.table.name: _insert(made) for made in MADE},
    "given": sqlite.insert(ROLE).on_conflict_do_nothing(),
    "taken": delete(ROLE).where(and_(*(column == bindparam(column.name) for column in ROLE.columns))),
}
