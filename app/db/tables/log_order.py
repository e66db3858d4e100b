"""The tables of the log's order: which entry of a tenant comes when, and whose turn it is to say so."""

from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from app.db.tables.column_kinds import STRICT, key, word
from app.db.tables.column_types import Int64


class AuditLeafRow(SQLModel, table=True):
    __tablename__ = "audit_leaf"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant", "entry_id", name="one_leaf_per_entry"),
        CheckConstraint("leaf_index >= 0", name="leaves_are_counted_from_0"),
        STRICT,
    )
    tenant: str = key()
    leaf_index: int = key(Int64)
    entry_id: str = word()


class LogTurnRow(SQLModel, table=True):
    """Never a row: on PostgreSQL who gives entries their places locks it, and the service alone may not."""

    __tablename__ = "log_turn"
    __table_args__: ClassVar[Any] = (STRICT,)
    held: int = key(Int64)


LEAF = SQLModel.metadata.tables["audit_leaf"]
