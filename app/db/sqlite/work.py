"""Write on SQLite what built-in verbs make."""

from typing import Any

from sqlalchemy import and_, bindparam, delete, insert
from sqlalchemy.dialects import sqlite

from app.db.tables.tables import ROLE
from app.db.tables.work import ATTACHMENT, COMMENT, LINK

MAKING: dict[str, Any] = {
    "comment": insert(COMMENT),
    "attachment": insert(ATTACHMENT),
    "link": sqlite.insert(LINK).on_conflict_do_nothing(),
    "given": sqlite.insert(ROLE).on_conflict_do_nothing(),
    "taken": delete(ROLE).where(and_(*(column == bindparam(column.name) for column in ROLE.columns))),
}
