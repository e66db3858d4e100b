"""Statements that write a record on SQLite."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, or_, type_coerce, update
from sqlalchemy.dialects import sqlite

from app.db.rows.rows import CACHES, MOVING, Row
from app.db.tables.column_types import json_text
from app.db.tables.tables import CASES, CLOCK, IDEMPOTENCY


def named(row: Row) -> Row:
    """Bind names that are no columns, which SQLAlchemy keeps for itself in an UPDATE."""
    return {f"to_{name}": row[name] for name in ("tenant", "id", "was_seq", *MOVING)}


def answered(now: datetime) -> Any:
    i = IDEMPOTENCY.c
    new = sqlite.insert(IDEMPOTENCY)
    replaced = {name: new.excluded[name] for name in ("fingerprint", "answer", "expires_at")}
    return new.on_conflict_do_update(
        index_elements=[i.tenant, i.subject, i.key],
        set_=replaced,
        where=or_(i.expires_at <= now, type_coerce(i.answer, Text) == json_text(None)),
    )


def put_clock() -> Any:
    new = sqlite.insert(CLOCK)
    changed = {name: new.excluded[name] for name in ("current", *CACHES)}
    return new.on_conflict_do_update(index_elements=[CLOCK.c[name] for name in CLOCK_KEY], set_=changed)


CLOCK_KEY = ("tenant", "case_id", "name", "cycle")
RECACHE = (
    update(CLOCK)
    .where(*(CLOCK.c[name] == bindparam(f"to_{name}") for name in CLOCK_KEY))
    .values({name: bindparam(f"to_{name}") for name in CACHES})
)
MOVE = (
    update(CASES)
    .where(
        CASES.c.tenant == bindparam("to_tenant"),
        CASES.c.id == bindparam("to_id"),
        CASES.c.seq == bindparam("to_was_seq"),
    )
    .values({name: bindparam(f"to_{name}") for name in MOVING})
)
